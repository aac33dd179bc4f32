"""``gnomon handover watch``: what facilities say of what they were sent, asked time after time and said in a line each."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.handover_lines import document_of, the_ledger
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.plans.handover.watching import NewsOf, Watch

_WHY = {
    "final": "All of it has come to its end.",
    "once": "Nothing is new.",
    "time": "The time is over; what is not at its end is found with `gnomon handover list`.",
    "ended": "Ended; `gnomon handover watch` goes on where this stopped.",
}


def watch(
    names: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Only these; by default all of which something is at a facility.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Ask once, and end.")] = False,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds from one look to the next; at least 30 but for a service on this machine.", metavar="SECONDS")] = 120.0,
    until: Annotated[str | None, typer.Option(help="End then at the latest: a time, or HH:MM for the next such time of a day, in UTC.", metavar="TIME")] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Wait also for what is sent later; end by --until or Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Ask the facilities again and again how things stand, say what is new, and write it into the ledger; nothing is sent."""
    from gnomon.interfaces import settings
    from gnomon.plans.handover.watching import LEAST, Watch

    end = _end(until)
    ledger = the_ledger()
    book = ledger.book()
    packets = [book.find(name).digest for name in names or ()]
    looking = Watch(ledger, settings.load(Options.config).access(), packets, every)
    told: list[dict[str, Any]] = []
    watched = stay or bool(looking.open())
    if not watched:
        say("Nothing is at a facility.")
    elif not once:
        which = ", ".join(h.digest[:12] for h in looking.open()) or "what is sent from now on"
        slower = f" (facilities that are not on this machine every {LEAST:.0f} s)" if every < LEAST else ""
        say(f"Watched: {which}, every {every:g} s{slower}. Ctrl-C ends it, and nothing is lost.")
    with _ended_by_signal() as ended:
        why = _watched(looking, told, once=once, stay=stay, end=end, ended=ended, as_json=as_json)
    if as_json:
        now = ledger.book().handovers
        shown = packets or sorted({t["id"] for t in told} | {h.digest for h in looking.open()})
        print_json({"ended": why, "in_doubt": looking.in_doubt, "news": told, "handovers": [document_of(ledger, now[d]) for d in shown]})  # fmt: skip
    elif (why != "once" or not told) and watched:
        say(_WHY[why])
    raise typer.Exit(Exit.FAILED if looking.in_doubt else Exit.DONE)


def _watched(looking: Watch, told: list[dict[str, Any]], *, once: bool, stay: bool, end: datetime | None, ended: threading.Event, as_json: bool) -> str:  # fmt: skip
    """Look until there is a reason to end; returns it."""
    from gnomon.plans.handover.watching import NewsOf, Silence

    while True:
        for one in looking.look():
            if isinstance(one, NewsOf):
                told += _lines(one, as_json)
            elif isinstance(one, Silence):
                say(f"{_now()}  {one.said}" + ("" if once else f" It is asked again in {one.wait:.0f} s."))
            else:
                say(f"{_now()}  {one.address} answers again.")
        if ended.is_set():
            return "ended"
        if once:
            return "once"
        if not stay and not looking.open():
            return "final"
        wait = looking.wait()
        if end is not None:
            left = (end - datetime.now(UTC)).total_seconds()
            if left <= wait:
                # The sky turns by the clock on the wall; one that is set meanwhile counts.
                while not ended.is_set() and datetime.now(UTC) < end:
                    ended.wait(min(1.0, max(0.0, (end - datetime.now(UTC)).total_seconds())))
                return "ended" if ended.is_set() else "time"
        ended.wait(wait)


def _lines(one: NewsOf, as_json: bool) -> list[dict[str, Any]]:
    """A line for each payload of which there is news, and one for the hand-over where its state is another; told as documents, too."""
    now = _now()
    out = say if as_json else print_text
    told: list[dict[str, Any]] = []
    for heard in one.news.payloads:
        before = f" (was {heard.before})" if heard.before != heard.state else ""
        out(f"{now}  {one.digest[:12]}  {heard.payload}: {heard.state}{before}. {heard.said}")
        told.append({"time": now, "id": one.digest, "payload": heard.payload, "before": heard.before, "state": heard.state, "said": heard.said})  # fmt: skip
    if one.news.before != one.news.state:
        out(f"{now}  {one.digest[:12]}  {one.news.state}  {one.title}")
        told.append({"time": now, "id": one.digest, "payload": None, "before": one.news.before, "state": one.news.state, "said": None})  # fmt: skip
    return told


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _end(until: str | None) -> datetime | None:
    """The time of which somebody said that it ends then."""
    if until is None:
        return None
    now = datetime.now(UTC)
    try:
        clock = time.strptime(until, "%H:%M")
    except ValueError:
        from gnomon.tools.observing.documents.times import mjd_of, text_of

        end = datetime.fromisoformat(text_of(mjd_of(until)))
    else:
        end = now.replace(hour=clock.tm_hour, minute=clock.tm_min, second=0, microsecond=0)
        end += timedelta(days=1) if end <= now else timedelta()
    if end <= now:
        raise errors.UsageError(f"{until} is over.", remedy="Give a later time in UTC, such as 2026-11-23T08:00:00Z or 08:00.")  # fmt: skip
    return end


@contextmanager
def _ended_by_signal() -> Iterator[threading.Event]:
    """Ctrl-C and a kill end the watch after the look at hand; a second one at once."""
    ended = threading.Event()

    def end(*_told: object) -> None:
        if ended.is_set():
            raise KeyboardInterrupt
        ended.set()

    if threading.current_thread() is not threading.main_thread():
        yield ended
        return
    before = {s: signal.signal(s, end) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
