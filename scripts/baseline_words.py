"""What a bag of words reaches on data sets of yours, chosen on validation: the least that a model has to beat.

    .venv/bin/python scripts/baseline_words.py sst2=SST2_FOLDER "chnsenticorp={train: T.tsv, test: D.tsv}"

Each is NAME=DATA, with DATA as of `edgekit run --set data=DATA`. TF-IDF with logistic regression, over words and
over characters (of which Chinese needs no others), three penalties each. Results of the same names are replaced in
the JSON file; the whole of it is printed as a table.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import yaml
from baseline_smart_home import wilson
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from edgekit.data.splits import Data, Split, load_data
from edgekit.options.data_options import DataSpec

OUT = Path(__file__).parent / "results" / "baseline_words.json"
FEATURES = {"words": ("word", (1, 2)), "characters": ("char", (1, 3))}
INVERSE_PENALTIES = (1.0, 10.0, 100.0)


def main() -> None:
    """Fit, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", metavar="NAME=DATA")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    results = json.loads(given.out.read_text()) if given.out.exists() else {}
    for told in given.data:
        name, _, source = told.partition("=")
        results[name] = measure(load_data(_spec(source)))
        given.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(results))


def _spec(source: str) -> DataSpec:
    value = yaml.safe_load(source)
    return DataSpec.parse(value, "DATA") if isinstance(value, dict) else DataSpec.from_text(source)


def measure(data: Data) -> dict[str, Any]:
    """The baseline that validation prefers, on the test rows, with all that was tried."""
    test = data.split("test")
    fitted = {}
    for features, penalty in itertools.product(FEATURES, INVERSE_PENALTIES):
        model = _fit(data.split("train"), features, penalty)
        fitted[features, penalty] = model, _right(model, data.split("validation"))
    (features, penalty), (model, validation) = max(fitted.items(), key=lambda item: item[1][1])
    share = _right(model, test)
    return {
        "features": features,
        "C": penalty,
        "validation": round(100 * validation, 2),
        "test": [round(100 * value, 2) for value in (share, *wilson(share, len(test)))],
        "rows": {name: len(data.split(name)) for name in ("train", "validation", "test")},
        "tried": {f"{kind}, C {c:g}": round(100 * right, 2) for (kind, c), (_, right) in fitted.items()},
    }


def _fit(train: Split, features: str, penalty: float) -> Pipeline:
    analyzer, ngrams = FEATURES[features]
    model = make_pipeline(
        TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True, min_df=2),
        LogisticRegression(C=penalty, max_iter=300),
    )
    return model.fit(list(train.texts), list(train.labels))


def _right(model: Pipeline, rows: Split) -> float:
    return float((model.predict(list(rows.texts)) == list(rows.labels)).mean())


def table(results: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = ["| data | bag of | validation, % | test, % (95 %) |", "|---|---|---|---|"]
    for name, row in results.items():
        test = "{:.2f} ({:.2f} to {:.2f})".format(*row["test"])
        lines.append(f"| {name} | {row['features']} | {row['validation']:.2f} | {test} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
