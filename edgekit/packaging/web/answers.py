"""What a web package says of what its model answers: its types and the words of its README, by problem type."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle.manifest import Manifest
from edgekit.packaging.example import quoted
from edgekit.packaging.model_kind import BY_PROBLEM_TYPE
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, SINGLE_LABEL, ProblemType
from edgekit.tasks.registry import task_named

_README = Path(__file__).with_name("readme")
_LABELS = "\n  readonly labels: readonly string[];"


@dataclass(frozen=True)
class Answer:
    """The answers of models of one problem type, as `index.d.ts` and `README.md` have them.

    mock:            what `classify` gives in an app's own tests, as JavaScript
    parts:           what lies in `bundle/` beside the model and its tokenizer
    does:            what a model does
    prediction:      the head of the type of an answer, behind which logits and time follow
    members:         of the class, where it has labels
    manifest_fields: of the manifest, beside those of all
    """

    mock: str
    parts: str
    does: str
    prediction: str
    members: str = ""
    manifest_fields: str = ""


_ANSWERS: dict[ProblemType, Answer] = {
    SINGLE_LABEL: Answer(
        mock="label: @@LABEL@@, score: 1, scores: [{ label: @@LABEL@@, score: 1 }], logits: new Float32Array([1])",
        parts="its labels and golden cases",
        does="labels texts",
        prediction="""\
/** The label of a text with its softmax score, the scores of all labels, the logits, and how long it took. */
export interface Prediction {
  label: string;
  score: number;
  scores: { label: string; score: number }[];""",
        members=_LABELS,
    ),
    MULTI_LABEL: Answer(
        mock="labels: [@@LABEL@@], scores: [{ label: @@LABEL@@, score: 1 }], logits: new Float32Array([1])",
        parts="its labels, their thresholds and golden cases",
        does="gives texts the labels that hold, which may be several or none",
        prediction="""\
/**
 * labels: those that hold, in the model's order: their scores reach their thresholds; there may be none
 * scores: of each label by itself, the sigmoid of its logit; they do not sum to 1
 * A single label is none of it: reading `label` or `score` throws.
 */
export interface Prediction {
  labels: string[];
  scores: { label: string; score: number }[];""",
        members=f"""{_LABELS}
  /** From which score on each label holds, in the order of the labels. */
  readonly thresholds: readonly number[];""",
        manifest_fields='\n  problem_type: "multi_label_classification";\n  thresholds: number[];',
    ),
    REGRESSION: Answer(
        mock="value: 0.5, logits: new Float32Array([0.5])",
        parts="and golden cases",
        does="gives texts a number",
        prediction="""\
/**
 * value: the number that the model gives the text, which is its logit as it is
 * There are no labels: reading `label`, `score`, `labels` or `scores` throws.
 */
export interface Prediction {
  value: number;""",
        manifest_fields='\n  problem_type: "regression";',
    ),
}


def values_of(manifest: Manifest) -> dict[str, str]:
    """What the templates take of the answers of a model."""
    answer, kind = _ANSWERS[manifest.head], BY_PROBLEM_TYPE[manifest.head]
    return {
        "USE": (_README / f"{manifest.head}.md").read_text(encoding="utf-8"),
        "MOCK": _mock(manifest, answer),
        "NOUN": kind.noun,
        "PARTS": answer.parts,
        "OUTCOME": kind.outcome,
        "DOES": answer.does,
        "PREDICTION": answer.prediction,
        "MEMBERS": answer.members,
        "MANIFEST_FIELDS": answer.manifest_fields,
    }


def _mock(manifest: Manifest, answer: Answer) -> str:
    """The members of a stand-in for a model, beside those that all have."""
    if not manifest.labels:
        return """\
      generate: async () => ({
        text: "a text", ids: [1], finish: "length", promptTokens: 1, slides: 0, firstMs: 1, tokensPerSecond: 1,
      }),"""
    label = quoted(manifest.labels[0])
    lines = [] if manifest.head == REGRESSION else [f"      labels: [{label}],"]
    lines += ["      thresholds: [0.5],"] if manifest.head == MULTI_LABEL else []
    found = answer.mock.replace("@@LABEL@@", label)
    return "\n".join([*lines, f"      classify: async () => ({{ {found}, ms: 1 }}),"])


def title_of(manifest: Manifest) -> str:
    """What a model does, as a summary begins."""
    if manifest.head == REGRESSION:
        return BY_PROBLEM_TYPE[REGRESSION].noun
    title = task_named(manifest.task).title
    many = "multi-label " if manifest.head == MULTI_LABEL else ""
    labels = f", {len(manifest.labels)} labels" if task_named(manifest.task).labels else ""
    return f"{many}{title}{labels}"
