"""What all commands share: the application, exit codes, options, and how a run is found, offered and told of.

Heavy libraries are imported when a command needs them, so that ``gnomon --help`` and ``gnomon tools`` answer at once.
Messages go to standard error; standard output holds the answer, or with ``--json`` one JSON document and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.output import labelled, print_answer, print_json, print_shown, print_text, run_document, say

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.agents.understanding.clock import Clock
    from gnomon.plans.run import Run
    from gnomon.tools.registry import Registry

app = typer.Typer(
    name="gnomon",
    help="Ask an astronomical question; get a plan you can read, approve, run, rerun and publish.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    WAITS = 3
    NEEDS_ANSWER = 4
    NOT_REPLAYED = 5


class PlannerName(StrEnum):
    """Who makes the plan."""

    auto = "auto"
    embedded = "embedded"
    language = "language"


OF_STATUS = {
    "done": Exit.DONE,
    "failed": Exit.FAILED,
    "rejected": Exit.FAILED,
    "stopped": Exit.FAILED,
    "running": Exit.FAILED,
    "waiting": Exit.WAITS,
}

Data = Annotated[
    list[Path] | None,
    typer.Option("--data", "-d", help="A file that the question is about; may be given several times.", metavar="FILE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Approve beforehand what the policy lets be approved so.")]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Ask no service: replies of earlier runs, or an error that says what is missing; a language model on this machine may be asked.",
    ),
]
Cluster = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler to run the steps on.", metavar="ADDRESS")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")]
Planner = Annotated[
    PlannerName, typer.Option(help="Who makes the plan; auto asks a language model where one is set up.")
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run, the start of it, or `last`.")]


class Options:
    """What was said before the command."""

    config: Path | None = None
    debug: bool = False
    now: str | None = None
    zone: str | None = None


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print_text(f"gnomon {version('gnomon')}")
        raise typer.Exit


@app.callback()
def _before(
    config: Annotated[Path | None, typer.Option(help="Settings file.", metavar="FILE")] = None,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
    now: Annotated[
        str | None,
        typer.Option(help='What "tonight" is reckoned from; by default the clock.', metavar="TIME"),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone, such as Asia/Shanghai; by default the machine's.", metavar="ZONE")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    Options.config = config
    Options.debug = debug
    Options.now, Options.zone = now, timezone


def clock() -> Clock:
    """What "tonight" is reckoned from."""
    from gnomon.agents.understanding.clock import Clock
    from gnomon.interfaces import settings

    return Clock.of(Options.now, Options.zone or settings.load(Options.config).timezone)


def open_conversation(
    offline: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Callable[[str, dict[str, Any]], None] | None = None,
    planner: PlannerName = PlannerName.auto,
) -> Conversation:
    """The conversation under the person's settings."""
    from gnomon.agents.conversation import Conversation
    from gnomon.interfaces import settings

    chosen = settings.load(Options.config)
    return Conversation(
        home=chosen.home,
        registry=open_registry(),
        policy=chosen.policy(),
        access=chosen.access(offline=offline),
        workers=workers or chosen.workers,
        cluster=cluster or chosen.cluster,
        progress=progress,
        check_scripts=chosen.check_scripts,
        clock=clock(),
        prefer=chosen.prefer,
        planner_name=planner.value,
        language=chosen.language,
        knowledge_server=chosen.knowledge_server,
        telescopes=chosen.telescopes,
    )


def open_registry() -> Registry:
    """The tools; those that were refused are told."""
    from gnomon.tools.registry import Registry

    registry = Registry.load()
    for refusal in registry.refused:
        say(f"Refused: {refusal}")
    return registry


# --------------------------------------------------------------------------- what a run says


def close(run: Run, status: str, as_json: bool, beside: dict[str, Any] | None = None, code: Exit | None = None) -> None:
    """Say how a run stands, and leave with the code for it, by default that of its status; `beside` goes into its JSON document."""
    if as_json:
        print_json({**run_document(run, status), **(beside or {})})
    elif status in ("done", "failed"):
        document = run_document(run, status)
        print_answer(document["answer"])
        print_shown(run)
        for warning in document["warnings"]:
            say(labelled("warning", warning, document["question"]))
        if document["report"]:
            say(labelled("report", str(Path(document["report"]).with_suffix(".html")), document["question"]))
    if status == "waiting":
        say(
            f"Run {run.id} waits for approval. Read it: gnomon show {run.id}   Approve it: gnomon approve {run.id}   Reject it: gnomon reject {run.id}"
        )
    raise typer.Exit(OF_STATUS[status] if code is None else code)


def is_interactive(as_json: bool) -> bool:
    """Whether somebody is there to be asked."""
    return not as_json and sys.stdin.isatty() and sys.stderr.isatty()


def offered(conversation: Conversation, run: Run, yes: bool, as_json: bool) -> None:
    """Get a decision on a waiting run, go on, and leave with what became of it."""
    from gnomon.interfaces.handover_outcome import code_of

    status = decided(conversation, run, yes, as_json)
    beside = remembered(conversation, run, status) if as_json else None
    close(run, status, as_json, beside, code_of(conversation, run, status))


def remembered(conversation: Conversation, run: Run, status: str) -> dict[str, Any]:
    """What earlier runs remind of for a plan that waits: sentences under ``remembered``, which is not there where there are none."""
    if status != "waiting":
        return {}
    sentences = conversation.past.sentences(run.plan(conversation.registry), "file", run=run.id)
    return {"remembered": sentences} if sentences else {}


def decided(conversation: Conversation, run: Run, yes: bool, as_json: bool) -> str:
    """Get a decision on a waiting run, in whatever way there is, and go on; returns the run's status."""
    from gnomon.plans.render import plan_page

    plan = run.plan(conversation.registry)
    verdict, _reasons = conversation.policy.decide(plan)
    if verdict == "automatic":
        return conversation.decide(run, "approve", "policy")
    if not as_json:
        say("\n".join([plan_page(plan), *conversation.past.sentences(plan, "file", run=run.id)]))
    if yes and conversation.policy.covers_beforehand(plan):
        return conversation.decide(run, "approve", "beforehand")
    if yes:
        say("--yes does not cover every effect of this plan.")
    if is_interactive(as_json):
        answer = typer.prompt("Approve this plan? yes / no / later", default="later", err=True).strip().lower()
        if answer in ("y", "yes", "是"):
            return conversation.decide(run, "approve", "terminal")
        if answer in ("n", "no", "否"):
            return conversation.decide(run, "reject", "terminal")
    return "waiting"


def free_name(path: Path) -> Path:
    """`path`, or the first of `path`.1, `path`.2 ... that is not there: nothing of a person's is overwritten."""
    tried, number = path, 0
    while tried.exists():
        number += 1
        tried = path.with_name(f"{path.name}.{number}")
    return tried


def find_run(conversation: Conversation, name: str) -> Run:
    """The run of that name, or of the start of one."""
    from gnomon.plans.run import Run

    return Run.find(conversation.runs, name)
