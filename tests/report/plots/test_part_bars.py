"""Bars of parts: each is as long as its share, in the colour of what it is, with a label that fits whole or none."""

from __future__ import annotations

import dataclasses
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.models.sizes import PARTS
from edgekit.report.plots.part_bars import LETTER, WIDTHS, legend_of, part_bar, shade_of
from edgekit.report.summary import ModelRow, Summary


def model(parts: dict[str, float]) -> ModelRow:
    return ModelRow("some", "some", None, "float", sum(parts.values()), 1000, parts, None)


def segments(row: ModelRow) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(part_bar(row)).iter("svg"))[1:]  # noqa: S314  edgekit wrote it


@given(st.dictionaries(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=40),
                       st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=14))  # fmt: skip
def test_bars_are_whole_and_labels_are_never_cut(parts: dict[str, float]) -> None:
    drawn = segments(model(parts))
    shares = [float(part.get("width", "").rstrip("%")) for part in drawn]
    assert sum(shares) == pytest.approx(100, abs=0.1) or not sum(parts.values())
    for part, share in zip(drawn, shares, strict=True):
        for text in part.iter("text"):
            width = next(width for css, width in WIDTHS.items() if css in (text.get("class") or ""))
            assert "…" not in (text.text or "") or "…" in "".join(parts)
            assert not text.text or LETTER * len(text.text) <= width * share / 100 + 0.1


def test_a_part_has_one_shade_in_every_format() -> None:
    onnx = {name: shade_of(name) for name, _ in PARTS}
    assert shade_of("embeddings") == onnx["token embedding"]
    assert shade_of("norms and constants") == onnx["norms"]
    told_apart = {onnx[name] for name in ("token embedding", "attention", "FFN", "head", "norms")}
    assert len(told_apart) == 5
    # attention, FFN and head in one, so that it is none of them
    assert shade_of("dense layers") not in told_apart


def test_the_legend_names_every_part_once(summary: Summary) -> None:
    named = [name for _, names in legend_of(summary.models) for name in names]
    assert sorted(named) == sorted({name for row in summary.models for name in row.parts_mb})
    assert len({shade for shade, _ in legend_of(summary.models)}) == len(legend_of(summary.models))


def test_a_strange_part_is_grey_and_a_bar_of_nothing_is_empty(summary: Summary) -> None:
    assert shade_of("<b>") == "other"
    bare = dataclasses.replace(summary.models[0], parts_mb={})
    assert not re.findall("<rect", part_bar(bare))
