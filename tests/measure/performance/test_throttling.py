"""Which samples were taken while a device was throttled, under voltage, or busy with other work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.measure.performance.throttling import BUSY_SHARE, disturbances, disturbances_of_parts, ever_disturbed
from edgekit.schema.measurement import Conditions, GenerationMeasurement, Measurement, Moment

FINGERPRINT = {
    **dict.fromkeys(("device", "arch", "cpu_model", "os", "libc", "python"), "x"),
    "cores": 4,
}
BASE = {
    "model_sha256": "0",
    "runtime": "onnxruntime",
    "runtime_version": "1",
    "length": 8,
    "cold_load_ms": 1,
    "first_inference_ms": 1,
    "warmup_runs": 0,
    "peak_rss_mb": 1,
    "fingerprint": FINGERPRINT,
    "taken_at": "2026-01-01T00:00:00+00:00",
    "agent_version": "1",
}
CALM = Conditions(throttled=False, under_voltage=False)
HOT = Conditions(throttled=True)
RUNS = 40


def process(**samples):
    return {"samples": samples, "seconds": 1, "cold_load_ms": 1, "first_inference_ms": 1, "peak_rss_mb": 1}


def moments(*states, process=0):
    """(runs, throttled) one second after the other."""
    return [
        Moment(process=process, seconds=second, runs=runs, throttled=throttled, under_voltage=False)
        for second, (runs, throttled) in enumerate(states)
    ]


def latency(during, sustained=0, before=CALM, after=CALM, processes=1, threads=1, runs=RUNS):
    return Measurement(
        **BASE,
        threads=threads,
        before=before,
        after=after,
        during=during,
        processes=[process(infer=runs)] * processes,
        samples_ms={"infer": [1.0] * runs * processes},
        sustained_ms=[1.0] * sustained,
    )


def busy(*figures, runs=100, processes=1, threads=1, **same):
    """One stretch of ten runs after the other, each with what happened in it; a process for each `processes`."""
    during = [
        Moment(process=place, seconds=step, runs=10 * step, **(figures[step - 1] if step else {}), **same)
        for place in range(processes)
        for step in range(len(figures) + 1)
    ]
    return latency(during, runs=runs, processes=processes, threads=threads)


@pytest.mark.parametrize(
    ("states", "samples"),
    [
        ([(0, False), (10, False), (40, False)], 0),
        ([(0, None), (10, None), (40, None)], 0),
        ([(0, False), (10, True), (30, False), (40, False)], 30),
        ([(0, True), (10, False), (40, False)], 10),
        ([(0, False), (10, False), (40, True)], 30),
        ([(0, True), (40, True)], 40),
        # one that was not asked in between changes nothing of what those around it say
        ([(0, False), (10, None), (30, True), (40, False)], 40),
        ([(0, False), (10, False), (30, None), (40, True)], 30),
    ],
)
def test_samples_on_both_sides_of_a_marked_moment(states, samples):
    found = disturbances(latency(moments(*states)), "infer")
    assert (found.samples if found else 0) == samples
    assert bool(ever_disturbed(latency(moments(*states)))) == (samples > 0)


def test_burst_and_sustained_stand_apart():
    late = latency(moments((0, False), (40, False), (100, False), (140, True)), sustained=100)
    assert disturbances(late, "infer") is None
    assert disturbances(late, "sustained").describe == "40 of 100 samples were taken while throttled"
    assert list(disturbances_of_parts(late)) == ["sustained"]
    early = latency(moments((0, True), (40, False), (140, False)), sustained=100)
    assert disturbances(early, "infer").samples == 40
    assert disturbances(early, "sustained") is None


@pytest.mark.parametrize("during", [[], moments((0, None), (20, None), (40, None)), moments((0, None))])
def test_where_nothing_is_known_in_between_the_ends_count_for_all(during):
    assert disturbances(latency(during, after=HOT), "infer").samples == RUNS
    assert disturbances(latency(during, before=HOT), "infer").samples == RUNS
    assert disturbances(latency(during, before=HOT, after=HOT), "infer").samples == RUNS
    assert disturbances(latency(during), "infer") is None


def test_each_process_counts_its_own_runs():
    during = [
        *moments((0, False), (40, False)),
        *moments((0, False), (10, True), (30, False), (40, False), process=1),
        *moments((0, False), (40, False), (60, True), process=2),
    ]
    taken = latency(during, processes=3, sustained=20)
    found = disturbances(taken, "infer")
    assert (found.samples, found.of) == (30, 120)
    assert disturbances(taken, "sustained").samples == 20


def test_a_decoder_has_prompts_first_and_tokens_then():
    during = [
        *moments((0, False), (5, False), (6, True), (60, False), (105, False)),
        *moments((0, True), (5, False), (105, False), process=1),
    ]
    samples = {"first_token": [9.0] * 10, "token": [1.0] * 200}
    taken = GenerationMeasurement(
        **BASE,
        threads=1,
        capacity=9,
        before=CALM,
        after=CALM,
        during=during,
        processes=[process(first_token=5, token=100)] * 2,
        samples_ms=samples,
    )
    prompts, tokens = disturbances(taken, "first_token"), disturbances(taken, "token")
    assert (prompts.samples, prompts.of) == (5, 10)
    assert (tokens.samples, tokens.of) == (55, 200)


def test_under_voltage_and_a_fallen_clock_are_named_and_count_once():
    weak = [
        Moment(seconds=0, runs=0, under_voltage=True, throttled=False, clock_mhz=1800),
        Moment(seconds=1, runs=20, under_voltage=False, throttled=True, clock_mhz=1200),
        Moment(seconds=2, runs=40, under_voltage=False, throttled=False, clock_mhz=1200),
    ]
    found = disturbances(latency(weak), "infer")
    assert found.describe == "40 of 40 samples were taken while throttled, under voltage and slowed in its clock"
    assert found.throttled
    assert not found.busy
    assert ever_disturbed(latency(weak)).throttled


@pytest.mark.parametrize(
    ("clocks", "samples"),
    [
        # a quarter is what governors and turbo vary by; both ends are slow, or the core has just become idle
        ([1800, 1350, 1350], 0),
        ([1800, 1349, 1349], 20),
        ([1349, 1800, 1349], 0),
        ([1800, 1800, 600], 0),
        ([None, None, None], 0),
        ([1800, None, 600], 0),
    ],
)
def test_a_clock_that_fell(clocks, samples):
    during = [Moment(seconds=place, runs=20 * place, clock_mhz=clock) for place, clock in enumerate(clocks)]
    found = disturbances(latency(during), "infer")
    assert (found.samples if found else 0) == samples


def test_the_fastest_clock_is_that_of_all_processes():
    during = [
        Moment(process=place, seconds=step, runs=20 * step, clock_mhz=clock)
        for place, clock in enumerate([1800, 1800, 900])
        for step in range(3)
    ]
    assert disturbances(latency(during, processes=3), "infer").samples == RUNS


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ({"waited": 0.3}, "threads waited for a core up to 30 % of the time"),
        ({"stolen": 0.2}, "other machines on the same host took up to 20 % of the cores' time"),
        ({"others": 3.5}, "other processes kept up to 3.5 of 4 cores busy"),
        ({"memory_stall": 0.5}, "memory was short up to 50 % of the time"),
        ({"major_faults": 4}, "8 pages were read from disk"),
    ],
)
def test_other_work_is_named(figure, words):
    """Two of ten stretches suffice: what was lost there is more than `BUSY_SHARE` of all."""
    found = disturbances(busy(figure, figure, *[{}] * 8), "infer")
    assert found.busy
    assert not found.throttled
    assert found.describe.startswith("the machine was busy, which delayed about ")
    assert words in found.describe
    assert ever_disturbed(busy(figure, figure, *[{}] * 8)).reasons == found.reasons


@pytest.mark.parametrize(
    "figure",
    [
        {"waited": 0.09},
        {"stolen": 0.04},
        # three cores are busy, the fourth is free
        {"others": 3.2},
        {"memory_stall": 0.04},
        {"major_faults": 0},
        dict.fromkeys(("waited", "stolen", "others", "memory_stall", "major_faults")),
        {},
    ],
)
def test_what_a_quiet_machine_has_is_no_disturbance(figure):
    assert disturbances(busy(*[figure] * 10), "infer") is None
    assert ever_disturbed(busy(*[figure] * 10)) is None


def test_more_threads_need_more_free_cores():
    assert disturbances(busy(*[{"others": 1.2}] * 10, threads=3), "infer") is None
    assert disturbances(busy(*[{"others": 1.2}] * 10, threads=4), "infer").delayed == 30


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (
            {"waited": 0.5, "others": 0.1},
            "8 threads shared 4 cores, which delayed about 50 of 100 samples: threads waited",
        ),
        (
            {"waited": 0.5, "others": 2.0},
            "8 threads shared 4 cores and the machine was busy, which delayed about 50 of 100 samples: threads waited "
            "for a core up to 50 % of the time, other processes kept up to 2.0 of 4 cores busy",
        ),
        ({"waited": 0.5, "stolen": 0.3}, "8 threads shared 4 cores and the machine was busy"),
        ({"others": 0.0}, "8 threads shared 4 cores, which delayed about 50 of 100 samples: how long they waited"),
        ({"others": 1.0}, "8 threads shared 4 cores and the machine was busy, which delayed about 62 of 100 samples"),
    ],
)
def test_more_threads_than_cores_are_no_other_work(figure, words):
    found = disturbances(busy(*[figure] * 10, threads=8), "infer")
    assert found.busy and found.describe.startswith(words), found.describe
    whole = ever_disturbed(busy(*[figure] * 10, threads=8))
    assert whole.describe.startswith(words.partition(",")[0]) and "samples" not in whole.describe


def test_threads_that_never_waited_are_not_too_many():
    assert disturbances(busy(*[{"waited": 0.0, "others": 0.2}] * 10, threads=8), "infer") is None
    assert disturbances(busy(*[{"waited": 0.0, "others": 0.3}] * 10, threads=8), "infer").describe.startswith(
        "8 threads shared 4 cores and the machine was busy"
    )
    # as many threads as cores: it is other work that they wait for
    assert disturbances(busy(*[{"waited": 0.5}] * 10, threads=4), "infer").describe.startswith("the machine was busy")


def test_few_delayed_samples_do_not_move_a_percentile():
    """One stretch of a hundred in which a fifth was lost: 0.2 % of the samples."""
    assert disturbances(busy({"waited": 0.2}, *[{}] * 99, runs=1000), "infer") is None
    # and one page from disk delays one sample of a thousand
    assert disturbances(busy({"major_faults": 1}, *[{}] * 99, runs=1000), "infer") is None


@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_samples_are_delayed_by_what_was_lost(shares):
    """By the definition: the noticeable shares of the stretches, weighted by their samples."""
    found = disturbances(busy(*({"waited": share} for share in shares), runs=10 * len(shares)), "infer")
    lost = sum(10 * share for share in shares if share >= 0.1)
    assert bool(found) == (lost >= BUSY_SHARE * 10 * len(shares) and lost > 0)
    if found:
        assert found.delayed == max(1, round(lost))


def test_memory_that_goes_to_swap():
    during = [Moment(seconds=step, runs=10 * step, swap_used_mb=100.0 + 5 * (step > 3)) for step in range(11)]
    found = disturbances(latency(during, runs=100), "infer")
    assert "5 MB went to swap" in found.describe


def test_other_work_in_the_sustained_runs_is_theirs():
    during = [Moment(seconds=0, runs=0), Moment(seconds=1, runs=40), Moment(seconds=2, runs=140, waited=0.5)]
    taken = latency(during, sustained=100)
    assert disturbances(taken, "infer") is None
    assert disturbances(taken, "sustained").delayed == 50
