"""What runs saw of the ledger: each step that acts on a facility leaves the ledger's last entry in the journal of its run.

Who shortens or rewrites the ledger, its head with it, would have to rewrite the journals of those runs as well, and their bundles wherever
they lie.  `gnomon handover audit` asks all runs here, `gnomon verify` asks one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.plans.canonical import digest
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.run import Run
from gnomon.tools.errors import GnomonError, JournalError

_NOTED = b'"ledger":'


@dataclass(frozen=True)
class Seen:
    """What one run saw: the digest of the ledger's first entry, and number and digest of its last."""

    run: str
    first: str
    entry: int
    sha256: str


def seen_by(folder: Path) -> list[Seen]:
    """What the run in a folder saw; nothing where no step of it acted on a facility.

    Raises
    ------
    JournalError
        Where its journal was altered.
    """
    path = folder / "journal.jsonl"
    if not path.is_file() or _NOTED not in path.read_bytes():
        return []
    run = Run(folder)
    noted = [e["ledger"] for e in run.events("step.started") if "ledger" in e]
    try:
        return [Seen(run.name, str(n["first"]), int(n["entry"]), str(n["sha256"])) for n in noted]
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(
            f"What run {run.name} saw of the ledger cannot be read.", remedy="Do not trust its journal."
        ) from error


def gainsaid(entries: list[dict[str, Any]], seen: list[Seen]) -> list[str]:
    """A sentence for each thing that a run saw and that these entries of a ledger have not."""
    sentences = []
    for one in seen:
        if len(entries) < one.entry:
            sentences.append(
                f"Run {one.run} saw {one.entry} entries of the ledger, and it has {len(entries)}: it was shortened."
            )
        elif digest(entries[one.entry - 1]) != one.sha256 or digest(entries[0]) != one.first:
            sentences.append(f"Run {one.run} saw another entry {one.entry} of the ledger: it was rewritten.")
    return sentences


def audit(ledger: Ledger, runs: Path) -> list[str]:
    """What is wrong with a ledger by itself, and then by what the runs in a folder saw of it; none where all is well."""
    faults = ledger.audit()
    try:
        entries = ledger.events()
    except GnomonError:
        return faults  # it says nothing that could be compared
    return faults + [sentence for folder in _runs(runs) for sentence in _gainsaid_by(folder, entries)]


def _runs(folder: Path) -> Iterator[Path]:
    yield from (run.folder for run in Run.all(folder)) if folder.is_dir() else ()


def _gainsaid_by(folder: Path, entries: list[dict[str, Any]]) -> list[str]:
    try:
        return gainsaid(entries, seen_by(folder))
    except GnomonError as error:
        return [f"Run {folder.name}: {error.what}"]


def of_another_ledger(entries: list[dict[str, Any]], seen: list[Seen]) -> bool:
    """Whether a run saw another ledger than this one, as runs of other people and machines did."""
    return bool(seen) and (not entries or all(s.first != digest(entries[0]) for s in seen))
