"""Faults that golden cases must find: in a bundle's tokenizer, labels or weights; each edits a folder in place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from tiny_bundle import rewrite


def edit_tokenizer(change):
    def fault(folder: Path) -> None:
        path = folder / "tokenizer.json"
        value = json.loads(path.read_text("utf-8"))
        change(value)
        path.write_text(json.dumps(value), encoding="utf-8")

    return fault


def of_normalizer(**changes):
    return edit_tokenizer(lambda value: value["normalizer"].update(changes))


def swap_labels(folder: Path) -> None:
    labels = json.loads((folder / "manifest.json").read_text("utf-8"))["labels"]
    rewrite(folder, labels=[labels[0], labels[2], labels[1]])


def of_weights(name, change):
    def fault(folder: Path) -> None:
        model = onnx.load(folder / "model.onnx")
        [value] = [each for each in model.graph.initializer if each.name == name]
        array = numpy_helper.to_array(value).copy()
        change(array)
        value.CopyFrom(numpy_helper.from_array(array, value.name))
        onnx.save(model, folder / "model.onnx")

    return fault


def one_value(array) -> None:
    array[tuple(side // 2 for side in array.shape)] += np.float32(1.0)


FAULTS = {
    "letters keep their case": of_normalizer(lowercase=False),
    "accents stay": of_normalizer(strip_accents=False),
    "control characters stay": of_normalizer(clean_text=False),
    "Chinese stays together": of_normalizer(handle_chinese_chars=False),
    "another special token at the end": edit_tokenizer(lambda value: value["post_processor"].update(sep=["[CLS]", 2])),
    "special tokens are no longer found in a text": edit_tokenizer(
        lambda value: value.update(added_tokens=[each for each in value["added_tokens"] if each["id"] != 4])
    ),
    "words go on as others": edit_tokenizer(lambda value: value["model"].update(continuing_subword_prefix="@")),
    "long words are known": edit_tokenizer(lambda value: value["model"].update(max_input_chars_per_word=10)),
    "two labels change places": swap_labels,
    "a weight of the head": of_weights("head1.weight", one_value),
    "a weight of a layer": of_weights("block0_ffn_out.weight", one_value),
    "the positions are one off": of_weights("positions.weight", lambda array: np.copyto(array, np.roll(array, 1, 0))),
}
