"""The page in a real browser: nothing overflows, overlaps, is unreadable or loaded, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, browser, find_chromium
from sample_run import make_bare, make_crowded, make_hostile, make_summary, make_usual

from edgekit.report.page import render_page
from edgekit.report.summary import Summary

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium or Chrome on this machine")

OPEN_ALL = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
RUNS = {
    "sample": lambda run: run,
    "usual": make_usual,
    "crowded": make_crowded,
    "bare": make_bare,
    "hostile": make_hostile,
}
# elements that reach beyond the window, but for those in a box that scrolls, and those that only a reader's voice says
OUTSIDE = """(() => {
  const edge = document.documentElement.clientWidth + 1;
  const held = (node) => { for (let box = node.parentElement; box; box = box.parentElement)
    if (box.matches(".scroll, .hidden, .part-bar svg")) return true; return false; };
  return [...document.querySelectorAll("body *")]
    .filter((node) => !held(node) && node.getBoundingClientRect().right > edge)
    .map((node) => `${node.tagName} ${node.textContent.trim().slice(0, 40)}`);
})()"""
# texts in the trade-off plots that cover one another
COVERED = """(() => {
  const boxes = [...document.querySelectorAll(".tradeoff .label")].map((node) => [node, node.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], index) => boxes.slice(index + 1)
    .filter(([, b]) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom)
    .map(([other]) => `${one.textContent} and ${other.textContent}`));
})()"""
# the contrast of every text with the first opaque ground below it (WCAG 2.2)
FAINT = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3)
    .map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    const part = node.closest(".part-bar svg");
    if (part) return getComputedStyle(part.querySelector("rect")).fill;
    for (let box = node; box; box = box.parentElement) {
    const colour = getComputedStyle(box).backgroundColor;
    if ((parts(colour)[3] ?? 1) > 0) return colour; } return "rgb(255, 255, 255)"; };
  const own = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.querySelectorAll("body *:not(title)")].filter(own).flatMap((node) => {
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const [high, low] = [light(ink), light(ground(node))].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    return contrast < 4.5 ? [`${node.textContent.trim().slice(0, 30)}: ${contrast.toFixed(2)}`] : [];
  });
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module", params=RUNS)
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / f"{request.param}.html"
    path.write_text(render_page(RUNS[request.param](make_summary())), encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everything_fits_and_can_be_read(page: Page, file: Path, width: int, scheme: str) -> None:
    page.said.clear()
    page.asked.clear()
    page.open(file, width=width, scheme=scheme)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(COVERED) == []
    assert page.evaluate(FAINT) == []
    assert page.said == []
    assert page.asked == [file.resolve().as_uri()]


@pytest.mark.slow
def test_dark_is_dark_and_paper_is_white(page: Page, file: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page.open(file, width=1280, scheme="dark")
    assert page.evaluate(ground) == "rgb(20, 23, 27)"
    page.call(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    assert page.evaluate(ground) == "rgb(252, 252, 251)"


@pytest.mark.slow
def test_a_click_selects_a_command_as_it_is_typed(page: Page, tmp_path: Path, summary: Summary) -> None:
    path = tmp_path / "page.html"
    path.write_text(render_page(summary), encoding="utf-8")
    page.open(path, width=390)
    page.evaluate(OPEN_ALL)
    commands = page.evaluate("document.querySelectorAll('.commands code').length")
    assert commands == len(summary.commands)
    for index, command in enumerate(summary.commands):
        place = page.evaluate(
            f"(() => {{ const code = document.querySelectorAll('.commands code')[{index}];"
            "code.scrollIntoView({block: 'center'}); const box = code.getBoundingClientRect();"
            "return [box.left + 30, box.top + 8]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            page.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        assert page.evaluate("getSelection().toString()") == command


def test_a_usual_run_is_not_long(page: Page, tmp_path: Path, summary: Summary) -> None:
    """Models, verdicts, trainings and measurements of both formats, on a desk, with what is folded folded."""
    path = tmp_path / "page.html"
    path.write_text(render_page(make_usual(summary)), encoding="utf-8")
    page.open(path, width=1280)
    assert page.evaluate("document.documentElement.scrollHeight") < 6000
