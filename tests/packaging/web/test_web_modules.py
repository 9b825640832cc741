"""The web package's own modules, in Node, against Python's: random numbers, hashes, characters, stop strings."""

from __future__ import annotations

import hashlib
import json
import random
import runpy
from pathlib import Path

import npm
import numpy as np
import pytest

LIB = Path(__file__).parents[3] / "edgekit" / "packaging" / "web" / "templates" / "lib"


@pytest.mark.slow
def test_the_tables_of_characters_are_those_of_the_library():
    pytest.importorskip("regex")
    made = runpy.run_path(str(npm.HERE / "unicode_tables.py"))
    assert made["tables"]() == made["TABLES"].read_text("utf-8")


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """What an expression with the package's own modules gives in Node."""
    folder = tmp_path_factory.mktemp("modules")
    try:
        npm.tool("node")
    except npm.Missing as missing:
        pytest.skip(str(missing))

    def compute(module, name, expression):
        head = f"import {{ {name} }} from {json.dumps(str(LIB / module))};\n"
        return npm.script(folder, f"{head}console.log(JSON.stringify({expression}));")

    return compute


def test_a_part_of_a_tokenizer_that_is_not_known_is_refused_by_name(computed):
    from tokenizers import Tokenizer, models

    report = json.loads(Tokenizer(models.WordLevel({"a": 0}, unk_token="a")).to_str())
    parts = {
        "normalizer": "Nmt",
        "pre_tokenizer": "UnicodeScripts",
        "post_processor": "Other",
        "decoder": "CTC",
        "model": "__proto__",
    }
    found = computed(
        "tokenizer/tokenizer.js", "Tokenizer",
        f"Object.entries({json.dumps(parts)}).map(([part, type]) => {{ try {{ "
        f"new Tokenizer({{ ...{json.dumps(report)}, [part]: {{ type }} }}); "
        "} catch (error) { return error.message; } })",
    )  # fmt: skip
    for name, message in zip(parts.values(), found, strict=True):
        assert message.startswith("tokenizer.json has a ")
        assert message.endswith(f" {name}")


def test_letters_newer_than_a_browser_get_the_librarys_lower_case(computed):
    from tokenizers import normalizers

    lower = normalizers.Lowercase().normalize_str
    letters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    # this Python knows Unicode 14; without the engine's own lower case the table alone must know the rest
    newer = [letter for letter in letters if lower(letter) != letter and letter.lower() == letter]
    found = computed(
        "tokenizer/unicode.js", "lowercase",
        f"((String.prototype.toLowerCase = String.prototype.toString), {json.dumps(newer)}.map(lowercase))",
    )  # fmt: skip
    assert found == [lower(letter) for letter in newer]


def test_random_numbers_are_those_of_numpy(computed):
    seeds = [0, 1, 7, 2**31, 2**32 - 1, 2**32, 2**53 - 1]
    found = computed(
        "pcg64.js", "Pcg64",
        f"{seeds}.map((seed) => new Pcg64(seed)).map((made) => Array.from({{ length: 20 }}, () => made.next()))",
    )  # fmt: skip
    assert found == [list(np.random.default_rng(seed).random(20)) for seed in seeds]


def test_the_sha256_for_platforms_without_one_is_right(computed):
    sizes = [*range(130), 1000, 65536, 100_001]
    found = computed(
        "sha256.js", "own",
        f"{sizes}.map((length) => own(Uint8Array.from({{ length }}, (_, at) => at * 7)))"
        ".map((digest) => Buffer.from(digest).toString('hex'))",
    )  # fmt: skip
    assert found == [hashlib.sha256(bytes(at * 7 % 256 for at in range(size))).hexdigest() for size in sizes]


def test_stop_strings_are_found_as_the_agent_finds_them(computed):
    from edgekit.agent.inference.prompts import StopStringMatcher

    draw = random.Random(5)
    texts = [
        ["".join(draw.choices("ab x🔥", k=draw.randrange(4))) for _ in range(draw.randrange(8))] for _ in range(500)
    ]
    stops = [["".join(draw.choices("ab x", k=draw.randrange(4))) for _ in range(draw.randrange(3))] for _ in texts]
    found = computed(
        "text_stream.js", "StopWatch",
        f"{json.dumps(list(zip(texts, stops, strict=True)))}.map(([pieces, stops]) => {{ "
        "const watch = new StopWatch(stops); "
        "const given = pieces.map((piece) => watch.stopped ? null : watch.add(piece)); "
        "return [...given, watch.end(), watch.stopped]; })",
    )  # fmt: skip
    for pieces, each, answer in zip(texts, stops, found, strict=True):
        watch = StopStringMatcher(each)
        given = [None if watch.stopped else watch.add(piece) for piece in pieces]
        assert answer == [*given, watch.end(), watch.stopped]
