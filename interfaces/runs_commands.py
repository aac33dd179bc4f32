"""The command ``gnomon runs``: which runs there are, what is remembered of them for new plans, and having it forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Json, Options, find_run, open_conversation
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.past_runs.lessons import Lesson
    from gnomon.agents.past_runs.reminders import PastRuns

runs_app = typer.Typer(
    name="runs",
    help="List runs, the newest last; what is remembered of them for new plans; forgetting.",
    no_args_is_help=False,
)


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    app.add_typer(runs_app)


@runs_app.callback(invoke_without_command=True)
def runs(context: typer.Context, as_json: Json = False) -> None:
    """List runs, the newest last."""
    if context.invoked_subcommand:
        return
    from gnomon.interfaces import settings
    from gnomon.plans.run import Run

    home = settings.load(Options.config).home
    rows = []
    for found in Run.all(home / "runs"):
        try:
            created = found.events("run.created")[0]
            rows.append(
                {
                    "run": found.id,
                    "status": found.status(),
                    "created": created["time"],
                    "plan_hash": created["plan"],
                    "question": created["question"],
                }
            )
        except (errors.StoreError, IndexError) as error:
            rows.append({"run": found.id, "status": "damaged", "created": "", "plan_hash": "", "question": str(error)})
    if as_json:
        print_json({"runs": rows})
    elif not rows:
        say('There are no runs yet. Make one: gnomon ask "..." --data FILE')
    else:
        for row in rows:
            print_text(f"{row['run']}  {row['status']:<9} {row['created'][:16].replace('T', ' ')}  {row['question']}")


# --------------------------------------------------------------------------- what is remembered


@runs_app.command()
def remembered(as_json: Json = False) -> None:
    """Say what is remembered of finished runs: question, edits with their reasons, outcome."""
    past = open_conversation().past
    lessons = past.remembered()
    if as_json:
        print_json({"remembered": [lesson.document() for lesson in lessons]})
    elif not lessons:
        say("Nothing is remembered: no run finished yet, or all of it was forgotten.")
    else:
        for lesson in reversed(lessons):
            _print(past, lesson)


def _print(past: PastRuns, lesson: Lesson) -> None:
    about = f"  [{', '.join(lesson.objects)}]" if lesson.objects else ""
    print_text(f"{lesson.run}  {past.date(lesson)}  {lesson.question}{about}")
    for edit in lesson.edits:
        print_text(f"  edited: {past.edit_is(edit, 'en')}")
    if lesson.answer:
        print_text(f"  outcome: {lesson.answer}")


# --------------------------------------------------------------------------- forgetting


@runs_app.command()
def forget(
    name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run of which nothing shall be recalled any more.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All runs that there are now.")] = False,
    edits_of: Annotated[
        str | None, typer.Option("--edits-of", help="Only what was edited in this run, and why.", metavar="RUN")
    ] = None,
    as_json: Json = False,
) -> None:
    """Recall a run, or its edits, no more for new plans; the run itself stays."""
    if sum((name is not None, everything, edits_of is not None)) != 1:
        raise errors.UsageError(
            "Say exactly one of RUN, --all and --edits-of RUN.", remedy="`gnomon runs remembered` lists what there is."
        )
    conversation = open_conversation()
    past = conversation.past
    known = {lesson.run: lesson for lesson in past.remembered()}
    if everything:
        from gnomon.plans.run import Run

        runs = [run.id for run in Run.all(conversation.runs)]
    else:
        runs = [find_run(conversation, name or edits_of or "").id]
    gone = past.forgotten.gone()
    forgotten: list[dict[str, Any]] = []
    for run in runs:
        lesson = known.get(run)
        edits = [past.edit_is(e, "en") for e in lesson.edits] if lesson else []
        if run not in gone.runs and (edits_of is None or edits):
            forgotten.append({"run": run, "what": "edits" if edits_of else "run", "edits": edits})
    if edits_of is None:
        past.forgotten.forget_runs(row["run"] for row in forgotten)
    else:
        for row in forgotten:
            past.forgotten.forget_edits(row["run"])
    stays = [str(conversation.runs / run) for run in runs]
    if as_json:
        print_json({"forgotten": forgotten, "stays": stays})
        return
    for row in forgotten:
        print_text(f"Forgotten: {'the edits of run' if edits_of else 'run'} {row['run']}")
        for edit in row["edits"]:
            print_text(f"  {edit}")
    if not forgotten:
        print_text("There was nothing more to forget; nothing was changed.")
    if stays:
        print_text(
            f"What stays: {stays[0] if len(stays) == 1 else f'the folders of {len(stays)} runs'}, with plan, journal and results"
            f" (`gnomon discard {runs[0] if len(runs) == 1 else 'RUN'}` removes a run for good), and the records of conversations."
        )
