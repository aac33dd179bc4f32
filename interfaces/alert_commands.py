"""Commands on alerts that come in: ``gnomon alerts read``, ``follow``, ``replay``, ``rules check``, ``list`` and ``show``."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.alert_lines import Listed, Tally, counted, line_of, page_of, why_lines
from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.tools.observing.alerts.alert import Alert
    from gnomon.tools.observing.alerts.rules import Rule
    from gnomon.tools.observing.alerts.stream import AlertStream, ObservableFrom, Taken
    from gnomon.tools.observing.documents.telescopes import Telescopes

alerts_app = typer.Typer(name="alerts", help="Read alerts, follow streams of them, and see what rules propose.", no_args_is_help=True)  # fmt: skip
rules_app = typer.Typer(name="rules", help="Rules that say on which alerts to propose what.", no_args_is_help=True)

RulesFile = Annotated[Path | None, typer.Option("--rules", help="Rules, YAML or JSON.", metavar="FILE")]
TelescopesFile = Annotated[
    Path | None,
    typer.Option(
        "--telescopes", help="A telescopes document; by default those that come along and your own.", metavar="FILE"
    ),
]
Into = Annotated[
    Path | None, typer.Option("--into", help="Folder of the record; by default alerts/ under home.", metavar="FOLDER")
]


class Start(StrEnum):
    """Where to begin a partition of which nothing was taken."""

    latest = "latest"
    earliest = "earliest"


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    for command in (read, follow, replay, show):
        alerts_app.command()(command)
    alerts_app.command("list")(list_)
    rules_app.command("check")(check)
    alerts_app.add_typer(rules_app)
    app.add_typer(alerts_app)


# ------------------------------------------------------------------ reading, following, replaying


def read(
    files: Annotated[list[Path], typer.Argument(help="Packets: GCN JSON, VOEvent, brokers', TNS; files of lines too.")],
    rules: RulesFile = None,
    telescopes: TelescopesFile = None,
    as_json: Json = False,
) -> None:
    """Read alerts in files, and say which rules match and why; nothing is kept or proposed."""
    from gnomon.tools.observing.alerts.alert import alert_document
    from gnomon.tools.observing.alerts.alert_fields import fields_of
    from gnomon.tools.observing.alerts.conditions import evaluate
    from gnomon.tools.observing.alerts.packet_files import pieces_of
    from gnomon.tools.observing.alerts.packets import read_packet
    from gnomon.tools.observing.alerts.proposals import why_not
    from gnomon.tools.observing.alerts.stream import clock_of_notices

    held, answer = _rules_and_telescopes(rules, telescopes)
    told: list[dict[str, Any]] = []
    unread = 0
    for path in files:
        for piece in pieces_of(path):
            try:
                packet = read_packet(piece.content)
            except errors.InputError as error:
                unread += 1
                told.append({"file": path.name, "position": piece.position, "error": error.what})
                if not as_json:
                    say(f"{path.name}: {error.what}")
                continue
            for alert in packet.alerts:
                now = clock_of_notices(alert)
                ask = None if answer is None else _asked(answer, alert, now)
                verdicts = {r.key: evaluate(r.when, fields_of(alert, now), ask) for r in held}
                told.append({"file": path.name, "alert": alert_document(alert), "verdicts": {k: v.document() for k, v in verdicts.items()}})  # fmt: skip
                if not as_json:
                    print_text("\n".join(page_of(alert)))
                    for rule in held:
                        missing = why_not(rule, alert) if verdicts[rule.key].matches else ""
                        test = "" if alert.may_propose else "; it is no report of the sky, so nothing is proposed"
                        print_text(
                            f"  rule {rule.key}{f'; nothing can be proposed: {missing}' if missing else ''}{test}"
                        )
                        print_text("\n".join("    " + line for line in verdicts[rule.key].lines()))
    if as_json:
        print_json({"alerts": told})
    if unread:
        raise typer.Exit(Exit.FAILED)


def follow(
    folder: Annotated[Path | None, typer.Option("--folder", help="Take what comes into this folder.", metavar="FOLDER")] = None,
    vtp: Annotated[str | None, typer.Option("--vtp", help="Take VOEvents from a broker over TCP.", metavar="HOST:PORT")] = None,
    kafka: Annotated[Path | None, typer.Option("--kafka", help="Settings of a Kafka client, lines name = value.", metavar="FILE")] = None,
    topic: Annotated[list[str] | None, typer.Option("--topic", help="Topic of Kafka; may be given several times.")] = None,
    start: Annotated[Start, typer.Option("--from", help="Where to begin a Kafka partition of which nothing was taken.")] = Start.latest,
    rules: RulesFile = None,
    telescopes: TelescopesFile = None,
    into: Into = None,
    seconds: Annotated[float | None, typer.Option("--for", min=0, help="End after so many seconds.", metavar="SECONDS")] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many packets.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Take alerts as they come, and propose what the rules say; end with Ctrl-C, and go on where it ended."""
    if sum(x is not None for x in (folder, vtp, kafka)) != 1:
        raise errors.UsageError(
            "Nothing or too much is to be followed.", remedy="Give one of --folder, --vtp, --kafka."
        )
    if (kafka is None) != (not topic):
        raise errors.UsageError("Kafka needs its settings and a topic.", remedy="Give --kafka FILE --topic NAME.")
    tally = Tally(as_json, count, seconds)
    # A broker of VTP is told that a packet arrived, and does not send it again; all others are read again from where the record says.
    with _opened(into, rules, telescopes, wall=True, durable=vtp is not None) as stream, _ended_by_signal(tally):
        if folder is not None:
            from gnomon.tools.observing.alerts.sources import watch_folder

            watch_folder(stream, folder, tally.add, tally.over)
        elif vtp is not None:
            from gnomon.tools.observing.alerts.transport import listen

            def accept(content: bytes) -> Taken:
                begun = time.perf_counter()
                taken = stream.accept(content, f"vtp {vtp}")
                tally.add(taken, time.perf_counter() - begun)
                return taken

            _again(lambda: listen(vtp, accept, tally.over), tally)
        elif kafka is not None:
            from gnomon.tools.observing.alerts.kafka import consume, settings_in

            def accept_at(content: bytes, of: str, position: str) -> Taken:
                begun = time.perf_counter()
                taken = stream.accept(content, of, of, position)
                tally.add(taken, time.perf_counter() - begun)
                return taken

            told, topics = settings_in(kafka), list(topic or ())

            def begun(of: str, position: str) -> None:
                with stream.ledger.transaction():
                    stream.ledger.move(of, position)

            def once() -> int:
                return consume(told, topics, stream.ledger.position, accept_at, tally.over, start.value, begun, say)

            _again(once, tally)
        tally.tell(stream)


def replay(
    files: Annotated[list[Path], typer.Argument(help="Files of packets, as for `read`.")],
    rate: Annotated[float | None, typer.Option("--rate", min=0.001, help="Packets a second; as fast as they go by default.")] = None,
    rules: RulesFile = None,
    telescopes: TelescopesFile = None,
    into: Into = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Take alerts in files as if they came now, each at the time of its notice; a replay that was stopped goes on."""
    from gnomon.tools.observing.alerts.sources import take_file

    tally = Tally(as_json, None, None)
    with _opened(into, rules, telescopes, wall=False, durable=False) as stream, _ended_by_signal(tally):
        for path in files:
            take_file(stream, path, tally.add, tally.over, rate)
        tally.tell(stream)


# ------------------------------------------------------------------ looking


def check(
    file: Annotated[Path, typer.Argument(help="Rules, YAML or JSON.", metavar="FILE")],
    telescopes: TelescopesFile = None,
    as_json: Json = False,
) -> None:
    """Check rules, the requests that they propose, and whether the telescopes that they name are there."""
    from gnomon.tools.observing.alerts.rules import telescopes_named

    held, _answer = _rules_and_telescopes(file, None)
    known = _telescopes_in(telescopes).telescopes
    for rule in held:
        if missing := [k for k in telescopes_named(rule) if k not in known]:
            near = get_close_matches(missing[0], known, 3)
            raise errors.InputError(
                f"Rule {rule.key} names the telescope {missing[0]!r}, and there is none of that key.",
                remedy=f"Is {' or '.join(near)} meant?" if near else "Look with `gnomon observe telescopes`.",
            )
    if as_json:
        print_json({"rules": [{"key": r.key, "title": r.title, "digest": r.digest} for r in held]})
    else:
        print_text("\n".join(f"{r.key}  {r.title or '-'}  sha256 {r.digest[:16]}" for r in held))


def list_(
    what: Annotated[Listed, typer.Argument(help="events, alerts, proposals or quarantined.")] = Listed.events,
    most: Annotated[int, typer.Option("--most", min=1, help="Most lines, the last ones first.")] = 50,
    into: Into = None,
    as_json: Json = False,
) -> None:
    """List what came in: events, single alerts, proposals, or packets that could not be read."""
    with _record(into) as stream:
        ledger = stream.ledger
        rows = getattr(ledger, what.value)(most=most)
        if as_json:
            print_json({what.value: rows, "counts": ledger.counts()})
            return
        for row in rows:
            print_text(line_of(what, row))
        say(counted(ledger.counts()) or "Nothing came in yet.")


def show(
    name: Annotated[str, typer.Argument(help="Name of an event, an alert or a proposal.")],
    into: Into = None,
    as_json: Json = False,
) -> None:
    """Show one event: its notices, what is known, what each rule said and why, and what was proposed."""
    from gnomon.tools.observing.alerts.alert import alert_document

    with _record(into) as stream:
        ledger = stream.ledger
        found = ledger.events_named(name)
        if not found:
            raise errors.UsageError(f"Nothing is called {name}.", remedy="Look with `gnomon alerts list`.")
        if len(found) > 1:
            raise errors.UsageError(f"{name} may be {' or '.join(found)}.", remedy="Give the whole name.")
        event = found[0]
        known = ledger.event(event)
        assert known is not None
        notices, verdicts, proposals = ledger.notices(event), ledger.verdicts(event), ledger.proposals(event)
        if as_json:
            told = [{**alert_document(a), "routes": ledger.sightings(a.content)} for a in notices]
            print_json({"event": event, "retracted": known[1], "known": alert_document(known[0]), "notices": told,
                        "verdicts": verdicts, "proposals": proposals})  # fmt: skip
            return
        lines = [f"{event}{'  RETRACTED' if known[1] else ''}", *page_of(known[0])[1:], f"Notices: {len(notices)}"]
        for alert in notices:
            routes = ", ".join(f"{k} {n}x" for k, n in ledger.sightings(alert.content).items())
            lines += [f"  {alert.identifier}  {alert.kind or '-'}  by {routes}"]
        for verdict in verdicts:
            nothing = verdict.get("nothing_proposed")
            lines += [
                f"Rule {verdict['rule']}: {verdict['answer']}{f'; nothing proposed: {nothing}' if nothing else ''}"
            ]
            lines += why_lines(verdict["why"], 1)
        for row in proposals:
            lines += [line_of(Listed.proposals, row), f"  {stream.folder / 'proposals' / row['id']}"]
        print_text("\n".join(lines))


# ------------------------------------------------------------------ what they share


@contextmanager
def _ended_by_signal(tally: Tally) -> Iterator[None]:
    """Ctrl-C and a kill end after the packet at hand."""

    def stop(*_told: object) -> None:
        tally.stopped = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _again(once: Callable[[], int], tally: Tally) -> None:
    """Connect again, more and more slowly, where a broker goes away."""
    pause = 1.0
    while not tally.over():
        before = tally.taken
        try:
            once()
            if tally.over():
                return
            say("The broker closed the connection.")
        except errors.ServiceError as error:
            if not error.retryable:
                raise
            say(str(error))
        pause = 1.0 if tally.taken > before else min(pause * 2, 60.0)
        until = time.monotonic() + pause
        while time.monotonic() < until and not tally.over():
            time.sleep(0.2)


@contextmanager
def _opened(
    into: Path | None, rules: Path | None, telescopes: Path | None, wall: bool, durable: bool
) -> Iterator[AlertStream]:
    from gnomon.tools.observing.alerts.stream import AlertStream, clock_of_notices, wall_clock

    held, answer = _rules_and_telescopes(rules, telescopes)
    clock = wall_clock if wall else clock_of_notices
    with AlertStream(_folder(into), held, clock=clock, observable=answer, durable=durable) as stream:
        yield stream


@contextmanager
def _record(into: Path | None) -> Iterator[AlertStream]:
    from gnomon.tools.observing.alerts.stream import AlertStream

    folder = _folder(into)
    if not (folder / "alerts.sqlite").exists():
        raise errors.UsageError(f"There is no record of alerts in {folder.name}.", remedy="Begin one with `gnomon alerts follow` or `replay`.")  # fmt: skip
    with AlertStream(folder) as stream:
        yield stream


def _folder(into: Path | None) -> Path:
    from gnomon.interfaces import settings

    return into if into is not None else settings.load(Options.config).home / "alerts"


def _rules_and_telescopes(
    rules: Path | None, telescopes: Path | None
) -> tuple[tuple[Rule, ...], ObservableFrom | None]:
    from gnomon.tools.observing.alerts.observable_from import observable_with
    from gnomon.tools.observing.alerts.rules import asks_the_sky, rules_in

    held = () if rules is None else rules_in(rules)
    return held, observable_with(_telescopes_in(telescopes)) if any(map(asks_the_sky, held)) else None


def _telescopes_in(path: Path | None) -> Telescopes:
    from gnomon.interfaces import settings
    from gnomon.knowledge import telescopes as known
    from gnomon.tools.observing.documents.files import document_in
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document

    if path is None:
        chosen = settings.load(Options.config)
        own = chosen.telescopes or chosen.home / "telescopes.yaml"
        return read_telescopes_document(known.load(own if own.exists() else None))
    if not path.is_file():
        raise errors.UsageError(f"There is no file called {path.name}.", remedy="Check the path of the telescopes.")
    return read_telescopes_document(document_in(path), path.name)


def _asked(answer: ObservableFrom, alert: Alert, now: float) -> Callable[[tuple[str, ...], float], float | str]:
    return lambda keys, seconds: answer(alert, keys, seconds, now)
