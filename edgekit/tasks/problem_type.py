"""What the logits of a classifier mean, by the names of transformers, and what a model of each is called."""

from __future__ import annotations

from typing import Literal

ProblemType = Literal["single_label_classification", "multi_label_classification", "regression"]

SINGLE_LABEL: ProblemType = "single_label_classification"
MULTI_LABEL: ProblemType = "multi_label_classification"
REGRESSION: ProblemType = "regression"
# each with the noun for a model of it
PROBLEMS: dict[ProblemType, str] = {
    SINGLE_LABEL: "single-label classifier",
    MULTI_LABEL: "multi-label classifier",
    REGRESSION: "regression",
}
# what the one logit of a regression is called where nothing else names it, as in transformers
NUMBER = "LABEL_0"
