"""The page is whole, well-formed, says every figure, loads nothing, and trusts no text."""

from __future__ import annotations

import dataclasses
import html
import re
from html.parser import HTMLParser

import pytest
from sample_run import make_bare, make_crowded, make_latency, make_mistakes, make_usual

from edgekit.report import figures, mistake_cells, table_cells
from edgekit.report.page import TEMPLATES, render_page
from edgekit.report.summary import Summary

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


class Stack(HTMLParser):
    """Checks that every element is closed by its own tag, and keeps what is said and asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def read(page: str) -> Stack:
    parser = Stack()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)
    return parser


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(read(page.replace("<wbr>", "")).said)).replace("−", "-")


def test_everything_is_said(summary: Summary) -> None:
    text = text_of(render_page(summary))
    for row in summary.verdicts:
        assert figures.word(row) in text
        assert figures.limit(row.verdict.budget) in text
        assert figures.measured(row).replace("- ", "") in text
        assert figures.measured_interval(row) in text
        told = row.verdict.reason.rpartition(": ")[2] if row.verdict.outcome == "fail" else row.verdict.reason
        assert row.verdict.outcome == "pass" or told in text
        assert row.verdict.advice in text
    for model in summary.models:
        assert f"{figures.number(model.size_mb)} MB" in text
        assert figures.accuracy(model.accuracy)[1] in text
        for latency in model.latencies:
            assert figures.number(latency.p95.value) in text
    for command in summary.commands:
        assert command in text
    for label in summary.labels:
        assert label in text
    assert "not gated" in text
    assert "could not be read" in text
    assert "limit on p95 31" in text
    assert "32 of 32" in text


def test_headline_comes_first_and_in_words(summary: Summary) -> None:
    text = text_of(render_page(summary))
    named = "Fail. Accuracy drop of tflite: 1.50 points, at most 0.4 points."
    assert named in text.replace(" .", ".")
    assert text.index("Accuracy drop of tflite") < text.index("Verdicts")


@pytest.mark.parametrize(
    ("code", "kept", "said"),
    [
        (0, 1, "Pass. The budget passes."),
        (3, 2, "Not proven. Latency p95 of onnx, length 64: 30.6 ms (29.99 to 32.57), at most 31 ms."),
        (4, 2, "exit code 4"),
    ],
)
def test_headline_follows_the_exit_code(summary: Summary, code: int, kept: int, said: str) -> None:
    page = render_page(dataclasses.replace(summary, exit_code=code, verdicts=summary.verdicts[:kept]))
    assert said in text_of(page).replace(" .", ".")


def test_it_loads_nothing_and_runs_nothing(summary: Summary, hostile: Summary) -> None:
    for page in (render_page(summary), render_page(hostile)):
        parser = read(page)
        assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(parser.tags)
        names = {name for name, _ in parser.attributes}
        assert not {"src", "xlink:href", "srcset", "style"} & names
        targets = {value or "" for name, value in parser.attributes if name == "href"}
        assert targets and {target[1:] for target in targets} <= set(parser.ids)
        assert all(target.startswith("#") for target in targets)
        assert not [name for name in names if name.startswith("on")]
        assert "http://" not in page and "https://" not in page
        assert "url(" not in page and "@import" not in page


def test_hostile_text_is_text(hostile: Summary) -> None:
    page = render_page(hostile)
    assert "<script" not in page
    assert "\x1b" not in page
    assert page.count(html.escape("<script>alert(1)</script>", quote=False)) > 10
    assert "早上好" in page and "مرحبا" in page
    assert "ا" * 300 in page  # in full, as its title
    assert '"ا' + "ا" * 299 + '"' in page
    assert page.isprintable() or set(page) & set(map(chr, range(32))) <= {"\n"}


def test_figures_have_names(summary: Summary) -> None:
    page = render_page(summary)
    for tag in re.findall(r"<svg[^>]*>", page):
        named = 'role="img"' in tag and "aria-label=" in tag
        assert named or "aria-hidden" in tag or re.search(r' x="', tag), tag


def test_comparisons_and_classes_are_the_summary_s(summary: Summary) -> None:
    text = text_of(render_page(summary))
    for model, record in table_cells.compared(summary.models):
        assert f"{model.name} against {record.baseline} {record.points:.2f}" in text
        assert f"{record.low:.2f} to {record.high:.2f}" in text
        same = f"{record.unchanged_pct:.1f} % {record.unchanged_low:.1f} to {record.unchanged_high:.1f}"
        assert f"{same} {record.lost} / {record.gained} 0.00038" in text
    shown = [made for made in summary.mistakes if made.model in ("onnx", "tflite")]
    for made in shown:
        for row in made.classes:
            f1 = f"{row.f1:.1f} {row.low:.1f} to {row.high:.1f}"
            assert f"{row.label} {row.rows} {row.precision:.1f} {row.recall:.1f} {f1}" in text
    assert "0.890 to 0.913" in text


def test_confusions_of_all_bundles_stand_beside_each_other(summary: Summary) -> None:
    text = text_of(render_page(summary))
    onnx, tflite = ({(pair.expected, pair.predicted): pair for pair in made.pairs} for made in summary.mistakes[3:])
    rows = mistake_cells.confusions_beside(summary.mistakes[3:])
    assert len(rows) == mistake_cells.SHOWN_PAIRS
    for row in rows:
        first, second = (pairs[row.expected, row.predicted] for pairs in (onnx, tflite))
        assert f"{row.expected} {row.predicted} {first.rows} {second.rows} of {row.support}" in text


def test_a_histogram_of_another_machine_says_so(summary: Summary) -> None:
    text = text_of(render_page(make_usual(summary)))
    assert "length 64, 2 threads no rpi4 AMD EPYC" in text and "no rpi4" not in text_of(render_page(summary))


def test_a_run_without_a_mistake_renders(summary: Summary) -> None:
    right = tuple(dataclasses.replace(made, pairs=()) for made in summary.mistakes)
    assert "No row was taken for another." in text_of(render_page(dataclasses.replace(summary, mistakes=right)))


def test_a_pair_that_is_not_listed_is_not_called_none() -> None:
    many, few = make_mistakes("onnx"), make_mistakes("tflite")
    [row] = mistake_cells.confusions_beside((many, dataclasses.replace(few, pairs=few.pairs[1:2])), 1)
    assert row.rows[1] in (f"≤ {few.pairs[1].rows}", str(few.pairs[1].rows))
    bare = dataclasses.replace(few, pairs=())
    assert {row.rows[1] for row in mistake_cells.confusions_beside((many, bare))} == {"0"}


def test_trainings_and_times_are_said(summary: Summary) -> None:
    text = text_of(render_page(summary))
    for said in ("teacher 15 min 18 s", "student 5 min 1 s, earlier", "quantized 1.4 s", "export unchanged"):
        assert said in text
    assert "best accuracy 91.9 % after step 1,400" in text and "teacher : a hint of the teacher" in text


def test_texts_gone_wrong_are_said_or_left_out(summary: Summary) -> None:
    page = render_page(summary)
    assert "is weather , taken for small_talk with 45 %" in text_of(page) and "and tomorrow?" in page
    assert "gone wrong" not in render_page(dataclasses.replace(summary, wrong_texts=()))


def test_a_bag_of_words_stands_among_the_models(summary: Summary) -> None:
    text = text_of(render_page(make_usual(summary)))
    assert "a bag of words on the same rows 84.2 %" in text
    assert "a bag of words on the same rows" not in text_of(render_page(summary))


def test_a_hint_on_several_models_stands_once(summary: Summary) -> None:
    better = [
        dataclasses.replace(model, accuracy=model.accuracy.model_copy(update={"bag_of_words": 99.0}))
        for model in summary.models
    ]
    notes = [note for note in table_cells.evaluation_notes(better) if "does better" in note]
    assert len(notes) == 1 and notes[0].startswith("teacher, student, pruned, onnx, tflite: ")


def test_long_tables_of_classes_are_folded_away(summary: Summary) -> None:
    opened = r"<details open><summary>Every class"
    few = dataclasses.replace(summary, mistakes=(make_mistakes("onnx", ("yes", "no")),))
    assert re.search(opened, render_page(few))
    many = render_page(make_crowded(summary))
    assert not re.search(opened, many)
    assert ": 77, the lowest F1 first" in text_of(many)


def test_every_section_is_in_the_navigation(summary: Summary) -> None:
    page = render_page(summary)
    assert re.findall(r'<li><a href="#(\w+)">', page) == re.findall(r'<h2 id="(\w+)">', page)
    assert len(re.findall("<h2 ", page)) == 10
    assert '<h2 id="labels">' in render_page(dataclasses.replace(summary, mistakes=()))


def test_a_run_without_budgets_claims_no_pass(summary: Summary) -> None:
    text = text_of(render_page(make_bare(summary)))
    assert "Done. Everything ran, and no budget was set" in text
    assert "PASS" not in text and "Pass" not in text
    assert "Points lost against pruned" in text


def test_a_run_without_a_title_has_its_name(summary: Summary) -> None:
    page = render_page(dataclasses.replace(summary, title=""))
    assert "<title>Fail: smart-home</title>" in page


def test_an_emulated_time_is_never_drawn_beside_real_ones(summary: Summary) -> None:
    only = dataclasses.replace(summary, models=summary.models[-1:])
    assert "an emulator’s time, not drawn" in text_of(render_page(only))


def test_an_empty_run_renders(summary: Summary) -> None:
    empty = dataclasses.replace(
        summary, rows={}, labels=(), models=(), verdicts=(), exit_code=3, mistakes=(), measurements=(), lineage=(),
        commands=(),
    )  # fmt: skip
    text = text_of(render_page(empty))
    assert "No budget was set" in text
    assert "No latency was measured" in text


def test_one_bare_model_renders(summary: Summary) -> None:
    bare = dataclasses.replace(summary.models[0], accuracy=None, parts_mb={}, latencies=())
    text = text_of(render_page(dataclasses.replace(summary, models=(bare,), verdicts=())))
    assert "not evaluated" in text
    assert "Where the megabytes are" not in text


def test_few_equal_or_no_samples_render(summary: Summary) -> None:
    few = make_latency("onnx", 64, count=3)
    same = dataclasses.replace(few, samples_ms=(5.0,) * 9)
    none = dataclasses.replace(few, samples_ms=())
    model = dataclasses.replace(summary.models[3], latencies=(few, same, none))
    assert "3 runs" in text_of(render_page(dataclasses.replace(summary, models=(model,))))


def test_colours_have_contrast() -> None:
    styles = (TEMPLATES / "styles.css").read_text(encoding="utf-8")
    light, dark = (_colours(block) for block in re.findall(r":root \{(.*?)\}", styles, re.S))
    for colours in (light, dark):
        for name in ("ink", "quiet", "pass", "fail", "inconclusive", "unmeasured"):
            assert _contrast(colours[name], colours["paper"]) >= 4.5
        for ground in ("raised", "kept", *(name for name in colours if name.startswith("part-"))):
            assert _contrast(colours["ink"], colours[ground]) >= 4.5
        for name in ("blue", "fail", "ink"):
            assert _contrast(colours[name], colours["paper"]) >= 3


def _colours(block: str) -> dict[str, str]:
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b(?![0-9a-f])", block)
    return {name: _long(value) for name, value in found}


def _long(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def _contrast(one: str, other: str) -> float:
    """Of WCAG 2.2."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
