"""Deciding: a plan that is shown is approved or rejected by the person who sees it, run, and its answer told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gnomon.agents.follow_ups.reply import Reply
from gnomon.agents.past_runs.edits import edits_along
from gnomon.plans.run import Run
from gnomon.tools.errors import ApprovalError

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue
    from gnomon.agents.follow_ups.session import Position
    from gnomon.plans.approval import Approval

WAITING = "waiting"


def status_of(dialogue: Dialogue, position: Position) -> str:
    """How the run of a plan stands; one that has none waits for a decision."""
    if not position.run:
        return WAITING
    run = Run(dialogue.conversation.runs / position.run)
    return run.status() if run.folder.is_dir() else WAITING


def document(run: Run) -> dict[str, Any]:
    """What a reply says of a run."""
    results = run.folder / "report" / "results.json"
    report = run.folder / "report" / "report.html"
    told: dict[str, Any] = {"answer": "", "results": [], "warnings": []}
    if results.is_file():
        told = json.loads(results.read_text(encoding="utf-8"))
    return {
        "run": run.id,
        "status": run.status(),
        "answer": told["answer"],
        "results": told["results"],
        "warnings": told["warnings"],
        "shown": told.get("shown", ""),
        "report": str(report) if report.is_file() else None,
    }


def outcome(dialogue: Dialogue, position: Position) -> dict[str, Any] | None:
    """What came of a plan, where it ran."""
    if status_of(dialogue, position) not in ("done", "failed"):
        return None
    return document(Run(dialogue.conversation.runs / position.run))


def stands(dialogue: Dialogue, position: Position) -> str:
    """In a sentence, how a plan stands."""
    status = status_of(dialogue, position)
    if status in ("done", "failed"):
        told = document(Run(dialogue.conversation.runs / position.run))
        return dialogue.say("it_ran", run=told["run"], answer=told["answer"] or dialogue.say("no_answer"))
    return (
        dialogue.say("it_was_rejected")
        if status == "rejected"
        else f"{dialogue.say('it_waits')} {dialogue.say('may_run')}"
    )


def offered(dialogue: Dialogue, shown: Reply) -> Reply:
    """A plan that was made: run where the policy asks nobody, or where it was approved beforehand; else it waits."""
    assert shown.plan is not None
    policy = dialogue.conversation.policy
    verdict, _reasons = policy.decide(shown.plan)
    if verdict == "automatic":
        dialogue.show(shown)
        return _with_plan(_run(dialogue, "policy"), shown)
    if dialogue.beforehand and policy.covers_beforehand(shown.plan):
        dialogue.show(shown)
        return _with_plan(_run(dialogue, "beforehand"), shown)
    lines = [shown.text, dialogue.say("not_beforehand")] if dialogue.beforehand else [shown.text]
    return replace(shown, text="\n".join([*filter(None, lines), dialogue.say("may_run")]))


def _with_plan(ran: Reply, shown: Reply) -> Reply:
    """What came of a run, with the plan that was shown before it."""
    text = "\n".join(filter(None, [shown.text, ran.text]))
    return replace(
        ran,
        text=text,
        plan=shown.plan,
        difference=shown.difference,
        alternatives=shown.alternatives,
        remembered=shown.remembered,
    )


def approve(dialogue: Dialogue) -> Reply:
    """Approve exactly the plan that is shown, where a person at a terminal says so, and run it."""
    position = dialogue.session.position
    if position is None:
        return Reply("told", dialogue.say("no_plan"))
    status = status_of(dialogue, position)
    if status not in (WAITING, "stopped"):
        return Reply("told", dialogue.say("no_plan_waits", state=dialogue.say(f"state_{status}")))
    if status == "stopped":
        return _run(dialogue, "terminal")
    if dialogue.seen != position.plan.hash:
        return Reply("plan", dialogue.say("may_run"), position.plan)
    if not dialogue.present:
        run = _held_run(dialogue, position)
        return Reply("waits", dialogue.say("not_at_terminal", run=run.id), position.plan, run=document(run))
    return _run(dialogue, "terminal")


def reject(dialogue: Dialogue, reason: str) -> Reply:
    """Reject the plan that is shown; what was said is the reason."""
    position = dialogue.session.position
    if position is None:
        return Reply("told", dialogue.say("no_plan"))
    status = status_of(dialogue, position)
    if status != WAITING:
        key = f"state_{status}" if status in ("done", "failed", "rejected") else "state_failed"
        return Reply("told", dialogue.say("no_plan_waits", state=dialogue.say(key)))
    run = _held_run(dialogue, position)
    said = reason if len(reason.split()) > 1 or len(reason) > 4 else ""
    dialogue.conversation.decide(run, "reject", "terminal" if dialogue.present else "command", reason=said)
    return Reply("rejected", dialogue.say("rejected"), run=document(run))


def _held_run(dialogue: Dialogue, position: Position) -> Run:
    """The run of a plan that waits; made when it is first decided on, so that plans which were only looked at leave nothing behind."""
    if position.run and (dialogue.conversation.runs / position.run).is_dir():
        return Run(dialogue.conversation.runs / position.run)
    plans = dialogue.session.plans_since_shown()
    run = dialogue.conversation.run_plan(position.plan, position.files, edits=edits_along(plans))
    if run.offered() != position.plan.hash:
        raise ApprovalError(
            "The plan that was offered is not the one that was shown.", remedy=f"Read it with `gnomon show {run.id}`."
        )
    dialogue.session.ran(run.id)
    return run


def _run(dialogue: Dialogue, how: Any) -> Reply:
    position = dialogue.session.position
    assert position is not None
    run = _held_run(dialogue, position)
    approval: Approval | None = run.approval()
    try:
        if approval is not None and approval.decision == "approve":
            status = dialogue.conversation.resume(run)
        else:
            status = dialogue.conversation.decide(run, "approve", how, plan_hash=position.plan.hash)
    except KeyboardInterrupt:
        # Somebody wants the run to end, not the conversation.
        return Reply("stopped", dialogue.say("stopped"), run=document(run))
    told = document(run)
    if status not in ("done", "failed"):
        return Reply("told", dialogue.say("no_plan_waits", state=status), run=told)
    return Reply("ran", told["answer"], run=told)
