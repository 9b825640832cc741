"""The web package's own modules, in Node, against Python's: random numbers, hashes, characters, stop strings."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import runpy
from pathlib import Path
from urllib.parse import quote

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


def malformed_bytes():
    """Random bytes, and every kind of malformed UTF-8: overlong, surrogates, beyond the last character, cut off."""
    draw = random.Random(7)
    rows = [bytes(draw.choices(range(256), k=draw.randrange(12))) for _ in range(3000)]
    leads, behind = (0, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, *range(0xE0, 0x100)), (0x41, 0x80, 0x8F, 0x90)
    heads = [bytes((lead, one)) for lead in leads for one in (*behind, 0x9F, 0xA0, 0xBF, 0xC2, 0xF0)]
    rows += [head + bytes(draw.choices((0x41, 0x80, 0xBF, 0xED), k=rest)) for head in heads for rest in range(4)]
    texts = ("\ufeffa", "a\ufeff", "é€🔥\U0010ffff\0\uffff", "x" * 9000 + "🔥" * 5000)
    whole = [text.encode() for text in texts]
    return rows + whole + [row[:-1] for row in whole] + [row[1:] for row in whole]


def test_the_utf8_for_platforms_without_one_is_that_of_the_encoding_standard(computed):
    rows = malformed_bytes()
    found = computed(
        "utf8.js", "own",
        "((rows) => { "
        "const strict = new TextDecoder('utf-8', { fatal: true }); "
        "const loose = new TextDecoder('utf-8', { ignoreBOM: true }); "
        "const outcome = (task) => { try { return task(); } catch { return null; } }; "
        "return rows.map((row) => Uint8Array.from(Buffer.from(row, 'hex'))).map((bytes) => ["
        "own.decode(bytes) === loose.decode(bytes), "
        "outcome(() => own.decodeStrictly(bytes)) === outcome(() => strict.decode(bytes)), "
        "outcome(() => own.decodeStrictly(bytes)) === null]); "
        f"}})({json.dumps([row.hex() for row in rows])})",
    )  # fmt: skip
    assert [row.hex() for row, (loose, strict, _) in zip(rows, found, strict=True) if not (loose and strict)] == []
    assert 100 < sum(refused for *_, refused in found) < len(rows)


def test_the_utf8_bytes_of_a_text_are_those_of_the_encoding_standard(computed):
    draw = random.Random(8)
    units = [0, 0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFEFF, 0xFFFF]
    rows = [draw.choices(units, k=draw.randrange(7)) for _ in range(3000)]
    found = computed(
        "utf8.js", "own",
        f"{rows}.map((units) => String.fromCharCode(...units)).filter("
        "(text) => own.encode(text).join() !== new TextEncoder().encode(text).join())",
    )  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    "globals",
    ["delete globalThis.TextDecoder; delete globalThis.TextEncoder",
     # as small polyfills do it, which apps bring along for older versions of React Native
     "globalThis.TextDecoder = class { constructor(_, { fatal }) { if (fatal) throw fatal; } decode = () => '' }",
     "globalThis.TextDecoder = class { decode = (bytes) => Buffer.from(bytes).toString('latin1') }"],
)  # fmt: skip
def test_a_platform_with_no_decoder_or_a_sloppy_one_reads_the_same(computed, globals):
    found = computed(
        "utf8.js", "decodeUtf8, decodeUtf8Strictly",
        f"(() => {{ {globals}; let message; "
        "try { decodeUtf8Strictly(Uint8Array.of(0xc0, 0x80)); } "
        "catch (error) { message = `${error.name}: ${error.message}`; } "
        "return [decodeUtf8(Uint8Array.of(0xe2, 0x82, 0x41, 0xc3, 0xa9)), message]; })()",
    )  # fmt: skip
    assert found == ["\ufffdA\xe9", "ModelError: it is no UTF-8"]


def test_an_answer_that_breaks_off_is_said_in_one_sentence(computed):
    found = computed(
        "fetching.js", "fetching, inFolder",
        "await (() => { globalThis.fetch = async () => ({ ok: true, headers: new Headers(), "
        "arrayBuffer: () => Promise.reject(new Error('aborted')) }); "
        "return fetching(inFolder('/models/'))('model.onnx')"
        ".catch((error) => `${error.code}: ${error.message}`); })()",
    )  # fmt: skip
    assert found.startswith("missing: /models/model.onnx cannot be fetched to its end: aborted (")


def test_base64_is_read_and_what_is_none_is_not(computed):
    draw = random.Random(9)
    rows = [draw.randbytes(size) for size in range(80)]
    encoded = [base64.b64encode(row).decode() for row in rows]
    odd = ["A", "AA", "AAA", "A===", "AA=A", "AA?=", "AAA\u0141", "AAAA="]
    found = computed(
        "base64.js", "decodeBase64",
        f"{json.dumps([*encoded, *odd])}.map((text) => decodeBase64(text))"
        ".map((bytes) => bytes && Buffer.from(bytes).toString('hex'))",
    )  # fmt: skip
    assert found == [*(row.hex() for row in rows), *(None for _ in odd)]


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


def test_a_self_test_that_tells_nothing_does_not_pass(computed):
    run = """async (cases, parity, found) => runGolden(cases, { task: "text-classification", labels: ["a"], parity },
        async (golden, compare) => compare.logits(found ?? golden.logits, golden.logits))
        .catch((error) => error.message)"""
    cases = [{"text": str(at), "logits": [0.0, 0.001 * at]} for at in range(4)]
    apart = [{"text": str(at), "logits": [-3.0, 3.0 * at]} for at in range(4)]
    tight, wide = {"atol": 1e-4, "rtol": 0}, {"atol": 0.5, "rtol": 2}
    calls = [
        (cases, tight, None),
        (cases, {"atol": 0.01, "rtol": 0}, [0, 0.001]),
        (apart, wide, None),
        (apart, tight, None),
    ]
    found = computed(
        "golden.js", "runGolden",
        f"await Promise.all({json.dumps(calls)}.map((each) => ({run})(...each)))",
    )  # fmt: skip
    assert (found[0]["passed"], found[0]["failure"]) == (4, None)
    assert found[1]["passed"] == 0
    assert found[1]["failure"] == "the logits of all 4 golden cases are the same, and should differ"
    assert "parity allows a logit to be 18.5 off" in found[2]
    assert "wrong answers would pass" in found[2]
    assert found[3]["passed"] == 4


def test_small_files_are_read_from_within_their_addresses(computed):
    text = '{"a": "\u00e4\U0001f525"}'
    encoded = base64.b64encode(text.encode()).decode()
    addresses = [f"data:application/json;base64,{encoded}", f"data:application/json,{quote(text)}"]
    found = computed(
        "fetching.js", "fetching",
        f"await Promise.all({json.dumps(addresses)}.map(async (each) => [...await fetching(() => each)('x')]))",
    )  # fmt: skip
    assert [bytes(each).decode() for each in found] == [text, text]
