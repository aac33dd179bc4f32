"""The command ``gnomon``: asking, planning, approving, looking.

What can be done with the record of a run is in `gnomon.interfaces.record_commands`.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnomon.interfaces import (
    alert_commands,
    archive_commands,
    chat,
    cost_commands,
    export_command,
    handover_commands,
    knowledge_commands,
    model_commands,
    observing_commands,
    plan_commands,
    record_commands,
    runs_commands,
)
from gnomon.interfaces.application import (
    Cluster,
    Data,
    Exit,
    Json,
    Offline,
    Options,
    Planner,
    PlannerName,
    RunName,
    Workers,
    Yes,
    app,
    clock,
    close,
    find_run,
    is_interactive,
    offered,
    open_conversation,
    open_registry,
    remembered,
)
from gnomon.interfaces.output import labelled, print_event, print_json, print_shown, print_text, run_document, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.plans.findings import Finding
    from gnomon.plans.run import Run

record_commands.register(app)
export_command.register(app)
archive_commands.register(app)
knowledge_commands.register(app)
plan_commands.register(app)
cost_commands.register(app)
runs_commands.register(app)
model_commands.register(app)
alert_commands.register(app)
observing_commands.register(app)
handover_commands.register(app)
chat.register(app)


# --------------------------------------------------------------------------- asking and planning


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in English or Chinese.")],
    data: Data = None,
    yes: Yes = False,
    planner: Planner = PlannerName.auto,
    offline: Offline = False,
    cluster: Cluster = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Answer a question: plan, approval, run and report."""
    from gnomon.interfaces.progress import shown

    with shown(as_json) as progress:
        conversation = open_conversation(offline, workers, cluster, progress, planner)
        run = _ask_until_planned(conversation, question, data or [], as_json)
        offered(conversation, run, yes, as_json)


def _ask_until_planned(conversation: Conversation, question: str, files: Sequence[Path], as_json: bool) -> Run:
    """Ask; when a question comes back and somebody is there to answer it, put the answer in and ask again."""
    while True:
        try:
            return conversation.ask(question, files)
        except errors.NeedsAnswer as error:
            if not is_interactive(as_json):
                raise
            say(str(error))
            answer = typer.prompt(">", default="", show_default=False, err=True).strip()
            if not answer:
                raise
            question = f"{question} {answer}"


@app.command()
def plan(
    question: Annotated[str, typer.Argument(help="The question, in English or Chinese.")],
    data: Data = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the plan.", metavar="FILE")] = Path(
        "plan.yaml"
    ),
    planner: Planner = PlannerName.auto,
    alternatives: Annotated[
        bool, typer.Option("--alternatives", help="Also the next best plans, each with the reason for its place.")
    ] = False,
    offline: Offline = False,
    as_json: Json = False,
) -> None:
    """Make and check a plan, write it to a file, and stop."""
    from gnomon.plans.render import plan_page

    conversation = open_conversation(offline, planner=planner)
    if alternatives:
        _alternatives(conversation, question, data or [], output, as_json)
        return
    made = conversation.plan(question, data or [])
    plan_commands.write_plan(made, output, data or [], conversation.registry)
    reminders = conversation.past.sentences(made, "file")
    if as_json:
        print_json({**made.document(), **({"remembered": reminders} if reminders else {})})
    else:
        print_text("\n".join([plan_page(made), *reminders]))
    say(f"Written to {output}. Run it: gnomon run {output}")


def _alternatives(
    conversation: Conversation, question: str, files: Sequence[Path], output: Path, as_json: bool
) -> None:
    """Write the best plan to `output` and the next ones beside it, each told with the reason for its place."""
    from gnomon.plans.render import plan_page

    offered = conversation.alternatives(question, files)
    names = [output, *(output.with_stem(f"{output.stem}-{n}") for n in range(2, len(offered) + 1))]
    for alternative, name in zip(offered, names, strict=True):
        plan_commands.write_plan(alternative.plan, name, files, conversation.registry)
    if as_json:
        print_json(
            {
                "alternatives": [
                    {
                        "file": str(name),
                        "probability": round(a.probability, 3),
                        "reason": a.reason,
                        "plan": a.plan.document(),
                    }
                    for a, name in zip(offered, names, strict=True)
                ]
            }
        )
        return
    print_text("\n".join([plan_page(offered[0].plan), *conversation.past.sentences(offered[0].plan, "file")]))
    for number, (alternative, name) in enumerate(zip(offered, names, strict=True), start=1):
        print_text(f"{number}. {name}: {alternative.reason}")
    say(f"Take one: gnomon run {names[-1]}   Compare two: gnomon diff {names[0]} {names[-1]}")


@app.command()
def understand(
    question: Annotated[str, typer.Argument(help="The question, in English or Chinese.")],
    as_json: Json = False,
) -> None:
    """Show what a question says: names, positions, times in UTC, quantities, each with its words; nothing is planned."""
    from gnomon.agents.understanding.understand import understand as read

    found = read(question, clock())
    if as_json:
        print_json(found.document())
        return
    for slot in found.slots:
        unit = f" {slot.unit}" if slot.unit else ""
        value = ", ".join(f"{k} {v}" for k, v in slot.value.items()) if isinstance(slot.value, dict) else slot.value
        role = "" if slot.role == "value" else f"{slot.role} "
        name = f" ({slot.name})" if slot.name else ""
        print_text(
            f"{slot.type:<12} {role}{value}{unit}{name}   “{slot.text}”" + (f"   {slot.note}" if slot.note else "")
        )
    if found.unread:
        print_text(f"not understood: {'; '.join(found.unread)}")
    if not found.slots and not found.unread:
        say("Nothing but words: no names, positions, times or numbers.")


@app.command()
def run(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan.yaml, or the JSON of one.")],
    data: Data = None,
    yes: Yes = False,
    offline: Offline = False,
    cluster: Cluster = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Check a plan from a file, get it approved, run it and report."""
    from gnomon.interfaces.progress import shown

    with shown(as_json) as progress:
        conversation = open_conversation(offline, workers, cluster, progress)
        offered(conversation, plan_commands.run_file(conversation, plan_file, data or []), yes, as_json)


# --------------------------------------------------------------------------- runs that wait or stopped


@app.command()
def show(name: RunName, as_json: Json = False) -> None:
    """Show a run: its plan, its steps, its answer."""
    from gnomon.plans.render import plan_page

    conversation = open_conversation()
    found = find_run(conversation, name)
    status = found.status()
    if as_json:
        print_json(run_document(found, status))
        return
    document = run_document(found, status)
    offered = found.plan(conversation.registry)
    executed = found.executed()
    print_text(plan_page(executed or offered))
    if executed is not None and executed.hash != offered.hash:
        say("Warning: plan.yaml in the run's folder is not this plan, which was executed; it was edited since.")
    for line in remembered(conversation, found, status).get("remembered", []):
        print_text(line)
    print_text(f"Run {found.id}: {status}")
    approval = found.approval()
    if approval:
        print_text(
            f"  {approval.decision} by {approval.who} on {approval.when} ({approval.how}){': ' + approval.reason if approval.reason else ''}"
        )
    for event in found.events():
        print_event(event)
    if document["answer"]:
        print_text(document["answer"])
    print_shown(found)
    if document["report"]:
        print_text(labelled("report", str(Path(document["report"]).with_suffix(".html")), document["question"]))


@app.command()
def approve(
    name: RunName,
    who: Annotated[str | None, typer.Option(help="Who approves; by default the person logged in.")] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    plan_hash: Annotated[
        str,
        typer.Option("--hash", help="First digits of the hash you read, where the plan was edited.", metavar="HASH"),
    ] = "",
    offline: Offline = False,
    cluster: Cluster = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Approve the plan of a run that waits, and run it."""
    from gnomon.interfaces.handover_outcome import code_of
    from gnomon.interfaces.progress import shown

    with shown(as_json) as progress:
        conversation = open_conversation(offline, workers, cluster, progress)
        found = find_run(conversation, name)
        plan_commands.require_sound_file(conversation, found)
        status = conversation.decide(found, "approve", "command", who=who, reason=reason, plan_hash=plan_hash)
        close(found, status, as_json, code=code_of(conversation, found, status))


@app.command()
def reject(
    name: RunName,
    who: Annotated[str | None, typer.Option(help="Who rejects; by default the person logged in.")] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: Json = False,
) -> None:
    """Reject the plan of a run that waits."""
    conversation = open_conversation()
    found = find_run(conversation, name)
    conversation.decide(found, "reject", "command", who=who, reason=reason)
    if as_json:
        print_json(run_document(found, found.status()))
    say(f"Run {found.id} is rejected; nothing of it ran.")


@app.command()
def resume(
    name: RunName, offline: Offline = False, cluster: Cluster = None, workers: Workers = None, as_json: Json = False
) -> None:
    """Go on with a run that stopped or failed; finished steps are not run again."""
    from gnomon.interfaces.handover_outcome import code_of
    from gnomon.interfaces.progress import shown

    with shown(as_json) as progress:
        conversation = open_conversation(offline, workers, cluster, progress)
        found = find_run(conversation, name)
        status = conversation.resume(found)
        close(found, status, as_json, code=code_of(conversation, found, status))


# --------------------------------------------------------------------------- what there is


@app.command()
def tools(
    name: Annotated[str | None, typer.Argument(help="One tool, in full.")] = None,
    as_json: Json = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of plan.yaml with these tools, for editors.")
    ] = False,
) -> None:
    """List the tools, or show one."""
    registry = open_registry()
    if schema:
        from gnomon.plans.schema import schema_text, schema_with_tools

        print_text(schema_text(schema_with_tools(registry)))
        return
    if name is None:
        if as_json:
            print_json({"tools": [t.schema() for t in registry.values()]})
        else:
            for t in sorted(registry.values(), key=lambda t: (t.area, t.name)):
                print_text(f"{t.area:<10} {t.name:<28} {t.summary}")
        return
    try:
        chosen = registry.tool(name)
    except errors.PlanError as error:
        raise errors.UsageError(error.what, remedy=error.remedy) from error
    if as_json:
        print_json(chosen.schema())
        return
    print_text(f"{chosen.name} {chosen.version} ({chosen.area}): {chosen.summary}\n{chosen.declaration.summary_zh}")
    if chosen.description:
        print_text("\n" + chosen.description)
    print_text(
        f"\nMakes: {chosen.kind}   Effects: {', '.join(chosen.effects)}   Compared as: {chosen.declaration.comparison}"
    )
    for p in chosen.parameters:
        what = str(p.kind) if p.kind else p.role if p.role == "file" else " | ".join(p.choices) or p.type
        unit = f" [{p.unit}]" if p.unit else ""
        need = "required" if p.required else f"default {p.default}"
        print_text(f"  {p.name}: {what}{unit}, {need}. {p.description}")
    print_text("Cites: " + "; ".join(chosen.declaration.citations))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what works on this machine."""
    from gnomon.interfaces.doctor import examine

    findings = examine(Options.config)
    if as_json:
        print_json({"checks": findings})
    else:
        for finding in findings:
            print_text(
                f"{finding['state']:<8} {finding['what']:<16} {finding['found']}"
                + (f"  {finding['remedy']}" if finding["remedy"] else "")
            )
    if any(f["state"] == "broken" for f in findings):
        raise typer.Exit(Exit.FAILED)


# --------------------------------------------------------------------------- the one place where errors become sentences


def _exit_code(error: errors.GnomonError) -> Exit:
    if isinstance(error, errors.NeedsAnswer):
        return Exit.NEEDS_ANSWER
    # What is wrong with a document that was named is for its author to mend, as with a plan.
    if isinstance(error, errors.UsageError | errors.PlanError) or type(error) is errors.InputError:
        return Exit.WRONG_USE
    if isinstance(error, errors.ReplayError):
        return Exit.NOT_REPLAYED
    return Exit.FAILED


def _failed(sentence: str, code: Exit, arguments: Sequence[str], findings: Sequence[Finding] = ()) -> int:
    if "--json" in arguments and not Options.debug:
        status = "needs_answer" if code is Exit.NEEDS_ANSWER else "failed"
        keys = {"run": None, "status": status, "plan_hash": None, "question": None, "answer": sentence}
        told = {"findings": [f.document() for f in findings]} if findings else {}
        print_json(
            {**keys, "results": [], "warnings": [], "tables": [], "report": None, "bundle": None, "seconds": 0, **told}
        )
    say(sentence)
    return int(code)


# What click makes of Ctrl-C.
INTERRUPTED = 130
STOPPED = "Stopped. `gnomon runs` lists what can be resumed."


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for name in ("SIGTERM", "SIGHUP"):  # a batch system's kill and a closed terminal clean up as Ctrl-C does
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), _stop)
    try:
        code = app(args=given, standalone_mode=False)
        if code == INTERRUPTED:
            return _failed(STOPPED, Exit.FAILED, given)
        return int(code or 0)
    except typer.Exit as leaving:
        if leaving.exit_code == INTERRUPTED:
            return _failed(STOPPED, Exit.FAILED, given)
        return int(leaving.exit_code)
    except errors.GnomonError as error:
        if Options.debug:
            raise
        return _failed(str(error), _exit_code(error), given, getattr(error, "findings", ()))
    except KeyboardInterrupt:
        return _failed(STOPPED, Exit.FAILED, given)
    except OSError as error:
        if Options.debug:
            raise
        return _failed(
            f"{error.filename or 'A file'} could not be used: {error.strerror or error}.", Exit.FAILED, given
        )
    except Exception as error:
        if Options.debug:
            raise
        click_error = getattr(error, "format_message", None)
        if click_error is not None:
            return _failed(f"{click_error()} `gnomon --help` lists the commands.", Exit.WRONG_USE, given)
        return _failed(
            f"Gnomon failed with {type(error).__name__}: {error}. Run it again with `gnomon --debug ...` and report what it prints.",
            Exit.FAILED,
            given,
        )


if __name__ == "__main__":
    sys.exit(main())
