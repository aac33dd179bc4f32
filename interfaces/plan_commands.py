"""Commands on plans as files: check, diff; and how a plan file becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnomon.interfaces.application import Exit, Json, Options, free_name, open_registry
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnomon.agents.conversation import Conversation
    from gnomon.plans.document import Examined
    from gnomon.plans.plan import Plan
    from gnomon.plans.run import Run
    from gnomon.tools.registry import Registry

PlanName = Annotated[
    str, typer.Argument(metavar="PLAN", help="A plan file, or the name of a run, the start of it, or `last`.")
]
SUFFIXES = (".yaml", ".yml", ".json")


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    for command in (check, diff):
        app.command()(command)


# --------------------------------------------------------------------------- check


def check(name: PlanName, as_json: Json = False) -> None:
    """Check a plan without running it: what is wrong, where, and what to do about it."""
    from gnomon.interfaces import settings
    from gnomon.plans.document import examine, read_text

    policy = settings.load(Options.config).policy()
    run = _run(name)
    label = f"{run.id}/plan.yaml" if run else name
    examined = examine(read_text(run.folder / "plan.yaml" if run else Path(name)), open_registry(), policy, label)
    sound = not examined.errors
    if as_json:
        findings = [f.document() for f in examined.findings]
        plan_hash = examined.plan.hash if sound and examined.plan else None
        print_json({"plan": label, "sound": sound, "hash": plan_hash, "findings": findings})
    else:
        _print_examined(examined, label)
    raise typer.Exit(Exit.DONE if sound else Exit.FAILED)


def _print_examined(examined: Examined, label: str) -> None:
    from gnomon.plans.costs import spoken_plan_cost

    if examined.fault is not None:
        print_text(str(examined.fault))
    for finding in examined.findings if examined.text else ():
        print_text(examined.text.told(finding) if examined.text else "")
    if (count := len(examined.errors)) or examined.plan is None:
        print_text(f"{label} cannot run: {count} {'error' if count == 1 else 'errors'}.")
        return
    plan = examined.plan
    cost = spoken_plan_cost(plan.model_copy(update={"language": "en"})) if plan.cost else "nothing"
    effects = ", ".join(plan.effects) or "none"
    print_text(f"{label} is sound: {len(plan.steps)} steps, effects {effects}, expected cost {cost}.")
    edited = "; the file's own line says another, since it was edited" if examined.stated_hash != plan.hash else ""
    print_text(f"Plan {plan.hash}{edited if examined.stated_hash else ''}")


# --------------------------------------------------------------------------- diff


def diff(old: PlanName, new: PlanName, as_json: Json = False) -> None:
    """Say what differs between two plans: steps, arguments, files, versions, cost and effects."""
    from gnomon.plans.plan_difference import compare_plans

    registry = open_registry()
    found = compare_plans(plan_called(old, registry), plan_called(new, registry))
    if as_json:
        print_json(found.document())
    else:
        print_text(found.page("en"))


def _run(name: str) -> Run | None:
    """The run of that name; None where it is a file's, or looks like one."""
    from gnomon.interfaces import settings
    from gnomon.plans.run import Run

    path = Path(name)
    if path.is_file() or (path.suffix in SUFFIXES and not path.is_dir()):
        return None
    if path.is_dir():
        if not (path / "plan.yaml").is_file():
            raise errors.UsageError(f"{name} is a folder without a plan.yaml.", remedy="Give a plan file or a run.")
        return Run(path.resolve())
    return Run.find(settings.load(Options.config).home / "runs", name)


def plan_called(name: str, registry: Registry) -> Plan:
    """The plan in a file, or that a run executed, or else that it offers."""
    from gnomon.plans.document import of_yaml, read_text

    run = _run(name)
    if run is None:
        return of_yaml(read_text(Path(name)), registry, name)
    return (run.executed() if (run.folder / "journal.jsonl").is_file() else None) or run.plan(registry)


# --------------------------------------------------------------------------- what other commands do with plan files


def run_file(conversation: Conversation, path: Path, files: Sequence[Path]) -> Run:
    """Offer the plan in a file; the run keeps the person's own text, comments and all.

    Raises
    ------
    UnsoundPlan
        With every finding, each at its line and column.
    """
    from gnomon.plans.document import examine, read_text

    text = read_text(path)
    examined = examine(text, conversation.registry, conversation.policy, str(path))
    plan = examined.require()
    run = conversation.run_plan(plan, files, edits=conversation.edited_since(examined.stated_hash, plan, text))
    run.keep_text(text, conversation.registry)
    return run


def require_sound_file(conversation: Conversation, run: Run) -> None:
    """Raise where the plan of a run that waits was edited into one that cannot run, with the line of each finding."""
    from gnomon.plans.document import examine, read_text

    if run.approval() is None:
        text = read_text(run.folder / "plan.yaml")
        examine(text, conversation.registry, conversation.policy, f"{run.id}/plan.yaml").require()


def write_plan(plan: Plan, output: Path, data: Sequence[Path], registry: Registry) -> None:
    """Write a plan to a file, and what editors need beside it; a file that was there is kept under another name.

    Raises
    ------
    UsageError
        Where the file is the data.
    """
    from gnomon.plans.document import to_yaml
    from gnomon.plans.run import write_text

    text = to_yaml(plan)
    if output.exists() and output.read_bytes() != text.encode():
        if any(path.exists() and path.samefile(output) for path in data):
            raise errors.UsageError(f"{output} is the data.", remedy="Choose another name with -o.")
        kept = free_name(output.with_name(output.name + ".old"))
        output.replace(kept)
        say(f"{output} was there already; it is now {kept}.")
    write_text(output, text)
    write_schema(output, registry)


def write_schema(output: Path, registry: Registry) -> None:
    """Write what editors need to complete and check a plan beside it."""
    from gnomon.plans.schema import SCHEMA_FILE, write_beside

    if write_beside(output, registry) is None:
        say(f"{output.with_name(SCHEMA_FILE)} is another file; editors will not know this plan.")
