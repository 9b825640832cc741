"""The decoder's loop: sampling, streaming, stop strings, the end of the context; on real bundles and tokenizers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny_decoder import CONTEXT, TEXTS, byte_fallback_bpe, byte_level_bpe

from edgekit.agent.errors import BadInput, GoldenMismatch
from edgekit.agent.inference.decoder_golden import read_decoder_golden, run_decoder_golden
from edgekit.agent.inference.generation import Generation, GenerationLimits, TextGenerator
from edgekit.agent.inference.generator import open_generator
from edgekit.agent.inference.prompts import PromptTokenizer, StopStringMatcher, TextStream
from edgekit.agent.inference.sampling import GREEDY, Sampler, Sampling, candidates

LOGITS = st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=40).map(lambda row: np.array(row, np.float32))


@given(LOGITS, st.floats(0.1, 3), st.integers(0, 45))
def test_top_k_leaves_the_k_best(logits, temperature, top_k):
    ids, probabilities = candidates(logits, Sampling(temperature, top_k))
    assert len(ids) == min(top_k or len(logits), len(logits))
    assert probabilities.sum() == pytest.approx(1)
    left = np.setdiff1d(np.arange(len(logits)), ids)
    assert not left.size or logits[ids].min() >= logits[left].max()


@given(LOGITS, st.floats(0.1, 3), st.floats(0.01, 1))
def test_top_p_leaves_the_smallest_set_that_is_likely_enough(logits, temperature, top_p):
    # in float32 the difference would be rounded already
    scaled = np.exp((logits.astype(np.float64) - logits.max()) / temperature)
    every = scaled / scaled.sum()
    ids, probabilities = candidates(logits, Sampling(temperature, 0, top_p))
    assert every[ids].sum() >= top_p - 1e-9
    assert every[ids[:-1]].sum() < top_p + 1e-9
    np.testing.assert_allclose(probabilities, every[ids] / every[ids].sum(), rtol=1e-6)


@given(LOGITS, st.integers(0, 2**32))
def test_the_same_seed_draws_the_same_tokens_out_of_those_left(logits, seed):
    sampling = Sampling(1.0, 5, 0.9, seed)
    first, second = Sampler(sampling), Sampler(sampling)
    drawn = [first.choose(logits) for _ in range(8)]
    assert drawn == [second.choose(logits) for _ in range(8)]
    assert set(drawn) <= set(candidates(logits, sampling)[0])


def test_tokens_are_drawn_as_often_as_their_probability_says():
    from scipy.stats import chisquare

    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    sampler = Sampler(Sampling(1.0, seed=3))
    counts = np.bincount([sampler.choose(logits) for _ in range(4000)], minlength=4)
    assert chisquare(counts, [2000, 1200, 600, 200]).pvalue > 1e-3


def test_temperature_0_takes_the_best_and_the_lower_id_of_equals():
    assert Sampler(Sampling()).choose(np.array([1, 3, 3, 2], np.float32)) == 1


@pytest.mark.parametrize(
    "bad", [{"temperature": -1}, {"temperature": 1, "top_p": 0}, {"top_k": 3}, {"top_p": 0.5}, {"temperature": np.inf}]
)
def test_sampling_that_makes_no_sense_is_refused(bad):
    with pytest.raises(BadInput):
        Sampling(**bad)


@pytest.fixture(scope="module", params=["byte level", "byte fallback"])
def tokenizer(request, tmp_path_factory):
    made = byte_level_bpe() if request.param == "byte level" else byte_fallback_bpe()
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.backend_tokenizer.save(str(path))
    return PromptTokenizer(path)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40), st.integers(0, 40))
@example("naïve 明天早上七点 🔥🥵 👨‍👩‍👧", 3)
@example(" two  spaces\n\n", 0)
def test_pieces_make_up_the_text_and_never_half_a_character(tokenizer, text, cut):
    ids = tokenizer.encode(text)
    cut = min(cut, len(ids))
    stream = TextStream(tokenizer, ids[:cut])
    pieces = [stream.add(token) for token in ids[cut:]]
    whole, before = tokenizer.decode(ids), tokenizer.decode(ids[:cut]).rstrip("\ufffd")
    assert before + "".join([*pieces, stream.end()]) == whole or "\ufffd" in tokenizer.decode(ids[:cut])
    if "\ufffd" not in whole:
        assert not any("\ufffd" in piece for piece in pieces)


def test_a_character_of_several_tokens_comes_with_the_last_of_them(tokenizer):
    ids = tokenizer.encode("x 𐍈")
    stream = TextStream(tokenizer, [])
    pieces = [stream.add(token) for token in ids]
    assert pieces[-1] == "𐍈"
    assert pieces[-3:-1] == ["", ""]


def test_bytes_that_never_become_a_character_come_at_the_end(tokenizer):
    ids = tokenizer.encode("𐍈")[:-1]
    stream = TextStream(tokenizer, [])
    assert "\ufffd" not in "".join(stream.add(token) for token in ids)
    assert stream.end().startswith("\ufffd")


@given(st.lists(st.text("ab.", max_size=3), max_size=12), st.lists(st.text("ab.", min_size=1, max_size=4), max_size=3))
def test_a_stop_string_ends_the_text_wherever_the_pieces_are_cut(pieces, stops):
    watch = StopStringMatcher(stops)
    shown = ""
    for piece in pieces:
        shown += watch.add(piece)
        if watch.stopped:
            break
    shown += "" if watch.stopped else watch.end()
    text = "".join(pieces)
    ends = [text.find(stop) for stop in stops if stop in text]
    assert watch.stopped == bool(ends)
    if not ends:
        assert shown == text
    else:
        # pieces that come together may end at a stop string that starts earlier and was whole later
        assert text.startswith(shown)
        assert not any(stop in shown for stop in stops)


def write(generator, prompt, sampling=GREEDY, **limits):
    generation = generator.start(prompt, sampling, GenerationLimits(**limits))
    return "".join(generation), generation


@pytest.fixture(params=["gpt2", "llama"])
def generator(request, decoder_bundles):
    return open_generator(decoder_bundles[request.param])


def test_a_text_ends_at_its_limits(decoder_bundles):
    generator = open_generator(decoder_bundles["gpt2"])
    text, generation = write(generator, TEXTS[0][:20], max_tokens=10)
    assert (generation.finish, len(generation.ids), generation.slides) == ("length", 10, 0)
    assert generator.tokenizer.decode([*generation.prompt_ids, *generation.ids]) == TEXTS[0][:20] + text
    stop = text.strip("\ufffd")[2:4]
    shorter, stopped = write(generator, TEXTS[0][:20], max_tokens=10, stops=(stop,))
    assert stopped.finish == "stop"
    assert shorter == text[: text.index(stop)]


def test_the_models_own_end_is_no_part_of_the_text(decoder_bundles):
    generator = open_generator(decoder_bundles["gpt2"])
    _, whole = write(generator, "once", max_tokens=6)
    end = whole.ids[3]
    generator.bundle.manifest["generation"]["eos_ids"] = [end]
    _, ended = write(generator, "once", max_tokens=6)
    assert ended.finish == "eos"
    assert ended.ids == whole.ids[: whole.ids.index(end)]


def test_a_full_context_stops_the_text_or_slides_and_says_so(generator):
    prompt = " ".join(TEXTS[0].split()[:6])
    _, stopped = write(generator, prompt, max_tokens=500)
    assert stopped.finish == "context"
    assert len(stopped.prompt_ids) + len(stopped.ids) == CONTEXT + 1
    _, slid = write(generator, prompt, max_tokens=150, context_full="slide")
    assert (slid.finish, len(slid.ids)) == ("length", 150)
    assert slid.slides >= 1
    assert slid.ids[: len(stopped.ids)] == stopped.ids


def test_after_a_slide_the_text_goes_on_as_from_its_newest_half(generator):
    _, slid = write(generator, "once upon", max_tokens=CONTEXT + 10, context_full="slide")
    first = CONTEXT + 1 - len(slid.prompt_ids)  # tokens written when the cache is full
    tail = [*slid.prompt_ids, *slid.ids[:first]][-(CONTEXT // 2) :]
    kept = slid.prompt_ids[:1] if slid.prompt_ids[0] == generator.bundle.start_id else []
    generator.session.reset()
    assert int(generator.session.prefill([*kept, *tail]).argmax()) == slid.ids[first]


class CountingSession:
    """A decoder that always foretells the id after the newest one, and keeps what it was given to read."""

    def __init__(self, capacity, vocabulary):
        self.capacity, self.vocabulary, self.length, self.read = capacity, vocabulary, 0, []

    def reset(self):
        self.length = 0

    def prefill(self, ids):
        assert self.length + len(ids) <= self.capacity
        self.read.append(list(ids))
        self.length += len(ids)
        return np.eye(self.vocabulary, dtype=np.float32)[ids[-1] + 1]

    def step(self, token):
        assert self.length < self.capacity
        self.length += 1
        return np.eye(self.vocabulary, dtype=np.float32)[token + 1]


# the ids that are read anew by a slide: the newest half, behind the token that begins texts if the text began with it
@pytest.mark.parametrize(
    ("prompt", "capacity", "tokens", "read"),
    [
        ("S 10 11", 8, 6, ["S 10 11"]),
        ("S 10 11", 8, 7, ["S 10 11", "S 14 15 16 17"]),
        ("S 10 11", 8, 11, ["S 10 11", "S 14 15 16 17", "S 18 19 20 21"]),
        ("9 10 11", 8, 7, ["9 10 11", "14 15 16 17"]),
        ("10 S 11", 8, 7, ["10 S 11", "14 15 16 17"]),
        ("S 10 11 12 13 14 15 16", 8, 1, ["S 10 11 12 13 14 15 16"]),
        ("S 10 11 12 13 14 15 16", 8, 2, ["S 10 11 12 13 14 15 16", "S 14 15 16 17"]),
        ("S 10 11 12 13 14 15 16 17", 8, 1, ["S 14 15 16 17"]),
        ("S 10 11", 3, 2, ["S 10 11", "S 12"]),
        ("S", 1, 3, ["S", "1", "2"]),
    ],
)
def test_a_slide_keeps_the_start_token_and_the_newest_half(decoder_bundles, prompt, capacity, tokens, read):
    opened = open_generator(decoder_bundles["gpt2"])
    start = opened.bundle.start_id
    session = CountingSession(capacity, opened.session.vocabulary)
    generator = TextGenerator(opened.bundle, session, opened.tokenizer)

    def ids(text):
        return [start if word == "S" else int(word) for word in text.split()]

    generation = Generation(generator, ids(prompt), GREEDY, GenerationLimits(max_tokens=tokens, context_full="slide"))
    "".join(generation)
    assert session.read == [ids(text) for text in read]
    assert len(generation.ids) == tokens
    assert generation.slides == len(read) - (len(ids(prompt)) <= capacity)


def test_a_prompt_that_does_not_fit_is_refused_or_slides(generator):
    prompt = " ".join(TEXTS) * 8
    with pytest.raises(BadInput, match=rf"the context holds {CONTEXT}") as refused:
        write(generator, prompt)
    assert "slide" in refused.value.advice
    _, slid = write(generator, prompt, max_tokens=3, context_full="slide")
    assert slid.slides == 1


def test_a_smaller_context_is_a_smaller_cache(decoder_bundles):
    small = open_generator(decoder_bundles["gpt2"], capacity=12)
    _, generation = write(small, "once", max_tokens=50)
    _, whole = write(open_generator(decoder_bundles["gpt2"]), "once", max_tokens=50)
    assert generation.finish == "context"
    assert generation.ids == whole.ids[: len(generation.ids)]
    with pytest.raises(BadInput, match=f"takes {CONTEXT} tokens"):
        open_generator(decoder_bundles["gpt2"], capacity=CONTEXT + 1)


def test_an_empty_prompt_begins_with_the_token_that_begins_texts(generator):
    generation = generator.start("")
    assert generation.prompt_ids == [generator.bundle.start_id]


def test_one_text_after_another_does_not_remember_the_first(generator):
    first, _ = write(generator, "once upon a time", max_tokens=12)
    write(generator, "the fox", Sampling(1.5, seed=4), max_tokens=30)
    assert write(generator, "once upon a time", max_tokens=12)[0] == first


def test_a_session_refuses_what_it_has_no_room_for_and_stays_as_it_was(generator):
    session = generator.session
    session.reset()
    session.prefill([5, 6, 7])
    for bad in ([], [1] * (CONTEXT - 2), [-1], [10**6]):
        with pytest.raises(BadInput):
            session.prefill(bad)
    assert session.length == 3
    expected = session.step(8).copy()
    session.reset()
    np.testing.assert_allclose(session.prefill([5, 6, 7, 8]), expected, atol=1e-5)


def test_golden_cases_hold_and_a_changed_one_is_named(decoder_bundles):
    generator = open_generator(decoder_bundles["llama"])
    cases = list(read_decoder_golden(generator.bundle))
    result = run_decoder_golden(generator, cases)
    assert result.cases == len(cases) >= 6
    assert result.max_abs_difference < 1e-3
    other = (cases[0].tokens[0] + 1) % generator.session.vocabulary
    for change, message in (
        ({"ids": (*cases[0].ids, 5)}, "tokens, expected"),
        ({"tokens": (other, *cases[0].tokens[1:])}, f"expected {other}"),
        ({"logits": (cases[0].logits[0] + 0.1, *cases[0].logits[1:])}, "the logit of token"),
    ):
        with pytest.raises(GoldenMismatch, match=message):
            run_decoder_golden(generator, [dataclasses.replace(cases[0], **change)])
