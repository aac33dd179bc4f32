"""Alerts as they come: read, told from those that were there, put in order, judged by rules, and turned into proposals."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from gnomon.tools.errors import InputError, StoreError, UsageError
from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.alert_fields import fields_of
from gnomon.tools.observing.alerts.conditions import Verdict, evaluate, word
from gnomon.tools.observing.alerts.ledger import Ledger
from gnomon.tools.observing.alerts.packets import LARGEST_PACKET, Packet, read_packet
from gnomon.tools.observing.alerts.proposals import (
    changes,
    events_document,
    proposal_id,
    proposed,
    record_of,
    why_not,
    written,
)
from gnomon.tools.observing.alerts.rules import Rule
from gnomon.tools.observing.alerts.versions import State, following, state_of
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.reading.column_tables import BROKEN_CONTENT

What = Literal["new", "update", "late", "retraction", "duplicate"]
Clock = Callable[[Alert], float]
# (alert, keys of telescopes, seconds, now) -> the longest stretch in seconds, or why nobody can tell
ObservableFrom = Callable[[Alert, tuple[str, ...], float, float], float | str]
_DAY = 86400.0


def wall_clock(_alert: Alert) -> float:
    """Now, MJD (UTC)."""
    return mjd_of(datetime.now(UTC))


def clock_of_notices(alert: Alert) -> float:
    """When the notice was made, for replaying old ones; of those that do not say, the time of the event, else now."""
    return next((t for t in (alert.time_notice, alert.time_event) if t is not None), wall_clock(alert))


@dataclass(frozen=True)
class Outcome:
    """What became of one alert."""

    alert: Alert
    event: str
    what: What
    retracted: bool = False
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    proposals: tuple[tuple[str, str], ...] = ()  # (name, opened | changed | withdrawn)


@dataclass(frozen=True)
class Taken:
    """What became of one packet: its alerts, or why it could not be read."""

    outcomes: tuple[Outcome, ...] = ()
    reason: str = ""


class AlertStream:
    """Takes packets, from whatever streams, into one folder.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the record, sky maps that came along (``skymaps/``) and proposals (``proposals/NAME/STEP.requests.json``, ``.events.json`` and
        ``.record.json``).
    rules : tuple of Rule
    clock : callable
        What "now" is for an alert.
    observable : callable, optional
        What answers the condition ``observable``.
    durable : bool
        As of `Ledger`.
    """

    def __init__(
        self,
        folder: Path,
        rules: tuple[Rule, ...] = (),
        *,
        clock: Clock = wall_clock,
        observable: ObservableFrom | None = None,
        durable: bool = True,
    ) -> None:
        self.ledger = Ledger(folder, durable=durable)
        self.folder = folder
        self.rules = rules
        self.clock = clock
        self.observable = observable
        self.write_out()

    def close(self) -> None:
        """Let go of the record."""
        self.ledger.close()

    def __enter__(self) -> AlertStream:
        return self

    def __exit__(self, *_told: object) -> None:
        self.close()

    def accept(self, content: bytes, route: str, stream: str = "", position: str = "", name: str = "") -> Taken:
        """Take one packet.

        Parameters
        ----------
        content : bytes
        route : str
            How it came.
        stream, position : str
            Of which stream it is, and how far that was read with it.  Written in the same transaction as everything that the packet changes.
        name : str
            What it is called there, such as the name of a file; where it cannot be read, this says which one it was.

        Returns
        -------
        Taken

        Raises
        ------
        StoreError
            Where the disk refuses; nothing of the packet was taken then.
        """
        packet, reason = self._read(content)
        ledger = self.ledger
        outcomes: list[Outcome] = []
        if packet is not None:
            self._keep_maps(packet)
        with ledger.transaction():
            ledger.count("packets")
            if packet is None:
                ledger.count("quarantined")
                digest = hashlib.sha256(content).hexdigest()
                where = f"{route} {name}" if name else route
                ledger.quarantine(digest, content, where, reason, mjd_of(datetime.now(UTC)))
            else:
                outcomes = [self._take(alert, route) for alert in packet.alerts]
                if any(o.what != "duplicate" for o in outcomes):
                    ledger.keep_packet(packet.digest, content, route, mjd_of(datetime.now(UTC)))
            if stream:
                ledger.move(stream, position)
        if any(o.proposals for o in outcomes):
            self.write_out()
        return Taken(tuple(outcomes), f"{name}: {reason}" if name and reason else reason)

    def write_out(self) -> None:
        """Write the documents that the record holds and that are not in the folder yet.

        Each is written whole or not at all; a process that was killed before writes them when it starts again.
        """
        waiting = self.ledger.waiting()
        for name, content in waiting:
            _write(self.folder / name, content, self.ledger.durable)
        if waiting:
            self.ledger.handed_out([name for name, _content in waiting])

    # ---------------------------------------------------------------- one packet

    def _read(self, content: bytes) -> tuple[Packet | None, str]:
        if len(content) > LARGEST_PACKET:
            return None, f"The packet has more than {LARGEST_PACKET:,} bytes."
        try:
            return read_packet(content), ""
        except UsageError:
            raise
        except InputError as error:
            return None, error.what
        except BROKEN_CONTENT as error:  # one packet of a kind that nobody thought of must not stop the others
            return None, f"The packet cannot be read ({type(error).__name__})."

    def _keep_maps(self, packet: Packet) -> None:
        for digest, content in packet.maps.items():
            path = self.folder / "skymaps" / f"{digest}.fits"
            if not path.exists():
                _write(path, content, self.ledger.durable)

    # ---------------------------------------------------------------- one alert

    def _take(self, alert: Alert, route: str) -> Outcome:
        ledger = self.ledger
        content = alert.content
        # What is no report of the sky has an event of its own, so that a test can neither change nor retract a real one.
        event = alert.event if alert.may_propose else f"{alert.event} [{'test' if alert.is_test else alert.tense}]"
        ledger.count("alerts")
        ledger.saw(content, route)
        if ledger.has_alert(content):
            ledger.count("duplicates")
            return Outcome(alert, event, "duplicate")
        now = self.clock(alert)
        known = ledger.event(event)
        state = self._state(event, alert, known)
        late = state.latest is not alert
        ledger.keep_alert(alert, content, event, now, late)
        ledger.keep_event(event, state.latest.content, state.whole, state.retracted, now)
        what: What = "late" if late else "retraction" if state.retracted else "new" if known is None else "update"
        ledger.count(what)
        if not alert.may_propose:
            ledger.count("not_of_the_sky")
            return Outcome(alert, event, what, state.retracted)
        if known is not None and known[1] == state.retracted and known[0] == state.whole:
            return Outcome(alert, event, what, state.retracted)  # a late one that adds nothing
        verdicts, proposals = self._judge(event, state, now)
        return Outcome(alert, event, what, state.retracted, verdicts, proposals)

    def _state(self, event: str, alert: Alert, known: tuple[Alert, bool, int] | None) -> State:
        if known is not None:
            whole, retracted, _notices = known
            if (state := following(State(whole, whole, retracted), alert)) is not None:
                return state
        return state_of([*self.ledger.notices(event), alert] if known is not None else [alert])

    # ---------------------------------------------------------------- rules and proposals

    def _judge(self, event: str, state: State, now: float) -> tuple[dict[str, Verdict], tuple[tuple[str, str], ...]]:
        held = {p["rule"]: p for p in self.ledger.proposals(event) if p["state"] == "open"}
        if state.retracted:  # also what expired may have been taken up
            told = [self._step(p, None, None, state.whole, now, "the event was retracted") for p in held.values()]
            return {}, tuple(t for t in told if t)
        verdicts: dict[str, Verdict] = {}
        steps: list[tuple[str, str] | None] = []
        for rule in self.rules:
            row = held.get(rule.key)
            # What was proposed in time is not given up because time went by: ages are those of the moment when it was proposed.
            verdict = self._verdict(rule, state.whole, now if row is None else row["opened"])
            verdicts[rule.key] = verdict
            missing = why_not(rule, state.whole) if verdict.matches else ""
            self._keep_verdict(event, rule, state.whole, verdict, now, missing)
            if row is not None and verdict.answer is False:
                why = "the updated alert no longer matches"
                steps.append(self._step(row, None, verdict, state.whole, now, why))
            elif verdict.matches and not missing and (row is None or row["expires"] >= now):
                why = "the alert matches" if row is None else "the alert was updated"
                steps.append(self._step(row or self._opened(event, rule, now), rule, verdict, state.whole, now, why))
        return verdicts, tuple(s for s in steps if s)

    def _verdict(self, rule: Rule, alert: Alert, now: float) -> Verdict:
        answer = self.observable
        if answer is None:
            return evaluate(rule.when, fields_of(alert, now))
        return evaluate(rule.when, fields_of(alert, now), lambda keys, seconds: answer(alert, keys, seconds, now))

    def _keep_verdict(self, event: str, rule: Rule, alert: Alert, verdict: Verdict, now: float, missing: str) -> None:
        self.ledger.count(f"verdict_{word(verdict.answer)}")
        document = verdict.document()
        if missing:
            self.ledger.count("matched_and_nothing_proposed")
            document["nothing_proposed"] = missing
        self.ledger.keep_verdict(event, rule.key, alert.identifier, now, word(verdict.answer), document)

    def _opened(self, event: str, rule: Rule, now: float) -> dict[str, Any]:
        name = proposal_id(event, rule.key, self.ledger.count_of_proposals(event, rule.key) + 1)
        expires = now + rule.template.expires / _DAY
        return {"id": name, "rule": rule.key, "event": event, "opened": now, "expires": expires, "step": 0, "told": {}}

    def _step(
        self, row: dict[str, Any], rule: Rule | None, verdict: Verdict | None, alert: Alert, now: float, why: str
    ) -> tuple[str, str] | None:
        """Bring a proposal to what the event is now: opened, changed, withdrawn; None where nothing of it changes."""
        told = {} if rule is None else proposed(rule, alert, row["event"], row["opened"])
        before = row["told"]
        if told == before and rule is not None:
            return None
        step, state = row["step"] + 1, "withdrawn" if rule is None else "open"
        what = "withdrawn" if rule is None else "opened" if step == 1 else "changed"
        new = {**row, "step": step, "state": state, "told": told}
        record = record_of(new, rule, alert, verdict, now, why)
        events = changes(before.get("requests"), told.get("requests"), now, why)
        documents = {
            "record": record,
            "events": events_document(events) if events else None,
            "requests": told.get("requests"),
        }
        folder = f"proposals/{row['id']}"
        self.ledger.keep_proposal(
            new, {f"{folder}/{step}.{part}.json": written(d) for part, d in documents.items() if d is not None}
        )
        self.ledger.count(f"proposals_{what}")
        return row["id"], what


def _write(path: Path, content: bytes, durable: bool) -> None:
    """Write a file whole or not at all; with `durable`, it is on the disk before it has its name."""
    part = path.with_name(f".{path.name}.{uuid4().hex[:12]}.part")  # two writers may write the same one
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"{path.name} cannot be written: {error.strerror}.", remedy="Free the disk, and start again."
        ) from error
