"""What a file is called in one phrase, where no reader takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.tools.reading.content import describe_file


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("night.yaml", "version: 1\nevents: []\n", "without a line such as `form: gnomon observing events` (its keys: events, version)"),
        ("night.json", '{"form": "gnomon observing event", "events": []}', "of the form 'gnomon observing event'"),
        ("night.yaml", "- a\n- b\n", "a text file"),
        ("night.txt", "version: 1\nevents: []\n", "a text file"),
    ],
)  # fmt: skip
def test_documents_are_described_by_form_and_keys(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert said in describe_file(tmp_path / name)
