"""What the commands on alerts say: lines for people, and the tally of what was taken."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gnomon.interfaces.output import print_json, print_text, say

if TYPE_CHECKING:
    from gnomon.tools.observing.alerts.alert import Alert
    from gnomon.tools.observing.alerts.stream import AlertStream, Outcome, Taken


class Listed(StrEnum):
    """What to list."""

    events = "events"
    alerts = "alerts"
    proposals = "proposals"
    quarantined = "quarantined"


class Tally:
    """What was taken, how fast, and when to end."""

    def __init__(self, as_json: bool, count: int | None, seconds: float | None) -> None:
        self.as_json, self.count = as_json, count
        self.until = None if seconds is None else time.monotonic() + seconds
        self.stopped = False
        self.taken = 0
        self.seconds: list[float] = []

    def add(self, taken: Taken, seconds: float) -> None:
        """Count a packet, and say what of it a person wants to know at once."""
        self.taken += 1
        if len(self.seconds) < 100_000:  # enough for percentiles, and no more memory than that
            self.seconds.append(seconds)
        if self.as_json:
            return
        if taken.reason:
            say(f"not read: {taken.reason}")
        for outcome in taken.outcomes:
            if outcome.proposals or outcome.what in ("retraction",):
                print_text(said_of(outcome))

    def over(self) -> bool:
        """Whether to end: stopped, out of time, or enough taken."""
        late = self.until is not None and time.monotonic() >= self.until
        return self.stopped or late or (self.count is not None and self.taken >= self.count)

    def tell(self, stream: AlertStream) -> None:
        """Say how many were taken and how fast, and what the record counts."""
        counts = stream.ledger.counts()
        ordered = sorted(self.seconds)
        at = {f"{p}": ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] for p in (50, 99)} if ordered else {}
        if self.as_json:
            print_json(
                {"taken": self.taken, "seconds_at_percentile": at, "counts": counts, "folder": str(stream.folder)}
            )
            return
        speed = f" Each took {at['50'] * 1e3:.2f} ms in the middle, {at['99'] * 1e3:.1f} ms at 99 %." if at else ""
        print_text(f"{self.taken} packets taken.{speed}")
        print_text(counted(counts))


def page_of(alert: Alert) -> list[str]:
    """What an alert says, some lines for people."""
    from gnomon.tools.observing.documents.times import text_of

    place = "no position"
    if alert.ra is not None and alert.dec is not None:
        error = "" if alert.error is None else f", error {alert.error:g} deg"
        place = f"{alert.ra:.5f} {alert.dec:+.5f} deg{error}"
    parts = {
        "event": "" if alert.time_event is None else text_of(alert.time_event),
        "notice": "" if alert.time_notice is None else text_of(alert.time_notice),
        "classes": ", ".join(f"{k} {v:g}" for k, v in alert.classification.items()) or alert.object_class,
        "distance": "" if alert.distance is None else f"{alert.distance:g} Mpc",
        "area": "" if alert.area is None else f"{alert.area:.4g} deg2",
        "far": "" if alert.far is None else f"{alert.far:.3g} Hz",
        "snr": "" if alert.snr is None else f"{alert.snr:g}",
        "magnitude": "" if alert.magnitude is None else f"{alert.magnitude:g} {alert.band}",
        "sky map": alert.skymap[:16] or alert.skymap_url,
    }
    test = "  TEST" if alert.is_test else f"  {alert.tense}" if not alert.may_propose else ""
    lines = [
        f"{alert.identifier}{test}",
        f"  {alert.source} {alert.instrument}  {alert.kind or alert.stage or '-'}  {place}",
    ]
    lines += [f"  {'  '.join(f'{k} {v}' for k, v in parts.items() if v)}"]
    return lines + [f"  note: {note}" for note in alert.notes]


def said_of(outcome: Outcome) -> str:
    """An alert that led to something, on one line."""
    done = ", ".join(f"{what} {name}" for name, what in outcome.proposals)
    return f"{outcome.event}  {outcome.what}" + (f"  {done}" if done else "")


def line_of(what: Listed, row: dict[str, Any]) -> str:
    """A row of the record, on one line."""
    from gnomon.tools.observing.documents.times import text_of

    if what is Listed.quarantined:
        return f"{text_of(row['last'])}  {row['times']}x  {row['size']} bytes  {row['route']}  {row['reason']}"
    if what is Listed.proposals:
        return f"{row['id']}  {row['state']}, step {row['step']}, until {text_of(row['expires'])}"
    alert = row["alert"]
    place = f"{alert['ra']:.4f} {alert['dec']:+.4f}" if "ra" in alert and "dec" in alert else "-"
    if what is Listed.alerts:
        return f"{text_of(row['received'])}  {row['identifier']}  {place}{'  late' if row['late'] else ''}"
    state = "retracted" if row["retracted"] else f"{row['notices']} notices"
    return f"{text_of(row['received'])}  {row['event']}  {state}  {place}"


def why_lines(finding: dict[str, Any], depth: int) -> list[str]:
    """What a rule said, one line a condition."""
    found = f": {finding['found']}" if finding["found"] else ""
    lines = [f"{'  ' * depth}{finding['answer']:<7} {finding['condition']}{found}"]
    return lines + [line for part in finding.get("parts", ()) for line in why_lines(part, depth + 1)]


def counted(counts: dict[str, int]) -> str:
    """Counts of the record, on one line."""
    return ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in counts.items())
