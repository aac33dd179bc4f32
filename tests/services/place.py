"""Where a step of a test runs: what it records, and what it shares with other runs; and fixtures that make waiting short."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gnomon.tools.access import Access
from gnomon.tools.archives.asking import service_session
from gnomon.tools.archives.tables import table_queries
from gnomon.tools.errors import GnomonError
from gnomon.tools.kinds import tables
from gnomon.tools.transport import transport


class Place:
    """A run on this machine: what it records, and what it shares with other runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.number = 0

    def access(self, **more: Any) -> Access:
        return Access(more_hosts=("127.0.0.1",), folder=str(self.home), max_bytes=2**25, seconds=3.0, **more)

    def twice(self, ask: Callable[[], Any], **more: Any) -> Any:
        """Ask for real, then from the record without a socket; both must come to the same."""
        self.number += 1
        outcomes = []
        for mode in ("record", "playback"):
            with transport(mode, self.folder / str(self.number), "s", access=self.access(**more)) as seen:  # type: ignore[arg-type]
                try:
                    outcomes.append(ask())
                except GnomonError as error:
                    outcomes.append(error)
        first, again = outcomes
        if isinstance(first, Exception):
            assert (type(again), again.what, again.remedy) == (type(first), first.what, first.remedy)  # type: ignore[union-attr]
            raise first
        assert tables.digest(first) == tables.digest(again)
        assert not seen.unused
        return first


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Services of tests are near; and what pyvo and astropy warn of is not for people."""
    monkeypatch.setattr(service_session, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(service_session, "REPLY_SECONDS", 3.0)
    monkeypatch.setattr(table_queries, "_FIRST_LOOK", 0.1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*gives no unit for flux.*")
        yield
