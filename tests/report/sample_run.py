"""A realistic run: a teacher of 92.1 %, its student, a pruned one, two bundles, verdicts of all four outcomes."""

from __future__ import annotations

import dataclasses

import numpy as np
import record_makers

from edgekit.bundle.evaluation import Accuracy, Drop
from edgekit.bundle.manifest import Parity, Step
from edgekit.bundle.training_record import LossPoint, TokenLengths, TrainingLog, TrainingRecord, ValidationPoint
from edgekit.measure.accuracy.classification import class_scores, worst_pairs
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.percentiles import percentile_interval
from edgekit.measure.verdicts import decide, exit_code, unmeasured
from edgekit.report.summary import (
    LatencyRow,
    Mistakes,
    ModelRow,
    PackageRow,
    StageRow,
    Summary,
    VerdictRow,
    WrongText,
)
from edgekit.schema.budget import Budget
from edgekit.schema.measurement import Conditions, Fingerprint, Measurement, OperatorTime

LABELS = (
    "lights_on", "lights_off", "dim", "thermostat_up", "thermostat_down", "play_music", "stop_music", "volume_up",
    "volume_down", "lock_door", "unlock_door", "what_time", "weather", "small_talk",
)  # fmt: skip
HOSTILE = "<script>alert(1)</script>|\x1b[31m\"'&"
ROWS = 2800
ONNX, TFLITE = "build/onnx", "build/tflite"


def make_summary() -> Summary:
    verdicts = make_verdicts()
    return Summary(
        name="smart-home",
        title="Smart-home intents on a Raspberry Pi 4",
        target="rpi4",
        data="smart-home",
        rows={"train": 22400, "validation": 2800, "test": ROWS},
        labels=LABELS,
        models=make_models(),
        verdicts=verdicts,
        exit_code=exit_code(row.verdict for row in verdicts),
        mistakes=tuple(make_mistakes(name) for name in ("teacher", "student", "pruned", "onnx", "tflite")),
        measurements=make_measurements(),
        lineage=make_lineage(),
        commands=(
            "edgekit finetune distilbert-base-uncased --data smart-home --epochs 3 --out build/teacher",
            "edgekit distill build/teacher --data smart-home --student layers=3,hidden=384 --out build/student",
            "edgekit prune build/student --data smart-home --heads 0.75 --ffn 0.5 --out build/pruned",
            "edgekit quantize build/pruned --target rpi4 --out build/quantized",
            "edgekit export build/quantized --format onnx --out build/onnx",
            "edgekit export build/quantized --format tflite --out build/tflite",
        ),
        created_at="2025-11-21T23:50:00Z",
        stages=make_stages(),
        wrong_texts=(
            WrongText("onnx", "make it a bit cosier in here", None, "dim", "lights_on", 0.61),
            WrongText("onnx", "what is it like outside", "and tomorrow?", "weather", "small_talk", 0.447),
        ),
        packages=(
            PackageRow(
                "android", "packages/android", 8.41, 0.71, 0.23, 9.35, "com.microsoft.onnxruntime 1.22.0", "Android 7"
            ),
            PackageRow("web", "packages/web", 8.41, 0.71, 0.09, 9.21, "onnxruntime-web 1.22.0", "browsers, Node"),
        ),
    )


def make_stages() -> tuple[StageRow, ...]:
    """Two trainings, the first with validations and a hint, and stages that do not train."""
    lengths = TokenLengths(rows=22400, p50=11, p95=24, longest=70, max_length=64, truncated=3)
    losses = tuple(
        LossPoint(step=step, loss=0.4 + 2.4 * 0.98 ** (step / 10), rows_per_s=210.0) for step in range(10, 2101, 10)
    )
    found = tuple(ValidationPoint(step=step, value=value) for step, value in ((700, 88.1), (1400, 91.9), (2100, 91.6)))
    whole = TrainingLog(
        metric="accuracy", steps=2100, done=2100, best_step=1400, tokens=lengths, losses=losses, validations=found
    )
    short = TrainingLog(metric="accuracy", steps=500, done=500, best_step=500, losses=losses[:50])
    spent = {"training": 911.0, "tokenizing": 4.2, "other": 3.1}
    return (
        StageRow("teacher", 918.3, TrainingRecord(training=whole, seconds=spent, hints=("a hint of the teacher",))),
        StageRow("student", None, TrainingRecord(training=short, seconds={"training": 301.0})),
        StageRow("quantized", 1.4),
        StageRow("export", None),
    )


def make_hostile(summary: Summary) -> Summary:
    """The same run with the name, the labels, the parts, the advice and the options of an attacker."""
    first, *models = summary.models
    evil = dataclasses.replace(
        first, name=HOSTILE, scheme=HOSTILE, parts_mb={HOSTILE: 200.0, "w" * 300: 50.0}, notes=(HOSTILE,)
    )
    row = summary.verdicts[-1]
    worst = VerdictRow(
        HOSTILE, "onnx", dataclasses.replace(row.verdict, reason=HOSTILE, advice=f"run `{HOSTILE}`"), HOSTILE
    )
    taken = summary.measurements[0]
    named = taken.fingerprint.model_copy(update={"device": HOSTILE, "cpu_model": HOSTILE})
    return dataclasses.replace(
        summary,
        title=HOSTILE,
        data=HOSTILE,
        labels=(HOSTILE, "مرحبا", "早上好"),
        models=(evil, *models),
        verdicts=(*summary.verdicts, worst),
        mistakes=(make_mistakes(HOSTILE, (HOSTILE, "ا" * 300, "早上好", "مرحبا")),),
        measurements=(taken.model_copy(update={"fingerprint": named, "notes": (HOSTILE,)}),),
        stages=(StageRow(HOSTILE, 3.0, summary.stages[0].record), *summary.stages),
        wrong_texts=(WrongText(HOSTILE, HOSTILE + "ا" * 300, HOSTILE, HOSTILE, "w" * 300, 0.5),),
        lineage=(Step(stage=HOSTILE, options={HOSTILE: HOSTILE, "nested": {"a": [HOSTILE]}}),),
        commands=(HOSTILE,),
    )


def make_verdicts() -> tuple[VerdictRow, ...]:
    onnx = make_latency("onnx", 64)
    p95 = onnx.p95
    on = "rpi4, length 64, 2 threads"
    data = f"against teacher, {ROWS} rows of smart-home/test"
    rows = [
        (Budget(metric="size_mb", limit=10), (8.214,), "model and tokenizer", "onnx"),
        (Budget(metric="latency_p95_ms", limit=31, length=64), (p95.value, p95.low, p95.high), on, "onnx"),
        (Budget(metric="accuracy_drop", limit=2), (1.214, 0.536, 1.893), data, "onnx"),
        (Budget(metric="min_accuracy", limit=90.5), (90.89, 89.77, 91.90), f"{ROWS} rows of smart-home/test", "onnx"),
        (Budget(metric="size_mb", limit=8, gate=False), (8.037,), "model and tokenizer", "tflite"),
        (Budget(metric="accuracy_drop", limit=0.4), (1.5, 0.78, 2.22), data, "tflite"),
    ]
    judged = [
        VerdictRow(format, format, decide(budget, Estimate(*(figures * 3)[:3]), said), said)
        for budget, figures, said, format in rows
    ]
    waiting = unmeasured(
        Budget(metric="latency_p95_ms", limit=30, length=64),
        "no measurement on a rpi4, an emulated one does not count",
        advice=f"edgekit profile {TFLITE} --threads 2 --length 64 --device NAME",
    )
    return (*judged, VerdictRow("tflite", "tflite", waiting, "rpi4, length 64"))


def make_models() -> tuple[ModelRow, ...]:
    whole = {"token embedding": 93.8, "FFN": 113.3, "attention": 56.7, "position embedding": 1.6,
             "head": 2.4, "tokenizer.json": 0.7}  # fmt: skip
    small = {"token embedding": 46.9, "FFN": 9.5, "attention": 7.1, "tokenizer.json": 0.7, "head": 0.6}
    pruned = {"token embedding": 12.3, "FFN": 4.7, "attention": 5.3, "tokenizer.json": 0.3, "head": 0.6}
    packed = {"token embedding": 3.08, "graph": 2.1, "attention": 1.33, "FFN": 1.18, "tokenizer.json": 0.31,
              "head": 0.15, "norms": 0.06}  # fmt: skip
    parity = Parity(reference="simulation", cases=32, atol=1e-4, rtol=1e-4, max_abs_difference=3.1e-5, labels_equal=32)
    slow = make_latency("tflite", 64, device="QEMU virt", scale=9, emulated=True)
    onnx = (make_latency("onnx", 32), make_latency("onnx", 64))
    return (
        ModelRow("teacher", "build/teacher", None, "float", 268.5, 66_965_006, whole, make_accuracy(92.1)),
        ModelRow("student", "build/student", None, "float", 64.8, 16_160_270, small, make_accuracy(91.6, 0.5)),
        ModelRow("pruned", "build/pruned", None, "float", 23.2, 5_711_374, pruned, make_accuracy(91.2, 0.9)),
        ModelRow("onnx", ONNX, "onnx", "int8-dynamic", 8.214, 5_711_374, packed, make_accuracy(90.89, 1.214), onnx,
                 parity, ("vocabulary cut from 30,522 to 8,000 entries",), "a" * 64),
        ModelRow("tflite", TFLITE, "tflite", "int8-weight", 8.037, 5_711_374, packed, make_accuracy(90.6, 1.5),
                 (slow,), parity, (), "b" * 64),
    )  # fmt: skip


def make_mistakes(model: str, labels: tuple[str, ...] = LABELS, rows: int = ROWS) -> Mistakes:
    """Nine rows of ten are right, the others are taken for a neighbour or for anything."""
    generator = np.random.default_rng(len(model))
    expected = generator.integers(0, len(labels), rows)
    away = np.where(generator.random(rows) < 0.6, 1, generator.integers(0, len(labels), rows))
    predicted = np.where(generator.random(rows) < 0.9, expected, (expected + away) % len(labels))
    answers = labels, expected.tolist(), predicted.tolist()
    return Mistakes(model, worst_pairs(*answers, 60), class_scores(*answers))


def make_usual(summary: Summary) -> Summary:
    """The same run with the same budgets on both bundles, measured on a PC alone, as on the machine of most people."""
    pi, pc = (Budget(metric="latency_p95_ms", limit=31, target=name, length=64) for name in ("rpi4", "x86-64"))
    shared = [(row.verdict.budget, row.verdict.measured or 0.0, row.conditions) for row in summary.verdicts[:4:2]]
    verdicts = []
    for name in ("onnx", "tflite"):
        verdicts += [VerdictRow(name, name, decide(budget, Estimate.exact(value)), on) for budget, value, on in shared]
        verdicts.append(VerdictRow(name, name, decide(pc, Estimate(30.6, 30.0, 30.9)), "x86-64, length 64, 1 thread"))
        missing = unmeasured(pi.model_copy(update={"gate": False}), "no measurement on rpi4, only on another device",
                             advice=f"edgekit profile build/{name} --device NAME, NAME being one of rpi4")  # fmt: skip
        verdicts.append(VerdictRow(name, name, missing, "rpi4, length 64"))
    own = Budget(metric="size_mb", limit=12)
    verdicts += [
        VerdictRow(f"package for {name}", "onnx", decide(own, Estimate.exact(9.3)), "model, tokenizer and code")
        for name in ("android", "ios", "web", "linux")
    ]
    models = [
        dataclasses.replace(
            model,
            latencies=tuple(
                dataclasses.replace(make_latency(model.name, length), device="AMD EPYC", of_target=False)
                for length in (32, 64)
            )
            if model.format
            else (),
            accuracy=model.accuracy and model.accuracy.model_copy(update={"bag_of_words": 84.2}),
        )
        for model in summary.models
    ]
    taken = [summary.measurements[0].model_copy(update={"model_sha256": one * 64, "length": length})
             for one in "ab" for length in (32, 64)]  # fmt: skip
    texts = tuple(
        dataclasses.replace(
            summary.wrong_texts[0], text="could you make the lamp brighter before you lower the heating"
        )
        for _ in range(6)
    )
    stages = (*summary.stages, dataclasses.replace(summary.stages[0], name="pruned"))
    return dataclasses.replace(
        summary,
        models=tuple(models),
        verdicts=tuple(verdicts),
        measurements=tuple(taken),
        wrong_texts=texts,
        stages=stages,
        packages=2 * summary.packages,
        exit_code=0,
    )


def make_crowded(summary: Summary) -> Summary:
    """The same run with 77 classes of long and Chinese names, and with long names of models."""
    labels = tuple(
        f"查询账户余额和最近交易记录{index}"
        if index % 2
        else f"what_to_do_when_the_card_payment_was_not_recognised_{index}"
        for index in range(77)
    )
    names = {model.name: f"{model.name}-of-a-rather-long-lineage-量化模型" for model in summary.models}
    drops = {"teacher": names["teacher"]}
    models = tuple(
        dataclasses.replace(
            model,
            name=names[model.name],
            accuracy=model.accuracy.model_copy(
                update={
                    "drops": tuple(
                        drop.model_copy(update={"baseline": drops[drop.baseline]}) for drop in model.accuracy.drops
                    )
                }
            ),
        )
        for model in summary.models
    )
    return dataclasses.replace(
        summary,
        labels=labels,
        models=models,
        mistakes=tuple(make_mistakes(name, labels, 3080) for name in names.values()),
        verdicts=tuple(dataclasses.replace(row, bundle=names[row.bundle]) for row in summary.verdicts),
    )


def make_bare(summary: Summary) -> Summary:
    """The same run without a teacher, without budgets, without a measurement: one bundle of a given checkpoint."""
    models = tuple(
        dataclasses.replace(model, accuracy=model.accuracy.model_copy(update={"drops": ()}), latencies=())
        for model in summary.models[2:4]
    )
    return dataclasses.replace(
        summary, models=models, verdicts=(), exit_code=0, measurements=(), mistakes=summary.mistakes[2:4]
    )


def make_accuracy(value: float, lost: float | None = None) -> Accuracy:
    drops = ()
    if lost is not None:
        drops = (
            Drop(
                baseline="teacher", baseline_sha256="f" * 64, baseline_accuracy=92.1, points=lost, low=lost - 0.7,
                high=lost + 0.68, lost=61, gained=27, p_value=0.00038, bootstrap_low=lost - 0.7,
                bootstrap_high=lost + 0.7, macro_f1_points=lost + 0.2, macro_f1_low=lost - 0.6,
                macro_f1_high=lost + 1, unchanged_pct=95.4, unchanged_low=94.6, unchanged_high=96.1,
            ),
        )  # fmt: skip
    return record_makers.accuracy(
        None, value, count=ROWS, name="smart-home", low=value - 1.12, high=value + 1.01, macro_f1=value - 0.7,
        macro_f1_low=value - 1.9, macro_f1_high=value + 0.4, mcc=0.902, mcc_low=0.89, mcc_high=0.913, truncated=3,
        classes=tuple(record_makers.class_score(label, ROWS // len(LABELS)) for label in LABELS),
        runtime="onnxruntime 1.22.0", drops=drops,
    )  # fmt: skip


def make_samples(length: int, scale: float = 1.0, count: int = 400) -> tuple[float, ...]:
    drawn = np.random.default_rng(length).lognormal(np.log(0.42 * length), 0.07, count)
    drawn[:: max(count // 8, 1)] *= 1.45
    return tuple(float(value) for value in scale * drawn)


def make_latency(
    format: str, length: int, *, device: str = "Raspberry Pi 4 Model B Rev 1.5", scale: float = 1.0,
    emulated: bool = False, count: int = 400,
) -> LatencyRow:  # fmt: skip
    samples = make_samples(length, scale, count)
    runtime = "onnxruntime" if format == "onnx" else "tflite-runtime"
    p50, p95 = percentile_interval(samples, 50), percentile_interval(samples, 95)
    return LatencyRow(device, runtime, 2, length, p50, p95, 71.3, 182.4, samples, emulated)


def make_measurements() -> tuple[Measurement, ...]:
    board = Fingerprint(
        device="Raspberry Pi 4 Model B Rev 1.5", arch="aarch64", cpu_model="Cortex-A72", cpu_parts=("0x41/0xd08",),
        cores=4, os="Debian GNU/Linux 12 (bookworm)", libc="glibc 2.36", python="3.11.2", ram_mb=3794,
    )  # fmt: skip
    virtual = board.model_copy(update={"device": "QEMU virt", "emulated": True})
    calm = Conditions(load_1min=0.12, governor="ondemand", clock_mhz=1800, temperature_c=48.2, throttled=False,
                      under_voltage=False, swap_used_mb=0)  # fmt: skip
    warm = calm.model_copy(update={"temperature_c": 61.8, "load_1min": 1.94})
    return (
        make_measurement("a" * 64, "onnxruntime", 32, board, calm, warm),
        make_measurement("a" * 64, "onnxruntime", 64, board, warm, warm),
        make_measurement("b" * 64, "tflite-runtime", 64, virtual, Conditions(load_1min=2.4), Conditions(), scale=9),
    )


def make_measurement(
    sha256: str, runtime: str, length: int, machine: Fingerprint, before: Conditions, after: Conditions,
    scale: float = 1.0,
) -> Measurement:  # fmt: skip
    total = make_samples(length, scale)
    samples = {
        "tokenize": tuple(0.02 * value for value in total),
        "infer": tuple(0.97 * value for value in total),
        "postprocess": tuple(0.01 * value for value in total),
        "total": total,
    }
    operators = (
        OperatorTime(operator="MatMulInteger", calls=19, ms=15.31, share=61.2),
        OperatorTime(operator="DynamicQuantizeLinear", calls=13, ms=4.07, share=16.3),
    )
    process = {"cold_load_ms": 182.4, "first_inference_ms": 41.7, "peak_rss_mb": 71.3}
    return Measurement(
        model_sha256=sha256, runtime=runtime, runtime_version="1.22.0", threads=2, length=length, samples_ms=samples,
        content_hash="c" * 64, processes=({**process, "samples": {"infer": len(total)}, "seconds": 9.0},),
        **process, warmup_runs=20, operators=operators,
        fingerprint=machine, before=before, after=after, taken_at="2025-11-21T22:14:03Z", agent_version="1",
    )  # fmt: skip


def make_lineage() -> tuple[Step, ...]:
    tools = {"edgekit": "0.1.0", "torch": "2.13.0", "transformers": "4.57.6"}
    return (
        Step(stage="finetune", options={"epochs": 3.0, "learning_rate": 5e-5, "seed": 0},
             inputs={"model": "1c4f" * 16, "data": "d" * 64}, tools=tools),
        Step(stage="distill", options={"student": {"layers": 3, "hidden": 384, "ffn": 1024}, "temperature": 2.0},
             inputs={"teacher": "9e0b" * 16}, tools=tools),
        Step(stage="prune", options={"heads": 0.75, "ffn": 0.5, "multiple_of": 32}, tools=tools),
        Step(stage="quantize", options={"target": "rpi4", "scheme": "int8-dynamic"}, tools=tools),
        Step(stage="export", options={"format": "onnx"}, tools={**tools, "onnxruntime": "1.22.0"}),
    )  # fmt: skip
