"""What a person wants forgotten: a record beside the runs, which only grows and which no cache can bring back.

A run's folder is left as it is, so that it can still be verified and replayed; what is written here is never recalled from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from gnomon.plans.approval import person
from gnomon.plans.journal import Journal, read_events
from gnomon.tools.errors import StoreError

RECORD = "forgotten.jsonl"
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Gone:
    """What must not be recalled.

    Parameters
    ----------
    runs : frozenset of str
        Runs of which nothing is.
    edited : frozenset of str
        Runs whose edits are not.
    places : frozenset of tuple of (str, str)
        Runs and places, as `gnomon.agents.past_runs.edits.Edit.place` has them, of single edits.
    """

    runs: frozenset[str] = field(default=frozenset())
    edited: frozenset[str] = field(default=frozenset())
    places: frozenset[tuple[str, str]] = field(default=frozenset())

    def edit(self, run: str, place: str) -> bool:
        """Whether an edit is forgotten."""
        return run in self.runs or run in self.edited or (run, place) in self.places


class Forgotten:
    """The record of what was forgotten.

    Parameters
    ----------
    home : pathlib.Path
        Folder of the runs' folder.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / RECORD

    def gone(self) -> Gone:
        """All that must not be recalled.

        Raises
        ------
        JournalError
            Where the record was altered: nothing may be recalled then.
        """
        events = read_events(self.path, being_written=True)
        said: dict[str, set[str]] = {"runs": set(), "edits": set()}
        places = set()
        for event in events:
            if event["event"] == "forgotten.run":
                said["runs"].add(str(event["run"]))
            elif event["event"] == "forgotten.edits":
                said["edits"].add(str(event["run"]))
            elif event["event"] == "forgotten.edit":
                places.add((str(event["run"]), str(event["place"])))
        return Gone(frozenset(said["runs"]), frozenset(said["edits"]), frozenset(places))

    def forget_runs(self, runs: Iterable[str]) -> None:
        """Recall nothing of some runs any more."""
        self._write("forgotten.run", [{"run": run} for run in runs])

    def forget_edits(self, run: str) -> None:
        """Recall none of a run's edits any more."""
        self._write("forgotten.edits", [{"run": run}])

    def forget_places(self, run: str, places: Iterable[str]) -> None:
        """Recall some edits of a run no more."""
        self._write("forgotten.edit", [{"run": run, "place": place} for place in places])

    def _write(self, event: str, rows: list[dict[str, str]]) -> None:
        if not rows:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._held():
            journal = Journal(self.path)
            for row in rows:
                journal.append(event, who=person(), **row)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the record, since its lines are chained."""
        lock = FileLock(self.path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=_PATIENCE_S)
        except Timeout as error:
            raise StoreError(
                "Another process holds the record of what was forgotten.", remedy="Say it again."
            ) from error
        try:
            yield
        finally:
            lock.release()
