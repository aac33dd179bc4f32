"""Commands on planned observations: ``gnomon observe telescopes``, ``schedule``, ``replan`` and ``verify``; `observing_drafts` has ``drafts`` and ``documents``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import (
    Exit,
    Json,
    Options,
    RunName,
    Yes,
    find_run,
    offered,
    open_conversation,
)
from gnomon.interfaces.observing_drafts import documents, drafts
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.attachments import Attached
    from gnomon.agents.conversation import Conversation

observe_app = typer.Typer(
    name="observe", help="Plan observations on many telescopes, prove the plan, and draft what is handed over.", no_args_is_help=True
)  # fmt: skip

TelescopesFile = Annotated[
    Path | None,
    typer.Option("--telescopes", "-t", help="A telescopes document; by default those that come along and your own.", metavar="FILE"),
]  # fmt: skip
Names = Annotated[
    list[str] | None,
    typer.Option("--from", help="A site or telescope by its name; may be given several times.", metavar="NAME"),
]
RequestsFile = Annotated[Path, typer.Argument(help="A requests document, YAML or JSON.", metavar="REQUESTS")]
Seconds = Annotated[
    float | None,
    typer.Option("--seconds", min=0.0, help="Improve the schedule for so long; not repeatable to the bit. By default a fixed number of rounds."),
]  # fmt: skip
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn.")]


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    for command in (telescopes, schedule, replan, verify, drafts, documents):
        observe_app.command()(command)
    app.add_typer(observe_app)


# --------------------------------------------------------------------------- telescopes


def telescopes(
    name: Annotated[
        str | None, typer.Argument(help="A telescope, a site or an instrument: everything about it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the telescopes that can be planned for, or tell everything about some, with the source of each value."""
    from gnomon.knowledge import telescopes as known

    document = known.load(_own_file())
    if name is not None:
        document = known.subset(document, known.find(document, name))
    if as_json:
        print_json(document)
        return
    sites = {s["key"]: s for s in document["sites"]}
    if name is None:
        for row in document["telescopes"]:
            instruments = ", ".join(i["name"] for i in row["instruments"])
            print_text(f"{row['key']:<18} {row['aperture']:>6.2f} m  {sites[row['site']]['name']:<34} {instruments}")
        say("One of them in full: gnomon observe telescopes NAME. Your own: docs/how-to/add-a-telescope.md.")
        return
    print_text("\n\n".join(_page(row, sites[row["site"]]) for row in document["telescopes"]))


def _page(row: dict[str, Any], site: dict[str, Any]) -> str:
    from gnomon.knowledge.telescopes import source

    def line(path: str, value: object) -> str:
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return f"  {path:<46} {text:<28} {source(row, path) or 'nobody says'}"

    lines = [
        f"{row['name']}{'（' + row['name_zh'] + '）' if row.get('name_zh') else ''} [{row['key']}]",
        f"  at {site['name']}: longitude {site['longitude']}°, latitude {site['latitude']}°, {site['height']} m",
        line("aperture", f"{row['aperture']} m"),
        *(line(f"limits.{k}", v) for k, v in row["limits"].items()),
        *(line(f"slew.{k}", v) for k, v in row["slew"].items()),
    ]
    for instrument in row["instruments"]:
        at = f"instruments.{instrument['key']}"
        lines.append(f"  {instrument['name']} [{instrument['key']}]")
        lines += [line(f"{at}.{k}", v) for k, v in instrument.items() if k not in ("key", "name", "modes", "field")]
        if field := instrument.get("field"):
            lines.append(line(f"{at}.field", " x ".join(f"{v}°" for k, v in field.items() if k != "shape")))
        for mode in instrument["modes"]:
            of = f"{at}.modes.{mode['mode']}"
            lines.append(line(f"{of}.bands", mode["bands"]))
            if at_once := mode.get("simultaneous_bands"):
                told = "all" if at_once is True else ", ".join(" or ".join(group) for group in at_once)
                lines.append(line(f"{of}.simultaneous_bands", f"{told} at once"))
            if "acquisition" in mode:
                lines.append(line(f"{of}.acquisition", mode["acquisition"]))
            if depths := mode.get("limits_mag"):
                told = [f"{band} {depth['magnitude']} in {depth['exposure']} s" for band, depth in depths.items()]
                lines.append(line(f"{of}.limits_mag", told))
    return "\n".join(lines)


def _own_file() -> Path | None:
    from gnomon.interfaces import settings

    chosen = settings.load(Options.config)
    path = chosen.telescopes or chosen.home / "telescopes.yaml"
    return path if path.is_file() else None


# --------------------------------------------------------------------------- schedules


def schedule(
    requests: RequestsFile,
    telescopes_file: TelescopesFile = None,
    names: Names = None,
    seconds: Seconds = None,
    seed: SeedOption = 0,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Schedule requests on telescopes: a plan to read, approve and run; the verifier checks what comes out."""
    arguments: dict[str, dict[str, object]] = {
        "schedule_observations": {"seed": seed, **({"seconds": f"{seconds:g} s"} if seconds is not None else {})}
    }
    said = f"Schedule the requests of {requests.name}"
    _offer(said, ("schedule_observations",), [requests], telescopes_file, names, arguments, yes, as_json)  # fmt: skip


def replan(
    run: RunName,
    events: Annotated[Path, typer.Option("--events", help="What happened: an events document.", metavar="FILE")],
    now: Annotated[
        str | None,
        typer.Option(
            "--at", help="Until when everything stays as it was, UTC; by default the last event's time.", metavar="TIME"
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Change the schedule of a run when the night changes: what is done or under way stays, few visits move, the difference is told in words."""
    from tempfile import TemporaryDirectory

    from gnomon.interfaces.observing_runs import planned_in
    from gnomon.tools.observing.documents.files import document_text

    conversation = open_conversation()
    found = find_run(conversation, run)
    planned = planned_in(conversation, found)
    with TemporaryDirectory() as folder:
        files = []
        for word, document in (("schedule", planned.schedule), ("requests", planned.requests), ("telescopes", planned.telescopes)):  # fmt: skip
            files.append(Path(folder) / f"{word}.json")
            files[-1].write_text(document_text(document), encoding="utf-8")
        said = (
            f"按 {events.name} 所述的情况调整运行 {found.id} 的观测计划"
            if found.plan(conversation.registry).language == "zh"
            else f"Change the schedule of run {found.id} for what {events.name} tells"
        )
        arguments: dict[str, dict[str, object]] = {"reschedule_observations": {} if now is None else {"now": now}}
        _offer(said, ("reschedule_observations",), [*files, events], None, None, arguments, yes, as_json)


def verify(
    schedule_file: Annotated[Path, typer.Argument(help="A schedule document.", metavar="SCHEDULE")],
    requests: Annotated[Path, typer.Option("--requests", "-r", help="The requests that it is of.", metavar="FILE")],
    telescopes_file: Annotated[Path, typer.Option("--telescopes", "-t", help="The telescopes that it is for.", metavar="FILE")],
    earlier: Annotated[Path | None, typer.Option("--earlier", help="The schedule that it replaces, where it does: nothing that was done by then may differ.", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Check a schedule, whoever made it, against its requests and telescopes; leaves with 1 where something is violated."""
    from gnomon.tools.captions import text_in
    from gnomon.tools.observing.documents.files import document_in
    from gnomon.tools.observing.documents.sources import assumed_for
    from gnomon.tools.observing.verification.verify import verify as check

    for path in (telescopes_file, requests, schedule_file, earlier):
        if path is not None and not path.is_file():
            raise errors.UsageError(f"There is no file {path}.", remedy="Check its name.")
    before = document_in(earlier) if earlier is not None else None
    documents = document_in(telescopes_file), document_in(requests), document_in(schedule_file)
    found = check(*documents, parent=before)
    if as_json:
        print_json(found.document())
    else:
        for finding in found.findings:
            print_text(f"{finding.code:<22} {finding.sentence}")
        count = len(found.findings)
        print_text(f"{count} violation{'' if count == 1 else 's'} found." if count else "No violation found.")
        say(f"Looked at: {', '.join(f'{n} {what}' for what, n in found.counts.items())}.")
        for note in (*found.notes, *([] if found.findings else assumed_for(*documents))):
            say(f"Note: {text_in('en', note)}")
    raise typer.Exit(Exit.FAILED if found.findings else Exit.DONE)


def _offer(
    said: str,
    goals: tuple[str, ...],
    files: list[Path],
    telescopes_file: Path | None,
    names: list[str] | None,
    arguments: dict[str, dict[str, object]],
    yes: bool,
    as_json: bool,
) -> None:
    """Plan, offer for approval, run."""
    from gnomon.agents.coordinator.observing_plan import observing_plan
    from gnomon.interfaces.progress import shown

    if telescopes_file is not None and names:
        raise errors.UsageError("Both --telescopes and --from are given.", remedy="Give one of them.")
    with shown(as_json) as progress:
        conversation = open_conversation(progress=progress)
        attached = conversation.attached(said, [*files, *([telescopes_file] if telescopes_file else [])])
        if telescopes_file is None and not any(f.attachment.kind == "Telescopes" for f in attached):
            attached = [*attached, _telescopes_of(conversation, names, attached)]
        plan = observing_plan(said, goals, attached, conversation.registry, arguments)
        offered(conversation, conversation.run_plan(plan, files), yes, as_json)


def _telescopes_of(conversation: Conversation, names: list[str] | None, attached: list[Attached]) -> Attached:
    """Those named; where none are, those that the requests name, else all that there are."""
    from gnomon.agents.coordinator.telescopes_named import attach_telescopes
    from gnomon.knowledge import telescopes as known

    document = known.load(_own_file())
    if names:
        keys = [key for name in names for key in known.find(document, name)]
    else:
        keys = [row["key"] for row in document["telescopes"]]
    return attach_telescopes(known.subset(document, keys), conversation.registry, conversation.store)
