"""Commands on the hand-over of observations: ``gnomon handover``.

Nothing is sent but by ``submit --send`` and ``withdraw --send``, and these make a plan that is approved and run as any other.

=====================  ==============================================================
`handover_offering`    what is offered: documents, routes, alert
`handover_lines`       what is said of a hand-over
`handover_watching`    facilities asked time after time
`handover_history`     the ledger for people
`handover_limits`      limits, rules, the switch, the audit
=====================  ==============================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnomon.interfaces.application import (
    OF_STATUS,
    Exit,
    Json,
    Offline,
    Yes,
    close,
    decided,
    is_interactive,
    open_conversation,
)
from gnomon.interfaces.handover_history import history
from gnomon.interfaces.handover_limits import (
    READ,
    Reason,
    allow,
    audit,
    limits,
    person,
    rule_add,
    rule_approve,
    rule_list,
    rule_off,
    rules_app,
    stop,
)
from gnomon.interfaces.handover_lines import (
    document_of,
    left,
    print_handover,
    say_elsewhere,
    say_late,
    standing,
    the_ledger,
    where_to,
)
from gnomon.interfaces.handover_offering import alert_of_file, offer
from gnomon.interfaces.handover_outcome import is_done
from gnomon.interfaces.handover_watching import watch
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.plans.handover.ledger import Ledger
    from gnomon.plans.run import Run

handover_app = typer.Typer(
    name="handover", help="Get observations approved and hand them over to facilities; a dry run unless --send is said.", no_args_is_help=True
)  # fmt: skip

Name = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The first digits of the packet's digest, at least 6; or `last`, the one that was offered last.",
    ),
]
Send = Annotated[bool, typer.Option("--send", help="Do it; without this, only say what would come of it.")]


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    for command in (show, offer, approve, submit, status, watch, withdraw, history, limits, stop, allow, audit):
        handover_app.command()(command)
    handover_app.command("list")(list_)
    rules_app.command("add")(rule_add)
    rules_app.command("approve")(rule_approve)
    rules_app.command("off")(rule_off)
    rules_app.command("list")(rule_list)
    handover_app.add_typer(rules_app)
    app.add_typer(handover_app)


def list_(as_json: Json = False) -> None:
    """List the hand-overs, the newest last, and whether all are stopped."""
    from gnomon.plans.handover.authorisation import note_expired

    ledger = the_ledger()
    note_expired(ledger)
    book = ledger.book()
    if as_json:
        print_json({"stopped": book.stopped or None, "handovers": [document_of(ledger, h) for h in book.handovers.values()]})  # fmt: skip
        return
    if book.stopped:
        say(f"Nothing is sent: {book.stopped}.")
    if not book.handovers:
        say("There are no hand-overs.")
    for handover in book.handovers.values():
        print_text(f"{handover.digest[:12]}  {handover.state:<12} {handover.title}; {standing(book, handover, ledger.moment(book))}")  # fmt: skip


def show(name: Name, as_json: Json = False) -> None:
    """Print a hand-over: its page, who approved it, how each payload stands, and what stands against sending it."""
    ledger = the_ledger()
    handover = ledger.book().find(name)
    if as_json:
        print_json(document_of(ledger, handover))
    else:
        print_handover(ledger, handover)


def approve(
    name: Name,
    rule: Annotated[str | None, typer.Option(help="Let this rule approve it, if it does.", metavar="RULE")] = None,
    alert: Annotated[Path | None, typer.Option(help="The alert that the rule is asked about.", metavar="FILE")] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Approve exactly this packet; where nobody is at a terminal, by naming 12 digits of its digest."""
    from gnomon.plans.canonical import text_digest
    from gnomon.plans.handover import authorisation
    from gnomon.plans.handover.page import packet_page

    ledger = the_ledger()
    found = ledger.book().find(name)
    if rule is not None:
        if alert is None:
            raise errors.UsageError("A rule is asked about an alert.", remedy="Give it with --alert FILE.")
        left(ledger, authorisation.approve_by_rule(ledger, name, rule, *alert_of_file(alert)), as_json)
    page = packet_page(ledger.packet(found.digest))
    how: authorisation.How = "command"
    if is_interactive(as_json):
        say(page)
        answer = typer.prompt("Approve this packet? yes / no", default="no", err=True).strip().lower()
        if answer not in ("y", "yes", "是"):
            say("It was not approved.")
            raise typer.Exit(Exit.WAITS)
        how = "terminal"
    elif len(name) < READ:
        raise errors.UsageError(
            f"An approval names at least {READ} digits of the packet's digest.",
            remedy="`gnomon handover show` has them.",
        )
    found = authorisation.approve(ledger, found.digest, person(), how, shown=text_digest(page), reason=reason)
    if not as_json and found.state == "offered":
        say("It is approved by you, and another person must approve it as well.")
    left(ledger, found, as_json)


def submit(name: Name, send: Send = False, yes: Yes = False, offline: Offline = False, as_json: Json = False) -> None:
    """Hand a packet over: a rehearsal with its facilities, and with --send in earnest; where nobody is at a terminal, by naming 12 digits."""
    _plan("submit" if send else "rehearse", name, yes, offline, as_json)


def status(name: Name, yes: Yes = False, offline: Offline = False, as_json: Json = False) -> None:
    """Ask the facilities how a packet stands, and write it down."""
    _plan("status", name, yes, offline, as_json)


def withdraw(name: Name, send: Send = False, yes: Yes = False, reason: Reason = "", as_json: Json = False) -> None:
    """Give a hand-over up; of what was sent already, the facilities are told with --send."""
    from gnomon.plans.handover import authorisation
    from gnomon.plans.handover.states import UNSENT

    ledger = the_ledger()
    found = ledger.book().find(name)
    if found.state in UNSENT:
        left(ledger, authorisation.withdraw(ledger, name, person(), reason), as_json)
    if not send:
        say("It was sent, so its facilities must cancel it: --send tells them. This is how it stands there.")
    _plan("cancel" if send else "status", name, yes, False, as_json)


def _plan(way: str, name: str, yes: bool, offline: bool, as_json: bool) -> None:
    """Make the plan, get it approved, run it, and write down what the facilities said."""
    from gnomon.interfaces.progress import shown
    from gnomon.plans.handover.planning import plan_for

    ledger = the_ledger()
    found = ledger.book().find(name)
    packet = ledger.packet(found.digest)
    book = ledger.book()
    # Who types so many digits and says --send has read them, as for the approval of the packet.
    named = len(name) >= READ and found.digest.startswith(name)
    if way == "submit" and (against := book.refusals(found, found.to_send(), ledger.moment(book))):
        raise errors.ApprovalError(
            f"It must not be sent: {'; '.join(against)}.", remedy=f"`gnomon handover show {found.digest[:12]}`"
        )
    if way != "status" and not as_json:
        say(where_to(packet))
        if way != "cancel":
            say_late(ledger, packet)
            say_elsewhere(ledger, packet)
    with shown(as_json) as progress:
        conversation = open_conversation(offline, progress=progress)
        plan = plan_for(way, packet, conversation.registry)
        run = conversation.run_plan(plan, [ledger.packet_file(found.digest)])
        # A rule lets it go where it is the rule that carries it; where people approved it, or its approval has ended, they are asked.
        if way == "submit" and book.rules_that_carry(found, ledger.moment(book)):
            ended = conversation.decide(run, "approve", "rule")
        elif way in ("submit", "cancel") and named and not is_interactive(as_json):
            ended = conversation.decide(run, "approve", "command")
        else:
            ended = decided(conversation, run, yes, as_json)
    if ended != "done":
        for event in run.events("step.failed") if as_json else ():  # its answer says it to people
            say(f"{event['error']['what']} {event['error']['remedy']}")
        close(run, ended, as_json)
    states = _told(conversation, ledger, run, found.digest, as_json, rehearsed=way == "rehearse")
    raise typer.Exit(OF_STATUS[ended] if is_done(way, states) else Exit.FAILED)


def _told(
    conversation: Conversation, ledger: Ledger, run: Run, packet: str, as_json: bool, *, rehearsed: bool
) -> set[str]:
    """Say what the facilities said; returns the states of the payloads."""
    [made] = run.artifacts().values()
    table = conversation.store.get(made)
    rows = [{c: str(row[c]) for c in table.colnames} for row in table]
    handover = ledger.book().find(packet)
    states = {row["state"] for row in rows}
    if as_json:
        print_json({**document_of(ledger, handover), "run": run.id, "facilities": rows})
        return states
    for row in rows:
        print_text(f"{row['payload']}: {row['state']}. {row['said']}")
    print_text(f"{packet[:12]}  {handover.state}" + ("; nothing was sent" if rehearsed else ""))
    if rehearsed and handover.state == "approved" and is_done("rehearse", states):
        say(f"Send it: gnomon handover submit {packet[:12]} --send")
    return states
