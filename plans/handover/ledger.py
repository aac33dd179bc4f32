"""The ledger: every step of every hand-over, appended to one chained file by one process at a time.

::

    HANDOVER/
      ledger.jsonl      entries, each with the digest of the one before (`gnomon.plans.journal`)
      head              number and digest of the last entry, so that a shortened ledger is noticed
      STOP              there while everything is stopped; whoever can write a file here can stop all sends
      off/RULE          there when a rule was switched off, for what is being sent under it at that moment
      packets/DIGEST    the packets' files
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from gnomon.plans import journal
from gnomon.plans.canonical import digest, file_digest
from gnomon.plans.handover.book import Book
from gnomon.plans.handover.packet import Packet, read_packet
from gnomon.plans.journal import Journal, read_events
from gnomon.plans.store import write_atomically
from gnomon.tools.errors import GnomonError, JournalError, StoreError
from gnomon.tools.observing.documents.times import mjd_of

_Read = TypeVar("_Read")
_PATIENCE = 60.0  # seconds to wait for another process, which holds the ledger for milliseconds


class Ledger:
    """The ledger in a folder; reading it makes nothing.

    Parameters
    ----------
    folder : pathlib.Path
        ``handover`` below Gnomon's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "ledger.jsonl"
        self.stop_file = folder / "STOP"

    # ------------------------------------------------------------------ reading

    def events(self) -> list[dict[str, Any]]:
        """All entries, their chain checked; a line that another process is writing is left out.

        Raises
        ------
        JournalError
            Where the ledger was altered or shortened.
        """
        head = self._head()  # before the entries, since another process may be writing
        events = _trusted(lambda: read_events(self.path, being_written=True))
        self._require_head(events, head)
        return events

    def book(self) -> Book:
        """How everything stands."""
        return self._book(self.events())

    def _book(self, events: list[dict[str, Any]]) -> Book:
        book = Book()
        for event in events:
            book.apply(event)
        for name, rule in book.rules.items():
            rule.off |= self.off_file(name).exists()
        if self.stop_file.exists() and not book.stopped:
            book.stopped = f"all hand-overs are stopped by the file {self.stop_file.name}"
        return book

    def moment(self, book: Book) -> float:
        """The present [MJD UTC], or the latest time that the ledger told, whichever is later."""
        return max(book.clock, mjd_of(journal.now()))

    def packet(self, digest: str) -> Packet:
        """The packet of a hand-over.

        Raises
        ------
        StoreError
            Where its file is missing or was altered.
        """
        path = self.packet_file(digest)
        if not path.is_file() or file_digest(path) != digest:
            raise StoreError(f"The packet {digest[:12]}… is missing or was altered.", remedy="Offer it again.")
        return read_packet(path.read_bytes())

    def packet_file(self, digest: str) -> Path:
        """Where a packet's file lies."""
        return self.folder / "packets" / f"{digest}.json"

    def head(self) -> dict[str, Any]:
        """Number and digest of the last entry, to be kept elsewhere."""
        events = self.events()
        return {"seq": len(events), "sha256": digest(events[-1]) if events else journal.GENESIS}

    def _head(self) -> tuple[int, str]:
        """Number and digest of what was the last entry when it was written; (0, "") where nothing was."""
        try:
            seq, sha256 = (self.folder / "head").read_text(encoding="ascii").split()
            return int(seq), sha256
        except FileNotFoundError:
            return 0, ""
        except (OSError, ValueError) as error:
            raise _altered("The ledger's head cannot be read.") from error

    def _require_head(self, events: list[dict[str, Any]], head: tuple[int, str]) -> None:
        seq, sha256 = head
        if not seq and len(events) > 1:  # with one entry, a process may have been killed before it wrote the head
            raise _altered("The ledger's head is missing.")
        if seq and (len(events) < seq or digest(events[seq - 1]) != sha256):
            raise _altered(f"The ledger was shortened or altered: its head names the entry {seq}, and it is not there.")

    def _write_head(self, last: dict[str, Any]) -> None:
        text = f"{last['seq']} {digest(last)}\n".encode("ascii")
        write_atomically(self.folder / "head", lambda part: _write(part, text))

    # ------------------------------------------------------------------ writing

    @contextmanager
    def changing(self) -> Iterator[Writer]:
        """Hold the ledger; what is decided and written inside sees all that others wrote before.

        Raises
        ------
        StoreError
            Where another process holds it for a minute, or the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=_PATIENCE)
            lock.acquire()
        except Timeout as error:
            raise StoreError("Another process holds the ledger of hand-overs.", remedy="Try again.") from error
        except OSError as error:
            raise StoreError(
                f"The ledger of hand-overs could not be held: {error.strerror}.",
                remedy="Check the folder and the disk.",
            ) from error
        try:
            opened = _trusted(lambda: Journal(self.path))
            events = list(opened)
            head = self._head()
            self._require_head(events, head)
            if events and head[0] < len(events):  # whoever wrote the last entry had no room for this, or was killed
                self._write_head(events[-1])
            yield Writer(self, opened, self._book(events))
        finally:
            lock.release()

    def stop(self, who: str, why: str = "") -> None:
        """Refuse all sends from now on; it holds even where the ledger cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.stop_file.touch()
        except OSError as error:
            raise StoreError(
                f"The file {self.stop_file} could not be made: {error.strerror}. Nothing is stopped.",
                remedy="Make it by hand, or end the programs that send.",
            ) from error
        try:
            with self.changing() as writer:
                writer.append("stopped", who=who, why=why)
        except GnomonError as error:
            raise type(error)(
                f"All hand-overs are stopped by the file {self.stop_file.name}, but the ledger does not say so: {error.what}",
                remedy=error.remedy,
            ) from error

    def off_file(self, rule: str) -> Path:
        """The file whose presence says that a rule is off, also to a step that is sending under it."""
        return self.folder / "off" / rule

    def allow(self, who: str, why: str = "") -> None:
        """Take `stop` back."""
        with self.changing() as writer:
            writer.append("allowed", who=who, why=why)
            self.stop_file.unlink(missing_ok=True)

    def keep_packet(self, packet: Packet) -> None:
        """Put a packet's file where `packet` finds it."""
        self.packet_file(packet.digest).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.packet_file(packet.digest), lambda part: _write(part, packet.content))

    # ------------------------------------------------------------------ audit

    def audit(self) -> list[str]:
        """What is wrong with the ledger, in sentences; none where all is well.

        The chain, the head, every entry by the rules of `Book`, and every packet against its digest.
        """
        try:
            head = self._head()
            events = _trusted(lambda: read_events(self.path))
            self._require_head(events, head)
        except GnomonError as error:
            return [str(error)]
        book, faults = Book(), []
        for event in events:
            try:
                book.apply(event)
            except GnomonError as error:
                faults.append(
                    f"Entry {event['seq']} ({event['event']} of {event['time']}) was not allowed: {error.what}"
                )
        for name, handover in book.handovers.items():
            try:
                packet = self.packet(name)
            except GnomonError as error:
                faults.append(str(error))
                continue
            keys = {p.name: (f"{p.facility} {p.address}", p.key) for p in packet.payloads}
            if (
                keys != {n: (p.facility, p.key) for n, p in handover.payloads.items()}
                or packet.charges != handover.charges
            ):
                faults.append(f"The entry of the packet {name[:12]}… says something else than the packet.")
        return faults


class Writer:
    """The ledger, held: the book as it stands, and the only way to an entry."""

    def __init__(self, ledger: Ledger, opened: Journal, book: Book) -> None:
        self._ledger = ledger
        self._journal = opened
        self.book = book

    def append(self, event: str, **fields: Any) -> dict[str, Any]:
        """Write an entry, if the rules allow it; it is on the disk when this returns.

        Raises
        ------
        ApprovalError
            Where they do not; nothing is written.
        """
        # Tried on a book of its own first: an entry that is refused half-way must not leave its traces in this one.
        # Both are given the same time, lest an end that passes in between makes an entry that nobody may read.
        fields["time"] = journal.now()
        trial = self._ledger._book(list(self._journal))
        trial.apply({"event": event, "seq": 0, **fields})
        written = self._journal.append(event, **fields)
        self.book.apply(written)
        self._ledger._write_head(written)
        return written

    def seen(self) -> dict[str, Any]:
        """First and last entry as they stand now, for the journal of a run that acts on a facility."""
        entries = list(self._journal)
        return {"first": digest(entries[0]), "entry": len(entries), "sha256": digest(entries[-1])}


def _write(part: Path, content: bytes) -> None:
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _trusted(read: Callable[[], _Read]) -> _Read:
    """What is read of the journal; where its chain is broken, with what to do about a ledger."""
    try:
        return read()
    except JournalError as error:
        raise _altered(error.what) from error


def _altered(what: str) -> JournalError:
    return JournalError(what, remedy="Do not send anything; compare it with a copy of the ledger.")
