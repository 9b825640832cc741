"""The JSON of a request's body, in whatever encoding of Unicode it comes."""

from __future__ import annotations

import json

import pytest

from edgekit.packaging.linux.service.http_error import HttpError
from edgekit.packaging.linux.service.limits import Limits
from edgekit.packaging.linux.service.request_body import json_object


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_large_body_with_brackets_and_quotes_in_its_texts_is_read(encoding):
    texts = [['[{",\\"]},' * 300, "二" * 300], "plain"] * 32
    body = json.dumps({"texts": texts}, ensure_ascii=False).encode(encoding)
    assert json_object(body, Limits()) == {"texts": texts}


@pytest.mark.parametrize("body", [b'"open', b'{"text": "a\\', b'{"text": 1' + b"0" * 50 + b"}", b"\xff", b""])
def test_what_is_no_json_is_told_so(body):
    with pytest.raises(HttpError, match="no JSON"):
        json_object(body, Limits())
