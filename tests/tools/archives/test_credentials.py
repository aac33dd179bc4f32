"""What was asked with a token is played back without one, and no token is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.tools.archives.asking.credentials import credential
from gnomon.tools.archives.papers import papers
from gnomon.tools.errors import MissingReply
from gnomon.tools.transport import transport

TOKEN = "not-a-real-token-0123456789"


def asked(mode: str, folder: Path) -> str:
    with transport(mode, folder, "step"):  # type: ignore[arg-type]
        return credential("GNOMON_TEST_TOKEN", "GNOMON_TEST_OTHER")


def test_a_token_is_not_needed_to_play_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GNOMON_TEST_TOKEN", raising=False)
    monkeypatch.setenv("GNOMON_TEST_OTHER", TOKEN)
    assert credential("GNOMON_TEST_TOKEN", "GNOMON_TEST_OTHER") == TOKEN
    assert asked("record", tmp_path) == TOKEN
    assert asked("playback", tmp_path) == TOKEN
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]
    monkeypatch.delenv("GNOMON_TEST_OTHER")
    assert asked("playback", tmp_path)


def test_where_there_was_none_a_token_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GNOMON_TEST_TOKEN", raising=False)
    monkeypatch.delenv("GNOMON_TEST_OTHER", raising=False)
    assert asked("record", tmp_path) == ""
    monkeypatch.setenv("GNOMON_TEST_TOKEN", TOKEN)
    assert asked("playback", tmp_path) == ""


def test_what_is_not_on_record_is_not_a_service_that_failed(tmp_path: Path) -> None:
    """Else a replay would say that only one service answered, and go on."""
    asked("record", tmp_path)
    with transport("playback", tmp_path, "step"), pytest.raises(MissingReply):
        papers("planets")
