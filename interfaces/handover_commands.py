"""Commands on the hand-over of observations: ``gnomon handover``.

Nothing is sent but by ``submit --send`` and ``withdraw --send``, and these make a plan that is approved and run as any other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import (
    OF_STATUS,
    Exit,
    Json,
    Offline,
    Options,
    Yes,
    close,
    decided,
    find_run,
    is_interactive,
    open_conversation,
)
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.plans.handover.book import HandOver
    from gnomon.plans.handover.ledger import Ledger
    from gnomon.plans.run import Run

handover_app = typer.Typer(
    name="handover", help="Get observations approved and hand them over to facilities; a dry run unless --send is said.", no_args_is_help=True
)  # fmt: skip
rules_app = typer.Typer(name="rules", help="Rules that approve hand-overs beforehand.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="ID", help="The first digits of the packet's digest, at least 6.")]
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="The first digits of the rule's digest, at least 6.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Send = Annotated[bool, typer.Option("--send", help="Do it; without this, only say what would come of it.")]
# A digest of which somebody typed so many digits was read, and not guessed.
_READ = 12


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    for command in (show, offer, approve, submit, status, withdraw, limits, stop, allow, audit):
        handover_app.command()(command)
    handover_app.command("list")(list_)
    rules_app.command("add")(rule_add)
    rules_app.command("approve")(rule_approve)
    rules_app.command("off")(rule_off)
    rules_app.command("list")(rule_list)
    handover_app.add_typer(rules_app)
    app.add_typer(handover_app)


def _ledger() -> Ledger:
    from gnomon.interfaces import settings
    from gnomon.plans.handover.ledger import Ledger

    return Ledger(settings.load(Options.config).home / "handover")


def _person() -> str:
    from gnomon.plans.approval import person

    return person()


# --------------------------------------------------------------------------- what there is


def list_(as_json: Json = False) -> None:
    """List the hand-overs, the newest last, and whether all are stopped."""
    from gnomon.plans.handover.authorisation import note_expired

    ledger = _ledger()
    note_expired(ledger)
    book = ledger.book()
    if as_json:
        print_json({"stopped": book.stopped or None, "handovers": [_document(ledger, h) for h in book.handovers.values()]})  # fmt: skip
        return
    if book.stopped:
        say(f"Nothing is sent: {book.stopped}.")
    if not book.handovers:
        say("There are no hand-overs.")
    for handover in book.handovers.values():
        print_text(f"{handover.digest[:12]}  {handover.state:<12} {handover.title}")


def show(name: Name, as_json: Json = False) -> None:
    """Print a hand-over: its page, who approved it, how each payload stands, and what stands against sending it."""
    ledger = _ledger()
    handover = ledger.book().find(name)
    if as_json:
        print_json(_document(ledger, handover))
    else:
        _print(ledger, handover)


def _document(ledger: Ledger, handover: HandOver) -> dict[str, Any]:
    from gnomon.tools.observing.documents.times import text_of

    book = ledger.book()
    return {
        "id": handover.digest,
        "state": handover.state,
        "title": handover.title,
        "made": handover.made,
        "changed": handover.last,
        "valid_until": text_of(handover.valid_until),
        "packet": str(ledger.packet_file(handover.digest)),
        "approvals": [
            {"who": a.who, "how": a.how, "when": a.when, "until": text_of(a.until), "rule": a.rule or None}
            for a in handover.approvals
        ],
        "payloads": {
            n: {"facility": p.facility, "key": p.key, "state": p.state, "identifier": p.identifier or None, "said": p.said or None}
            for n, p in handover.payloads.items()
        },
        "charges": [c.model_dump(mode="json") for c in handover.charges],
        "against_sending": book.refusals(handover, handover.to_send(), ledger.moment(book)),
    }  # fmt: skip


def _print(ledger: Ledger, handover: HandOver) -> None:
    from gnomon.plans.handover.page import packet_page

    told = _document(ledger, handover)
    print_text(packet_page(ledger.packet(handover.digest)))
    print_text(f"State: {told['state']} since {told['changed']}")
    for approval in told["approvals"]:
        print_text(
            f"Approved by {approval['who']} ({approval['how']}) on {approval['when']}, until {approval['until']}"
        )
    for name, payload in told["payloads"].items():
        print_text(f"  {name}: {payload['state']}{': ' + payload['said'] if payload['said'] else ''}")
    if told["against_sending"]:
        say(f"Not to be sent: {'; '.join(told['against_sending'])}.")
    say(f"The whole packet: {told['packet']}")


def _left(ledger: Ledger, handover: HandOver, as_json: bool) -> None:
    """Say how a hand-over stands now, and leave with the code for it."""
    if as_json:
        print_json(_document(ledger, handover))
    else:
        print_text(f"{handover.digest[:12]}  {handover.state}  {handover.title}")
        if handover.state == "offered":
            say(f"It waits for approval. Read it: gnomon handover show {handover.digest[:12]}   Approve it: gnomon handover approve {handover.digest[:12]}")  # fmt: skip
    raise typer.Exit(Exit.WAITS if handover.state in ("draft", "checked", "offered") else Exit.DONE)


# --------------------------------------------------------------------------- before it is sent


def offer(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="A schedule document, or a run that made one.")],
    routes: Annotated[Path, typer.Option("--routes", help="Which telescopes are asked through which facility.", metavar="FILE")],
    telescopes: Annotated[Path | None, typer.Option("--telescopes", "-t", help="The telescopes document; of a run, its own.", metavar="FILE")] = None,
    requests: Annotated[Path | None, typer.Option("--requests", "-r", help="The requests document; of a run, its own.", metavar="FILE")] = None,
    parent: Annotated[Path | None, typer.Option(help="The schedule that this one replaces.", metavar="FILE")] = None,
    alert: Annotated[Path | None, typer.Option(help="The alert that it answers, as `gnomon alerts show --json` has it.", metavar="FILE")] = None,
    attempt: Annotated[int, typer.Option(min=1, help="Raise it to observe on purpose what was handed over before.")] = 1,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Verify a schedule, draft it for its facilities, and offer the packet for approval; nothing is sent."""
    from gnomon.plans.canonical import digest
    from gnomon.plans.handover.authorisation import offer as put
    from gnomon.plans.handover.making import packet_of, read_routes
    from gnomon.tools.observing.documents.files import document_in
    from gnomon.tools.observing.verification.offerable import offerable

    found_by: dict[str, tuple[list[str], str]] = {}

    def verify(*given: Any) -> tuple[list[str], str]:
        """The verifier, which looks at one schedule once in a command: it takes as long as all the rest."""
        key = digest(list(given))
        if key not in found_by:
            found_by[key] = offerable(*given)
        return found_by[key]

    documents = _documents(schedule, telescopes, requests)
    packet = packet_of(
        *documents,
        read_routes(_read(routes)),
        verify,
        parent=document_in(parent) if parent else None,
        alert=_alert_name(alert) if alert else None,
        attempt=attempt,
    )
    ledger = _ledger()
    found = put(ledger, packet, verify)
    if not as_json:
        _print(ledger, found)
    _left(ledger, found, as_json)


def _documents(schedule: str, telescopes: Path | None, requests: Path | None) -> tuple[Any, Any, Any]:
    """Telescopes, requests and schedule, from files or from what a run made and read."""
    if Path(schedule).is_file():
        if telescopes is None or requests is None:
            raise errors.UsageError(
                "A schedule alone does not say what it is of.", remedy="Give --telescopes and --requests as well."
            )
        return _read(telescopes), _read(requests), _read(Path(schedule))
    from gnomon.tools.observing.documents.tables import document_of
    from gnomon.tools.registry import Kind

    conversation = open_conversation()
    run = find_run(conversation, schedule)
    made = {Kind.parse(a.kind).name: a for a in run.artifacts().values()}
    found = {}
    for kind, given in (("Telescopes", telescopes), ("ObservingRequests", requests), ("Schedule", None)):
        if given is not None:
            found[kind] = _read(given)
        elif kind in made:
            found[kind] = document_of(conversation.store.get(made[kind]))
        else:
            raise errors.UsageError(f"Run {run.id} has no {kind}.", remedy="Name a run that made a schedule.")
    return found["Telescopes"], found["ObservingRequests"], found["Schedule"]


def _read(path: Path) -> dict[str, Any]:
    from gnomon.tools.observing.documents.files import document_in

    if not path.is_file():
        raise errors.UsageError(f"There is no file {path}.", remedy="Check its name.")
    return document_in(path)


def _alert(path: Path) -> tuple[str, dict[str, Any]]:
    """Digest of an alert, and its fields."""
    from datetime import UTC, datetime

    from gnomon.plans.canonical import digest
    from gnomon.tools.observing.alerts.alert import alert_document, read_alert_document
    from gnomon.tools.observing.alerts.alert_fields import fields_of
    from gnomon.tools.observing.documents.times import mjd_of

    document = _read(path)
    # `gnomon alerts show --json` has what is known of the event under `known`.
    alert = read_alert_document({k: v for k, v in document.get("known", document).items() if k != "routes"})
    fields = {k: list(v) if isinstance(v, tuple) else v for k, v in fields_of(alert, mjd_of(datetime.now(UTC))).items()}
    if document.get("retracted"):
        fields["kind"] = "retraction"
    return digest(alert_document(alert)), fields


def _alert_name(path: Path) -> dict[str, str]:
    from gnomon.plans.handover.rules import alert_class_of

    sha256, fields = _alert(path)
    return {"digest": sha256, "identifier": str(fields["identifier"]), "alert_class": alert_class_of(fields)}


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

    ledger = _ledger()
    found = ledger.book().find(name)
    if rule is not None:
        if alert is None:
            raise errors.UsageError("A rule is asked about an alert.", remedy="Give it with --alert FILE.")
        _left(ledger, authorisation.approve_by_rule(ledger, name, rule, *_alert(alert)), as_json)
    page = packet_page(ledger.packet(found.digest))
    how: authorisation.How = "command"
    if is_interactive(as_json):
        say(page)
        answer = typer.prompt("Approve this packet? yes / no", default="no", err=True).strip().lower()
        if answer not in ("y", "yes", "是"):
            say("It was not approved.")
            raise typer.Exit(Exit.WAITS)
        how = "terminal"
    elif len(name) < _READ:
        raise errors.UsageError(
            f"An approval names at least {_READ} digits of the packet's digest.",
            remedy="`gnomon handover show` has them.",
        )
    found = authorisation.approve(ledger, found.digest, _person(), how, shown=text_digest(page), reason=reason)
    if not as_json and found.state == "offered":
        say("It is approved by you, and another person must approve it as well.")
    _left(ledger, found, as_json)


# --------------------------------------------------------------------------- facilities


def submit(name: Name, send: Send = False, yes: Yes = False, offline: Offline = False, as_json: Json = False) -> None:
    """Hand a packet over: a rehearsal with its facilities, and with --send in earnest."""
    _plan("submit" if send else "rehearse", name, yes, offline, as_json)


def status(name: Name, yes: Yes = False, offline: Offline = False, as_json: Json = False) -> None:
    """Ask the facilities how a packet stands, and write it down."""
    _plan("status", name, yes, offline, as_json)


def withdraw(name: Name, send: Send = False, yes: Yes = False, reason: Reason = "", as_json: Json = False) -> None:
    """Give a hand-over up; of what was sent already, the facilities are told with --send."""
    from gnomon.plans.handover import authorisation
    from gnomon.plans.handover.states import UNSENT

    ledger = _ledger()
    found = ledger.book().find(name)
    if found.state in UNSENT:
        _left(ledger, authorisation.withdraw(ledger, name, _person(), reason), as_json)
    if not send:
        say("It was sent, so its facilities must cancel it: --send tells them. This is how it stands there.")
    _plan("cancel" if send else "status", name, yes, False, as_json)


def _plan(way: str, name: str, yes: bool, offline: bool, as_json: bool) -> None:
    """Make the plan, get it approved, run it, and write down what the facilities said."""
    from gnomon.interfaces.progress import shown
    from gnomon.plans.handover.planning import plan_for

    ledger = _ledger()
    found = ledger.book().find(name)
    packet = ledger.packet(found.digest)
    book = ledger.book()
    if way == "submit" and (against := book.refusals(found, found.to_send(), ledger.moment(book))):
        raise errors.ApprovalError(
            f"It must not be sent: {'; '.join(against)}.", remedy=f"`gnomon handover show {found.digest[:12]}`"
        )
    with shown(as_json) as progress:
        conversation = open_conversation(offline, progress=progress)
        plan = plan_for(way, packet, conversation.registry)
        run = conversation.run_plan(plan, [ledger.packet_file(found.digest)])
        by_rule = way == "submit" and any(a.rule for a in found.approvals)
        ended = conversation.decide(run, "approve", "rule") if by_rule else decided(conversation, run, yes, as_json)
    if ended != "done":
        for event in run.events("step.failed"):
            say(f"{event['error']['what']} {event['error']['remedy']}")
        close(run, ended, as_json)
    _told(conversation, ledger, run, found.digest, as_json, heard=way != "rehearse")
    raise typer.Exit(OF_STATUS[ended])


def _told(conversation: Conversation, ledger: Ledger, run: Run, packet: str, as_json: bool, *, heard: bool) -> None:
    from gnomon.plans.handover.gate import Gate

    [made] = run.artifacts().values()
    table = conversation.store.get(made)
    rows = [{c: str(row[c]) for c in table.colnames} for row in table]
    if heard:
        Gate(ledger.folder).settle(run.plan(conversation.registry).steps[0], rows, packet)
    handover = ledger.book().find(packet)
    if as_json:
        print_json({**_document(ledger, handover), "run": run.id, "facilities": rows})
        return
    for row in rows:
        print_text(f"{row['payload']}: {row['state']}. {row['said']}")
    print_text(f"{packet[:12]}  {handover.state}" + ("" if heard else "; nothing was sent"))


# --------------------------------------------------------------------------- limits, rules, the switch


def limits(
    file: Annotated[Path | None, typer.Argument(help="Limits to put in force; without it, print those in force.", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print or set how many people must approve, how long it lasts, and the budgets."""
    from gnomon.plans.handover.authorisation import set_limits

    ledger = _ledger()
    if file is not None:
        set_limits(ledger, _read(file), _person())
    told = ledger.book().limits.model_dump(mode="json")
    if as_json:
        print_json(told)
        return
    print_text(f"{told['people']} must approve; an approval lasts {told['approval_hours']:g} h")
    for budget in told["budgets"]:
        of = f" {budget['of']}" if budget["of"] else ""
        what = [f"{budget['hours']:g} h"] if budget["hours"] is not None else []
        what += [f"{budget['visits']} visits"] if budget["visits"] is not None else []
        print_text(f"{budget['by']}{of}: {', '.join(what) or 'no limit'}")
    if not told["budgets"]:
        print_text("There are no budgets.")


def rule_list(as_json: Json = False) -> None:
    """List the rules."""
    rules = _ledger().book().rules
    if as_json:
        print_json({d: {"off": r.off, "approved_by": r.people, "rule": r.rule.model_dump(mode="json")} for d, r in rules.items()})  # fmt: skip
        return
    for name, rule in rules.items():
        how = "off" if rule.off else f"approved by {', '.join(rule.people)}" if rule.people else "not approved"
        print_text(f"{name[:12]}  {rule.rule.key:<20} {how}; until {rule.rule.expires}")


def rule_add(file: Annotated[Path, typer.Argument(help="The rule, YAML or JSON.", metavar="FILE")]) -> None:
    """Add a rule; it approves nothing before people approve it."""
    from gnomon.plans.handover.authorisation import add_rule

    rule = add_rule(_ledger(), _read(file), _person())
    print_text(f"{rule.digest[:12]}  {rule.key}")
    say(f"It waits for approval: gnomon handover rules approve {rule.digest[:12]}")
    raise typer.Exit(Exit.WAITS)


def rule_approve(name: RuleName) -> None:
    """Approve exactly this rule."""
    from gnomon.plans.handover.authorisation import approve_rule

    ledger = _ledger()
    rule = ledger.book().rule(name).rule
    if not rule.digest.startswith(name) or len(name) < _READ:
        raise errors.UsageError(
            f"An approval names at least {_READ} digits of the rule's digest.", remedy="`gnomon handover rules list --json` has it whole."
        )  # fmt: skip
    approve_rule(ledger, name, _person(), "command")
    print_text(f"{rule.digest[:12]}  {rule.key} is approved by {_person()}")


def rule_off(name: RuleName, reason: Reason = "") -> None:
    """Switch a rule off at once and for good."""
    from gnomon.plans.handover.authorisation import switch_rule_off

    print_text(f"{switch_rule_off(_ledger(), name, _person(), reason).key} is off")


def stop(reason: Reason = "") -> None:
    """Refuse all sends at once, whatever was approved, until `allow`."""
    _ledger().stop(_person(), reason)
    print_text("Nothing is sent until `gnomon handover allow`.")


def allow(reason: Reason = "") -> None:
    """Take `stop` back."""
    _ledger().allow(_person(), reason)
    print_text("What is approved may be sent again.")


def audit(as_json: Json = False) -> None:
    """Check the ledger: its chain, every entry against the rules, every packet against its digest; leaves with 1 where something is wrong."""
    ledger = _ledger()
    faults = ledger.audit()
    events = 0 if faults else len(ledger.events())
    if as_json:
        print_json({"sound": not faults, "entries": events, "head": None if faults else ledger.head(), "faults": faults})  # fmt: skip
    elif faults:
        for fault in faults:
            print_text(fault)
    else:
        print_text(f"{events} entries, all as the rules allow; head {ledger.head()['sha256']}")
    raise typer.Exit(Exit.FAILED if faults else Exit.DONE)
