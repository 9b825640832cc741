"""The rows of an evaluation are read once, whoever asks about them: reading takes long, and warns."""

import pytest

from edgekit.flows.evaluate import answers
from edgekit.flows.evaluate.accuracy import accuracy
from edgekit.options.data_options import DataSpec
from tests.labelled_rows import bundle_of, labelled, write_rows


@pytest.mark.parametrize("device", [None, "local:"])
def test_of_a_bundle_here_and_on_a_device(device, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "device"))
    read = []

    def reading(*arguments, **named):
        read.append(arguments)
        return read_data(*arguments, **named)

    read_data = answers.read_data
    monkeypatch.setattr(answers, "read_data", reading)
    rows = write_rows(tmp_path / "rows.jsonl", labelled())
    found = accuracy(bundle_of(tmp_path / "bundle"), DataSpec(test=rows), device=device)
    assert found.accuracy.rows == len(labelled())
    assert len(read) == 1
