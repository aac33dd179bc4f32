"""The record of what came in: each alert once, versions of events, proposals, what could not be read, and how far each stream was read.

One SQLite file in write-ahead mode.  What a packet changes and how far its stream was read are written in one transaction, so a process that is
killed at any moment goes on with exactly what it had: nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gnomon.tools.errors import StoreError
from gnomon.tools.observing.alerts.alert import Alert, alert_document, read_alert_document

_TABLES = """
CREATE TABLE packets (digest TEXT PRIMARY KEY, received REAL NOT NULL, route TEXT NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE alerts (number INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE, event TEXT NOT NULL, identifier TEXT NOT NULL,
                     packet TEXT NOT NULL, received REAL NOT NULL, late INTEGER NOT NULL, document TEXT NOT NULL);
CREATE INDEX alerts_of_event ON alerts (event, number);
CREATE TABLE events (event TEXT PRIMARY KEY, latest TEXT NOT NULL, retracted INTEGER NOT NULL, notices INTEGER NOT NULL, received REAL NOT NULL,
                     whole TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sightings (content TEXT NOT NULL, route TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (content, route)) WITHOUT ROWID;
CREATE TABLE quarantine (digest TEXT NOT NULL, route TEXT NOT NULL, times INTEGER NOT NULL, reason TEXT NOT NULL, first REAL NOT NULL,
                         last REAL NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (digest, route)) WITHOUT ROWID;
CREATE TABLE verdicts (event TEXT NOT NULL, rule TEXT NOT NULL, alert TEXT NOT NULL, time REAL NOT NULL, answer TEXT NOT NULL,
                       document TEXT NOT NULL, PRIMARY KEY (event, rule)) WITHOUT ROWID;
CREATE TABLE proposals (id TEXT PRIMARY KEY, event TEXT NOT NULL, rule TEXT NOT NULL, opened REAL NOT NULL, expires REAL NOT NULL,
                        state TEXT NOT NULL, step INTEGER NOT NULL, told TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX proposals_of_event ON proposals (event, rule, opened);
CREATE TABLE outbox (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE positions (stream TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_VERSION = 1
_KEPT_OF_BAD = 65_536  # bytes of a packet that could not be read


class Ledger:
    """The record in one folder.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is not there; the record is ``alerts.sqlite`` in it.
    durable : bool
        Whether each transaction is on the disk before it counts as done.  Without, a power cut may take back the last ones, together with how far
        the streams were read, so that they are read again; needed where a sender is told that its packet arrived.

    Raises
    ------
    StoreError
        Where it cannot be opened, or another version of Gnomon wrote it.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.base = sqlite3.connect(folder / "alerts.sqlite", isolation_level=None, timeout=30.0, check_same_thread=False)  # fmt: skip
            self.base.execute("PRAGMA journal_mode=WAL")
            self.base.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self.base.execute("BEGIN IMMEDIATE")
            version = self.base.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _TABLES.split(";\n"):
                    self.base.execute(statement)
                self.base.execute(f"PRAGMA user_version={_VERSION}")
            self.base.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"The record of alerts in {folder.name} cannot be opened: {error}.",
                remedy="Check the folder and its permissions, or name another one.",
            ) from error
        if version not in (0, _VERSION):
            raise StoreError(
                f"The record of alerts in {folder.name} is of version {version}, and this Gnomon writes {_VERSION}.",
                remedy="Name another folder.",
            )

    def close(self) -> None:
        """Let go of the file."""
        self.base.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what happens inside, or nothing.

        Raises
        ------
        StoreError
            Where the disk refuses.
        """
        try:
            self.base.execute("BEGIN IMMEDIATE")
            yield
            self.base.execute("COMMIT")
        except BaseException as error:
            if self.base.in_transaction:
                self.base.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(
                    f"The record of alerts in {self.folder.name} cannot be written: {error}.",
                    remedy="Check the disk, and start again: it goes on where it stopped.",
                ) from error
            raise

    # ---------------------------------------------------------------- alerts

    def has_alert(self, content: str) -> bool:
        """Whether an alert that says just this is there."""
        return self._one("SELECT 1 FROM alerts WHERE content = ?", content) is not None

    def keep_packet(self, digest: str, content: bytes, route: str, now: float) -> None:
        """Keep the bytes of a packet, once."""
        self.base.execute(
            "INSERT OR IGNORE INTO packets VALUES (?, ?, ?, ?)", (digest, now, route, zlib.compress(content, 1))
        )

    def packet(self, digest: str) -> bytes | None:
        """The bytes of a packet."""
        row = self._one("SELECT content FROM packets WHERE digest = ?", digest)
        return None if row is None else zlib.decompress(row[0])

    def keep_alert(self, alert: Alert, content: str, event: str, now: float, late: bool) -> None:
        """Keep an alert that was not there."""
        self.base.execute(
            "INSERT INTO alerts (content, event, identifier, packet, received, late, document) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (content, event, alert.identifier, alert.digest, now, late, json.dumps(alert_document(alert))),
        )

    def saw(self, content: str, route: str) -> None:
        """Count that an alert came by a route."""
        self.base.execute(
            "INSERT INTO sightings VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1", (content, route)
        )

    def sightings(self, content: str) -> dict[str, int]:
        """How often an alert came, by route."""
        return dict(self.base.execute("SELECT route, times FROM sightings WHERE content = ?", (content,)).fetchall())

    def notices(self, event: str) -> list[Alert]:
        """All alerts on an event, in the order in which they came."""
        rows = self.base.execute("SELECT document FROM alerts WHERE event = ? ORDER BY number", (event,))
        return [read_alert_document(json.loads(text)) for (text,) in rows]

    def alerts(self, most: int = 100) -> list[dict[str, Any]]:
        """The latest alerts, the last one first."""
        rows = self.base.execute(
            "SELECT identifier, event, received, late, document FROM alerts ORDER BY number DESC LIMIT ?", (most,)
        )
        return [
            {"identifier": i, "event": e, "received": r, "late": bool(x), "alert": json.loads(d)}
            for i, e, r, x, d in rows
        ]

    # ---------------------------------------------------------------- events

    def event(self, event: str) -> tuple[Alert, bool, int] | None:
        """What is known of an event, whether it is retracted, and how many notices there are."""
        row = self._one("SELECT whole, retracted, notices FROM events WHERE event = ?", event)
        return None if row is None else (read_alert_document(json.loads(row[0])), bool(row[1]), int(row[2]))

    def keep_event(self, event: str, latest: str, whole: Alert, retracted: bool, now: float) -> None:
        """Write what is known of an event now."""
        self.base.execute(
            "INSERT INTO events VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET latest = excluded.latest, "
            "retracted = excluded.retracted, notices = notices + 1, received = excluded.received, whole = excluded.whole",
            (event, latest, retracted, now, json.dumps(alert_document(whole))),
        )

    def events(self, most: int = 100) -> list[dict[str, Any]]:
        """The events of which something came last, the last one first."""
        rows = self.base.execute(
            "SELECT event, latest, retracted, notices, received, whole FROM events ORDER BY received DESC, event LIMIT ?",
            (most,),
        )
        keys = ("event", "latest", "retracted", "notices", "received")
        return [
            {**dict(zip(keys, row, strict=False)), "retracted": bool(row[2]), "alert": json.loads(row[5])}
            for row in rows
        ]

    def events_named(self, name: str) -> list[str]:
        """Keys of events that are called so, or that have an alert or a proposal of that name; at most 20."""
        rows = self.base.execute(
            "SELECT DISTINCT event FROM alerts WHERE event = ?1 OR identifier = ?1 "
            "OR EXISTS (SELECT 1 FROM json_each(alerts.document, '$.names') WHERE value = ?1) "
            "UNION SELECT event FROM proposals WHERE id = ?1 LIMIT 20",
            (name,),
        )
        found = [row[0] for row in rows]
        return [name] if name in found else found

    # ---------------------------------------------------------------- verdicts and proposals

    def keep_verdict(
        self, event: str, rule: str, alert: str, now: float, answer: str, document: dict[str, Any]
    ) -> None:
        """Keep what a rule said of an event last."""
        self.base.execute(
            "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?)",
            (event, rule, alert, now, answer, json.dumps(document)),
        )

    def verdicts(self, event: str) -> list[dict[str, Any]]:
        """What each rule said of an event last."""
        rows = self.base.execute(
            "SELECT rule, alert, time, answer, document FROM verdicts WHERE event = ? ORDER BY rule", (event,)
        )
        return [{"rule": r, "alert": a, "time": t, "answer": w, **json.loads(d)} for r, a, t, w, d in rows]

    def proposals(self, event: str | None = None, most: int = 100) -> list[dict[str, Any]]:
        """Proposals, the last one first; those on one event, or all."""
        where, values = ("", ()) if event is None else ("WHERE event = ?", (event,))
        rows = self.base.execute(
            f"SELECT id, event, rule, opened, expires, state, step, told FROM proposals {where} ORDER BY opened DESC, id LIMIT ?",
            (*values, most),
        )
        keys = ("id", "event", "rule", "opened", "expires", "state", "step")
        return [{**dict(zip(keys, row, strict=False)), "told": json.loads(row[7])} for row in rows]

    def count_of_proposals(self, event: str, rule: str) -> int:
        """How many proposals on an event a rule has made."""
        return int(self._one("SELECT COUNT(*) FROM proposals WHERE event = ? AND rule = ?", event, rule)[0])

    def keep_proposal(self, row: dict[str, Any], documents: dict[str, bytes]) -> None:
        """Keep a step of a proposal, and its documents until they are in the folder."""
        self.base.execute(
            "INSERT OR REPLACE INTO proposals VALUES (:id, :event, :rule, :opened, :expires, :state, :step, :told)",
            {**row, "told": json.dumps(row["told"])},
        )
        for name, content in documents.items():
            self.base.execute("INSERT OR REPLACE INTO outbox VALUES (?, ?)", (name, content))

    def waiting(self) -> list[tuple[str, bytes]]:
        """Documents that are not in the folder yet, by name."""
        return self.base.execute("SELECT name, content FROM outbox ORDER BY name").fetchall()

    def handed_out(self, names: list[str]) -> None:
        """Note that documents are in the folder."""
        with self.transaction():
            self.base.executemany("DELETE FROM outbox WHERE name = ?", [(name,) for name in names])

    # ---------------------------------------------------------------- what could not be read

    def quarantine(self, digest: str, content: bytes, route: str, reason: str, now: float) -> None:
        """Keep a packet that could not be read, with the reason, and count how often it came."""
        self.base.execute(
            "INSERT INTO quarantine VALUES (?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET times = times + 1, last = excluded.last",
            (digest, route, reason, now, now, len(content), zlib.compress(content[:_KEPT_OF_BAD], 1)),
        )

    def quarantined(self, most: int = 100) -> list[dict[str, Any]]:
        """The packets that could not be read, the last one first."""
        rows = self.base.execute(
            "SELECT digest, route, times, reason, first, last, size FROM quarantine ORDER BY last DESC LIMIT ?", (most,)
        )
        keys = ("digest", "route", "times", "reason", "first", "last", "size")
        return [dict(zip(keys, row, strict=True)) for row in rows]

    # ---------------------------------------------------------------- streams, counts

    def position(self, stream: str) -> str | None:
        """How far a stream was read; None where nothing was."""
        row = self._one("SELECT position FROM positions WHERE stream = ?", stream)
        return None if row is None else str(row[0])

    def move(self, stream: str, position: str) -> None:
        """Note how far a stream was read."""
        self.base.execute(
            "INSERT INTO positions VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position",
            (stream, position),
        )

    def count(self, name: str, by: int = 1) -> None:
        """Count something."""
        self.base.execute(
            "INSERT INTO counts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value", (name, by)
        )

    def counts(self) -> dict[str, int]:
        """All counts by name."""
        return dict(self.base.execute("SELECT name, value FROM counts ORDER BY name").fetchall())

    def _one(self, statement: str, *values: Any) -> Any:
        return self.base.execute(statement, values).fetchone()
