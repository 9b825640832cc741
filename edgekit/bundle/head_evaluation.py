"""Evaluations of multi-label models and of regressions on rows: figures with 95 % intervals, checked when read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

import pydantic

from edgekit.bundle.evaluation import (
    ClassScore,
    Correlation,
    Percent,
    check_classes,
    check_inside,
    check_rows,
    unnamed,
    unnamed_doubt,
)
from edgekit.options.stage_options import SplitName
from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Count0, Count1, NonNegative


class RowsEvaluated(Strict):
    """What was evaluated on which rows, by what: see `bundle.evaluation.Accuracy`."""

    data: str
    split: SplitName
    data_sha256: str
    content_hash: str | None
    rows: Count1
    truncated: Count0
    training_rows: Count0 = 0
    left_out: Count0 = 0
    runtime: str

    @pydantic.model_validator(mode="after")
    def _is_of_its_rows(self) -> Self:
        check_rows(self)
        return self

    @property
    def subject(self) -> tuple[object, ...]:
        """The rows; a manifest keeps one evaluation of each subject."""
        return self.split, self.data_sha256

    def with_comparisons_of(self, earlier: Iterable[Self]) -> Self:
        """This one, compared with none, with what is known of its rows."""
        seen = max(known.training_rows for known in (*earlier, self))
        return self.model_copy(update={"training_rows": seen})

    def redacted(self, content_hash: str) -> Self:
        """The figures alone, for the packaged bundle of this hash: no name of data."""
        return self.model_copy(update={"data": unnamed(self.split), "content_hash": content_hash})


class LabelSets(RowsEvaluated):
    """How the labels that a multi-label model gives each row agree with those that it has, in % with 95 % intervals.

    thresholds: from which score on each label was given
    exact:      rows whose labels are all right
    *_doubt:    why a figure cannot be told from these rows; empty where it can
    classes:    every label of the model, in its order; a row counts for each label that it has; none of a package
    """

    micro_f1: Percent
    micro_f1_low: Percent
    micro_f1_high: Percent
    micro_f1_doubt: str = ""
    macro_f1: Percent
    macro_f1_low: Percent
    macro_f1_high: Percent
    macro_f1_doubt: str = ""
    exact: Percent
    exact_low: Percent
    exact_high: Percent
    thresholds: tuple[Annotated[float, pydantic.Field(strict=True, gt=0, lt=1)], ...]
    classes: tuple[ClassScore, ...]

    @pydantic.model_validator(mode="after")
    def _intervals_hold_their_figures(self) -> Self:
        for name in ("micro_f1", "macro_f1", "exact"):
            check_inside(name, *(getattr(self, f"{name}{end}") for end in ("", "_low", "_high")))
        if any(max(score.rows, score.predicted) > self.rows for score in self.classes):
            raise ValueError(f"classes: a label has more than the {self.rows} rows that were evaluated")
        if len({score.label for score in self.classes}) < len(self.classes):
            raise ValueError("classes: a label comes twice")
        check_classes(self.classes, self.data, self.split)
        if self.classes and len(self.thresholds) != len(self.classes):
            raise ValueError(f"thresholds: {len(self.thresholds)} for {len(self.classes)} labels")
        if self.classes and not any(score.rows for score in self.classes) and not self.micro_f1_doubt:
            raise ValueError("micro_f1: no row has a label, and nothing says that it tells nothing")
        return self

    def redacted(self, content_hash: str) -> Self:
        """As of every evaluation, and no figures by label."""
        doubts = {name: unnamed_doubt(getattr(self, name)) for name in ("micro_f1_doubt", "macro_f1_doubt")}
        return super().redacted(content_hash).model_copy(update={"classes": (), **doubts})


class Numbers(RowsEvaluated):
    """How far the numbers of a regression are from those of the rows, with 95 % intervals.

    mae, rmse: the mean absolute error, and the root of the mean squared error
    mae_high:  None where nothing bounds it
    spearman:  the rank correlation; None where one side is constant
    *_doubt:   why a figure cannot be told from these rows; empty where it can
    """

    mae: NonNegative
    mae_low: NonNegative
    mae_high: NonNegative | None
    mae_doubt: str = ""
    rmse: NonNegative
    spearman: Correlation | None
    spearman_low: Correlation | None
    spearman_high: Correlation | None
    spearman_doubt: str = ""

    @pydantic.model_validator(mode="after")
    def _intervals_hold_their_figures(self) -> Self:
        if self.mae_high is not None:
            check_inside("mae", self.mae, self.mae_low, self.mae_high)
        elif not self.mae_doubt:
            raise ValueError("mae: nothing bounds it, and nothing says why")
        ranks = self.spearman, self.spearman_low, self.spearman_high
        if any(value is None for value in ranks):
            if any(value is not None for value in ranks) or not self.spearman_doubt:
                raise ValueError("spearman: it is not whole, and nothing says why")
        elif self.spearman is not None:
            check_inside("spearman", self.spearman, self.spearman_low, self.spearman_high)
        return self
