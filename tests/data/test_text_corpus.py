"""Text for language models: one stream or documents, in any encoding, in pieces, and one line for what is wrong."""

import hashlib
import json

import pytest

from edgekit.data.text_corpus import Corpus
from edgekit.errors import UsageError

TEXTS = ["Once upon a time.\n", "从前有一只猫。", "كان يا ما كان\r\n\tقط", "🐈‍⬛ 🎉", "line\u2028end"]


def write(path, texts):
    if path.suffix == ".txt":
        path.write_bytes("".join(texts).encode())
    elif path.suffix == ".json":
        path.write_text(json.dumps(texts), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["txt", "jsonl", "json"])
def test_every_character_is_read_and_counted(tmp_path, kind):
    corpus = Corpus(write(tmp_path / f"text.{kind}", TEXTS))
    documents = ["".join(pieces) for pieces in corpus]
    assert documents == (["".join(TEXTS)] if kind == "txt" else TEXTS)
    assert corpus.documents == len(documents)
    assert corpus.bytes == len("".join(TEXTS).encode())
    first = corpus.sha256
    assert ["".join(pieces) for pieces in corpus] == documents
    assert corpus.sha256 == first, "read again, it is the same text"


def test_the_hash_is_of_the_text_not_of_its_encoding_and_knows_where_documents_end(tmp_path):
    def read(name, texts, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\n".join(json.dumps(text, ensure_ascii=False) for text in texts).encode(encoding))
        corpus = Corpus(path)
        for document in corpus:
            list(document)
        return corpus.sha256

    usual = read("a.jsonl", ["ab", "ç"])
    assert usual == read("b.jsonl", ["ab", "ç"], "utf-8-sig") == read("c.jsonl", ["ab", "ç"], "utf-16")
    assert usual != read("d.jsonl", ["a", "bç"])
    assert usual == hashlib.sha256("ab\0end\0ç\0end\0".encode()).hexdigest()


def test_a_long_stream_comes_in_pieces_that_end_at_line_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("edgekit.data.text_corpus.PIECE", 50)
    text = "".join(f"line {number} 你好\n" for number in range(40)) + "x" * 180 + "\nthe end"
    (document,) = [list(pieces) for pieces in Corpus(write(tmp_path / "a.txt", [text]))]
    assert "".join(document) == text
    assert len(document) > 10
    assert all(piece.endswith("\n") for piece in document[:9])
    assert max(map(len, document)) < 110


def test_a_declared_column_strings_and_empty_documents(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"body": "one", "text": "other"}\n\n{"body": ""}\n"plain"\n{"body": "two"}\n')
    assert [list(pieces) for pieces in Corpus(path, "body")] == [["one"], ["plain"], ["two"]]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.txt", b"", "holds no text"),
        ("a.jsonl", b"\n\n", "holds no text"),
        ("a.json", b"[]", "holds no text"),
        ("a.json", b'[""]', "holds no text"),
        ("a.json", b'{"a": 1}', "list of strings, not a dict"),
        ("a.json", b'["a", 3]', "string 2: not a text but a int"),
        ("a.json", b'["a"', "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.jsonl", b'"a"\n{"text": ', "line 2: not JSON"),
        ("a.jsonl", b'{"text": "a"}\n{"text": 7}', "line 2: not a text"),
        ("a.jsonl", b'"\\ud83d"', "line 1: not valid Unicode"),
        ("a.jsonl", b'{"txet": "a"}', "no text column among txet"),
        ("a.tsv", b"text\na", "tested on text, not on '.tsv'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        for document in Corpus(path):
            list(document)
    assert complaint in raised.value.message
    assert str(path) in raised.value.message


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        next(iter(Corpus(tmp_path / "nowhere.txt")))
