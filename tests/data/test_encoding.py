"""Any encoding: declared, marked, UTF-8, or guessed with a warning; never a row read wrong in silence."""

from __future__ import annotations

import codecs
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.cli import main
from edgekit.data.encoding import open_text
from edgekit.data.splits import load_data
from edgekit.errors import EdgekitWarning, NotFoundError, UsageError
from edgekit.options.data_options import DataSpec

TEXTS = {
    "cp1250": "Zażółć gęślą jaźń. Pchnąć w tę łódź jeża lub ośm skrzyń fig.\n" * 5,
    "cp1251": "Съешь ещё этих мягких французских булок, да выпей чаю.\n" * 5,
    "gb18030": "这个宾馆比较陈旧了，特价的房间也很一般。总体来说一般\n" * 5,
    "shift_jis": "これは日本語の文章です。とても良いホテルでした。\n" * 5,
}


def read(path, encoding=None):
    with open_text(path, encoding) as file:
        return file.read()


def test_utf8_is_read_without_a_word(tmp_path):
    (tmp_path / "plain.txt").write_bytes("naïve 雨\r\nnext".encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(tmp_path / "plain.txt") == "naïve 雨\r\nnext"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_says_what_the_encoding_is_and_is_no_text(tmp_path, encoding):
    (tmp_path / "marked.txt").write_bytes("雨 rain\n".encode(encoding))
    assert read(tmp_path / "marked.txt") == "雨 rain\n"


def test_big_endian_utf16_by_its_mark(tmp_path):
    (tmp_path / "marked.txt").write_bytes(codecs.BOM_UTF16_BE + "雨".encode("utf-16-be"))
    assert read(tmp_path / "marked.txt") == "雨"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec="latin-1"), max_size=200),
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-16-le"]),
)
def test_what_is_declared_is_read_back(tmp_path, text, encoding):
    text = text.removeprefix("\ufeff")
    (tmp_path / "any.txt").write_bytes(text.encode(encoding))
    assert read(tmp_path / "any.txt", encoding) == text


@pytest.mark.parametrize("encoding", TEXTS)
def test_other_encodings_are_guessed_and_named(tmp_path, encoding):
    path = tmp_path / "old.txt"
    path.write_bytes(TEXTS[encoding].encode(encoding))
    with pytest.warns(EdgekitWarning, match=r"old.txt is not UTF-8 .* --encoding"):
        assert read(path) == TEXTS[encoding]


WORDS = {
    "French": ("cp1252", "Le café était très agréable, la façade rénovée.\n"),
    "a letter that is a word": ("cp1252", "il va à Paris, ele é bom\n"),
    "one letter": ("cp1252", "The cafe was fine.\nThe café too.\n"),
    "German": ("cp1252", "Das Frühstück war großartig, schöne Räume.\n"),
    "Spanish": ("cp1252", "El niño comió mañana en España, ¿qué pasó?\n"),
    "quotation marks": ("cp1252", "I don’t like “this” hotel – really\n"),
    "Polish": ("cp1250", "Pokój był bardzo mały i brudny, śniadanie też.\n"),
    "Russian": ("cp1251", "Номер был очень маленький и грязный, персонал хороший\n"),
    "Russian, KOI8": ("koi8_r", "Номер был очень маленький и грязный, персонал хороший\n"),
    "Greek": ("cp1253", "Το δωμάτιο ήταν πολύ μικρό και βρώμικο\n"),
    "Japanese": ("cp932", "ホテルのサービスは最高、朝食もおいしい\n"),
    "Japanese, EUC": ("euc_jp", "これは日本語の文章です。とても良いホテルでした。\n"),
    "Traditional Chinese": ("big5", "這個賓館比較陳舊了，特價的房間也很一般。\n"),
    "Korean": ("cp949", "방이 너무 작고 더러웠지만 직원은 친절했습니다\n"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_sentence_is_enough_for_a_guess_that_shows_what_it_read(tmp_path, language):
    encoding, text = WORDS[language]
    path = tmp_path / "old.txt"
    path.write_bytes(text.encode(encoding))
    with pytest.warns(EdgekitWarning, match="read as") as warned:
        assert read(path) == text
    first = next(character for character in text if not character.isascii())
    assert first in str(warned[0].message)


def test_a_line_longer_than_the_sample_is_guessed_too(tmp_path):
    path = tmp_path / "long.txt"
    text = "x" + "这个宾馆比较陈旧了，特价的房间也很一般。总体来说一般" * 5_000 + "\n"
    path.write_bytes(text.encode("gb18030"))
    with pytest.warns(EdgekitWarning, match="read as gb18030"):
        assert read(path) == text


def test_encodings_that_fit_as_well_are_named_and_none_is_taken(tmp_path):
    path = tmp_path / "short.txt"
    path.write_bytes("Мир\n".encode("cp1251"))
    with pytest.raises(UsageError, match=r"may as well be \w+ or \w+") as caught:
        read(path)
    assert "cp1251" in caught.value.message
    assert "--encoding" in caught.value.advice


def test_a_broken_byte_in_utf8_is_no_other_encoding(tmp_path):
    path = tmp_path / "broken.txt"
    path.write_bytes("un café très cher, déjà\n".encode() + b"ha\xff\n")
    with pytest.raises(UsageError, match=r"is UTF-8 but for byte 30"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["text\tlabel\nturn on\tlights\n", "text\tlabel\n雨が降る\tweather\n"])
def test_utf16_without_a_mark_is_known_by_its_nuls(tmp_path, encoding, text):
    path = tmp_path / "rows.tsv"
    path.write_bytes(text.encode(encoding))
    assert read(path) == text
    assert load_data(DataSpec(test=path), labels=("lights", "weather")).test.texts[0] in text


def test_other_nuls_are_no_text(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"text\tlabel\na\0b\tlights\n")
    with pytest.raises(UsageError, match=r"holds NUL bytes \(byte 12\)"):
        read(path)
    path.write_bytes("text\tlabel\nrain\tweather\n".encode("utf-32-le"))
    assert read(path) == "text\tlabel\nrain\tweather\n"
    with pytest.raises(UsageError, match="NUL characters in its header"):
        load_data(DataSpec(test=path, encoding="latin-1"))


def test_one_odd_byte_in_a_latin_text_is_a_latin_letter(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_bytes(b"Which city has the oldest relationship ?\n" * 20 + b"as a sister\xf0city with Los Angeles ?\n")
    with pytest.warns(EdgekitWarning, match="read as cp1252"):
        assert "sister\xf0city" in read(path)


def test_a_character_that_two_chunks_share_is_whole(tmp_path):
    text = "x" * (2**20 - 1) + "雨"
    (tmp_path / "long.txt").write_bytes(text.encode())
    assert read(tmp_path / "long.txt") == text


@pytest.mark.parametrize(
    ("content", "encoding", "complaint"),
    [
        (b"abc\xff", "utf-8", r"not utf-8 \(byte 3\)"),
        (b"x" * 2**20 + b"\xe9\n", "ascii", rf"byte {2**20}"),
        (b"x" * 2**20 + b"\xff", "utf-8", rf"byte {2**20}"),
        (b"abc", "latin-one", "unknown encoding 'latin-one'"),
        (b"abc", "base64", "unknown encoding 'base64'"),
        (codecs.BOM_UTF16_LE + b"a", None, "begins like utf-16"),
    ],
)
def test_wrong_encodings_are_refused_before_anything_is_read(tmp_path, content, encoding, complaint):
    (tmp_path / "file.txt").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        open_text(tmp_path / "file.txt", encoding)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(NotFoundError, match=r"missing.txt does not exist"):
        open_text(tmp_path / "missing.txt")
    with pytest.raises(UsageError, match="is no regular file"):
        open_text(tmp_path)


def test_tables_in_declared_and_guessed_encodings_hold_the_same_rows(tmp_path):
    rows = "text\tlabel\nun café très cher\tbad\nun thé glacé\tgood\n" * 1
    path = tmp_path / "rows.tsv"
    path.write_bytes(rows.encode("latin-1"))
    declared = load_data(DataSpec(test=path, encoding="latin-1"))
    with pytest.warns(EdgekitWarning):
        guessed = load_data(DataSpec(test=path))
    assert list(declared.test.texts) == ["un café très cher", "un thé glacé"]
    assert declared.sha256 == guessed.sha256


def test_the_command_line_prints_the_warning_as_one_line(tmp_path, tiny_checkpoint, capfd):
    path = tmp_path / "rows.tsv"
    path.write_bytes("text\tlabel\nplay café music\tlights\nweather\tweather\n".encode("latin-1"))
    with warnings.catch_warnings(), pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tiny_checkpoint), "--test", str(path)])
    lines = [line for line in capfd.readouterr().err.splitlines() if "UTF-8" in line]
    assert ended.value.code == 0
    assert len(lines) == 1
    assert lines[0].startswith(f"warning: {path} is not UTF-8 (byte ")
