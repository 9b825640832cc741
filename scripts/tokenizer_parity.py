"""The tokenizers of the packages against Hugging Face `tokenizers`: every language, tokenizer and corpus.

    .venv/bin/python scripts/tokenizer_parity.py
    .venv/bin/python scripts/tokenizer_parity.py --languages Java --tokenizers gpt2 --corpora hard sst2

Builds each language's runner, compares ids, keeps the counts in the JSON file, prints them as a table. Exit status 1
where an id differs. A language whose tools are not on this machine is left out, saying so, as is a corpus.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "packaging")]

from languages import LANGUAGES, Missing, build_swift  # type: ignore[import-not-found]  # noqa: E402
from parity import WHOLE, RunnerFailed, expected_ids, mismatches  # type: ignore[import-not-found]  # noqa: E402
from published_texts import SETS, published_texts  # type: ignore[import-not-found]  # noqa: E402
from tokenizer_zoo import SMALL, ZOO  # type: ignore[import-not-found]  # noqa: E402

OUT = Path(__file__).parent / "results" / "tokenizers.json"
RANDOM = 20_000
# how many tokens a text of the published data sets may have, as models do
LENGTH = 128
# tokenizers that no model has see the texts that are made to be hard, and no others
CORPORA = ("hard", "cut", "random", *SETS)
HARD_ONLY = CORPORA[:3]
# language -> tokenizer -> corpus -> how many texts, how many of them with other ids
Counts = dict[str, dict[str, dict[str, list[int]]]]


def main() -> None:
    """Compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--tokenizers", nargs="+", choices=ZOO, default=list(ZOO), metavar="NAME")
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=list(CORPORA))
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    result = json.loads(given.out.read_text()) if given.out.exists() else {"versions": {}, "counts": {}}
    result["versions"] |= _versions(given.languages)
    with TemporaryDirectory() as folder:
        for found in _compared(given, Path(folder)):
            language, name, corpus, texts, wrong = found
            result["counts"].setdefault(language, {}).setdefault(name, {})[corpus] = [texts, len(wrong)]
            given.out.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(table(result))
    sys.exit(any(count[1] for _, _, _, count in _flat(result["counts"])))


def _compared(given: argparse.Namespace, folder: Path) -> Iterator[tuple[str, str, str, int, list[Any]]]:
    runners = dict(_runners(given.languages, folder))
    texts = {corpus: _texts(corpus) for corpus in given.corpora}
    for name in given.tokenizers:
        path = folder / "tokenizer.json"
        try:
            path.write_text(ZOO[name](), encoding="utf-8")
        except FileNotFoundError as absent:
            print(f"{name}: left out: {absent}")
            continue
        for corpus in given.corpora:
            if not texts[corpus] or (corpus not in HARD_ONLY and not _is_published(name)):
                continue
            length = {"hard": WHOLE, "random": WHOLE, "cut": 17}.get(corpus, LENGTH)
            expected = expected_ids(path, length, texts[corpus])
            for language, words in runners.items():
                began = time.monotonic()
                wrong = _wrong(words, path, length, texts[corpus], expected)
                taken = time.monotonic() - began
                print(f"{name}, {corpus}, {language}: {len(wrong)} of {len(expected)}, {taken:.1f} s", flush=True)
                for each in wrong[:3]:
                    print(f"    {each}")
                yield language, name, corpus, len(expected), wrong


def _is_published(name: str) -> bool:
    return name not in SMALL and not name.endswith(", trimmed")


def _wrong(words: Sequence[Any], path: Path, length: int, texts: Sequence[Any], expected: Any) -> list[Any]:
    """The mismatches; all texts where the runner refused the tokenizer."""
    try:
        return list(mismatches(words, path, length, texts, expected))
    except RunnerFailed as failed:
        print(f"    {failed}")
        return list(texts)


def _runners(languages: Sequence[str], folder: Path) -> Iterator[tuple[str, Any]]:
    for language in languages:
        try:
            yield language, build_swift() if language == "Swift" else LANGUAGES[language](folder)
        except Missing as missing:
            print(f"{language}: left out: {missing}")


def _texts(corpus: str) -> list[Any]:
    from hard_texts import HARD_PAIRS, HARD_TEXTS  # type: ignore[import-not-found]
    from random_texts import random_texts  # type: ignore[import-not-found]

    if corpus == "hard":
        return [*HARD_TEXTS, *HARD_PAIRS]
    if corpus == "cut":
        return [*(text for text in HARD_TEXTS if len(text) < 1000), *HARD_PAIRS]
    if corpus == "random":
        return list(random_texts(7, RANDOM))
    try:
        return list(published_texts(corpus))
    except FileNotFoundError as absent:
        print(f"{corpus}: left out: {absent}")
        return []


def _versions(languages: Sequence[str]) -> dict[str, str]:
    import tokenizers

    asked = {"JavaScript": ["node", "--version"], "Java": ["java", "--version"]}
    found = {"tokenizers": str(tokenizers.__version__), "Python": platform.python_version()}
    for language in set(languages) & asked.keys():
        said = subprocess.run(asked[language], capture_output=True, text=True, check=False).stdout
        found[language] = said.splitlines()[0] if said else "absent"
    return found


def _flat(counts: Counts) -> Iterator[tuple[str, str, str, list[int]]]:
    for language, of_language in counts.items():
        for name, of_tokenizer in of_language.items():
            for corpus, count in of_tokenizer.items():
                yield language, name, corpus, count


def table(result: dict[str, Any]) -> str:
    """Texts with other ids as a Markdown table: a row for each tokenizer, a column for each corpus."""
    counts: Counts = result["counts"]
    languages = [name for name in LANGUAGES if name in counts]
    corpora = [name for name in CORPORA if any(corpus == name for _, _, corpus, _ in _flat(counts))]
    texts = {corpus: max(count[0] for _, _, each, count in _flat(counts) if each == corpus) for corpus in corpora}
    heads = [f"{corpus}, {texts[corpus]:,}" for corpus in corpora]
    lines = [f"| tokenizer | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for title, names in _rows().items():
        cells = [_cell(counts, languages, names, corpus) for corpus in corpora]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    total = sum(count[0] for *_, count in _flat(counts))
    wrong = sum(count[1] for *_, count in _flat(counts))
    return "\n".join(
        [
            *lines,
            "",
            f"Texts with other ids than tokenizers {result['versions']['tokenizers']}, in {', '.join(languages)}: "
            f"{wrong:,} of {total:,} comparisons.",
        ]
    )


def _rows() -> dict[str, list[str]]:
    """Title -> tokenizers: the published ones each by itself, the small ones together."""
    rows = {name: [name] for name in ZOO if _is_published(name)}
    rows["four of them with a trimmed vocabulary"] = [name for name in ZOO if name.endswith(", trimmed")]
    rows[f"{len(SMALL)} small ones, for every component"] = list(SMALL)
    return rows


def _cell(counts: Counts, languages: Sequence[str], names: Sequence[str], corpus: str) -> str:
    """The figures of the languages, in their order; empty where nothing was compared."""
    figures = []
    for language in languages:
        found = [counts[language][name][corpus] for name in names if corpus in counts[language].get(name, {})]
        figures.append(str(sum(count[1] for count in found)) if found else "–")
    return "" if set(figures) == {"–"} else " ".join(figures)


if __name__ == "__main__":
    main()
