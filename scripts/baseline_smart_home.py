"""What a bag of words can do on the embedded data set: TF-IDF and logistic regression, chosen on validation.

    python scripts/baseline_smart_home.py [--out scripts/results/baseline_smart_home.json]

A transformer has to beat this by far: the hard third is made so that only word order and negation decide it.
"""

import argparse
import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from edgekit.data.smart_home import Example, generate
from edgekit.options.stage_options import SplitName

OUT = Path(__file__).parent / "results" / "baseline_smart_home.json"
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
NGRAMS = (1, 2)
INVERSE_PENALTIES = (1.0, 10.0)


class Fitted(NamedTuple):
    """One baseline and how it did."""

    longest_ngram: int
    inverse_penalty: float
    model: Pipeline
    validation: float


def fit(train: list[Example], validation: list[Example], longest_ngram: int, inverse_penalty: float) -> Fitted:
    """Fit on train, score on validation."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, longest_ngram)), LogisticRegression(C=inverse_penalty, max_iter=300)
    )
    model.fit([row.text for row in train], [row.label for row in train])
    return Fitted(longest_ngram, inverse_penalty, model, accuracy(model, validation))


def best(train: list[Example], validation: list[Example]) -> tuple[Fitted, list[Fitted]]:
    """The baseline that validation prefers, and all that were tried."""
    tried = [fit(train, validation, ngram, penalty) for ngram in NGRAMS for penalty in INVERSE_PENALTIES]
    return max(tried, key=lambda fitted: fitted.validation), tried


def accuracy(model: Pipeline, rows: list[Example]) -> float:
    """Share of rows whose label is predicted."""
    predicted: Iterable[str] = model.predict([row.text for row in rows])
    return sum(label == row.label for label, row in zip(predicted, rows, strict=True)) / len(rows)


def wilson(share: float, rows: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % score interval of Wilson (1927) for a share of that many rows."""
    middle = share + z * z / (2 * rows)
    half = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return (middle - half) / (1 + z * z / rows), (middle + half) / (1 + z * z / rows)


def digest(rows: list[Example]) -> str:
    """What the rows were, so that a result can be matched with its data."""
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def measure() -> dict[str, object]:
    """Everything the table and the JSON file say."""
    splits = {split: generate(split) for split in SPLITS}
    train, validation, test = splits.values()
    chosen, tried = best(train, validation)
    hard = {split: [row for row in rows if row.hard] for split, rows in splits.items()}
    hard_alone, _ = best(hard["train"], hard["validation"])
    share = accuracy(chosen.model, test)
    return {
        "data_sha256": {split: digest(rows) for split, rows in splits.items()},
        "rows": {split: len(rows) for split, rows in splits.items()},
        "tried": [
            {"longest_ngram": one.longest_ngram, "C": one.inverse_penalty, "validation": one.validation}
            for one in tried
        ],
        "chosen": {"longest_ngram": chosen.longest_ngram, "C": chosen.inverse_penalty},
        "test": share,
        "test_interval_95": wilson(share, len(test)),
        "test_hard": accuracy(chosen.model, hard["test"]),
        "test_easy": accuracy(chosen.model, [row for row in test if not row.hard]),
        "test_hard_trained_on_hard_alone": accuracy(hard_alone.model, hard["test"]),
    }


def show(result: dict[str, object]) -> None:
    """Print what was measured, one figure a line, shares in %."""
    for name, value in result.items():
        if isinstance(value, float):
            print(f"{name:34} {100 * value:6.2f}")
        elif isinstance(value, tuple):
            print(f"{name:34} {100 * value[0]:6.2f} to {100 * value[1]:.2f}")
        elif isinstance(value, list):
            for one in value:
                settings = f"1 to {one['longest_ngram']} words, C {one['C']:.0f}: validation"
                print(f"  {settings:32} {100 * one['validation']:6.2f}")
        elif name == "chosen":
            print(f"{name:34} {value}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes (%(default)s)")
    out: Path = parser.parse_args().out
    result = measure()
    show(result)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
