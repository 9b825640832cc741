"""A Chinese classifier down the whole road by its commands: characters as tokens, labels in Chinese to the end."""

from __future__ import annotations

import json
import random

import pytest
from click.testing import CliRunner

from edgekit.cli import cli
from edgekit.models.scratch import train_wordpiece

GOOD, BAD = "好评", "差评"
WORDS = {GOOD: ("很好", "喜欢", "满意", "干净"), BAD: ("很差", "失望", "太吵", "太贵")}
UNUSED = "天地玄黄宇宙洪荒日月盈昃辰宿列张"
ABOUT = ("房间", "酒店", "服务", "早餐", "位置", "这本书")
TRAINING = "--epochs 3 --batch-size 16 --max-length 16 --learning-rate 3e-3"

pytestmark = pytest.mark.usefixtures("device_home")


def rows(count, seed):
    generator = random.Random(seed)
    for label in (GOOD, BAD) * (count // 2):
        about, other = generator.sample(ABOUT, 2)
        yield f"{about}{generator.choice(WORDS[label])}，{other}也{generator.choice(WORDS[label])}。😀", label


def edgekit(command, *paths):
    found = CliRunner().invoke(cli, [*command.split(), *map(str, paths), "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_from_nothing_to_labels_in_chinese(tmp_path):
    data, made = tmp_path / "数据", {name: tmp_path / name for name in ("老师", "学生", "剪枝", "量化", "out")}
    data.mkdir()
    for seed, (split, count) in enumerate({"train": 400, "validation": 40, "test": 60}.items()):
        lines = ["text\tlabel", *(f"{text}\t{label}" for text, label in rows(count, seed))]
        (data / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tokenizer = train_wordpiece([*(text for text, _ in rows(400, 0)), UNUSED], 400, 32)
    assert len(tokenizer("房间很好")["input_ids"]) == 6 and len(tokenizer) > 50
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    shape = "--scratch family=bert,layers=2,hidden=32,heads=2,ffn=64,max_length=32"
    edgekit(f"finetune {shape} {TRAINING} --tokenizer", tmp_path / "tokenizer", "--data", data, "-o", made["老师"])
    edgekit(f"distill {TRAINING} --student layers=1 --data", data, made["老师"], "-o", made["学生"])
    edgekit(f"prune {TRAINING} --vocabulary 45 --data", data, made["学生"], "-o", made["剪枝"])
    edgekit("quantize --scheme int8-dynamic", made["剪枝"], "-o", made["量化"])
    edgekit("export --target rpi4 --format onnx --max-length 16", made["量化"], "-o", made["out"])
    bundle = made["out"] / "onnx"
    found = edgekit("evaluate --data", data, bundle, "--against", f"老师={made['老师']}")
    assert found["accuracy"] > 90 and found["drops"][0]["baseline"] == "老师"
    assert {row["label"] for row in found["classes"]} == {GOOD, BAD}
    assert edgekit("predict", bundle, "房间很差，服务也太吵。")["label"] == BAD
    assert set(json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["labels"]) == {GOOD, BAD}
