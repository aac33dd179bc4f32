"""What holds for all hand-overs: limits, rules that approve beforehand, the switch, and the audit of the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.interfaces.application import Exit, Json
from gnomon.interfaces.handover_lines import the_ledger
from gnomon.interfaces.handover_offering import document_of_file
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

rules_app = typer.Typer(name="rules", help="Rules that approve hand-overs beforehand.", no_args_is_help=True)

RuleName = Annotated[str, typer.Argument(metavar="RULE", help="The first digits of the rule's digest, at least 6.")]
Reason = Annotated[str, typer.Option(help="Why.")]
# A digest of which somebody typed so many digits was read, and not guessed.
READ = 12


def person() -> str:
    """Who gives this command: the account that the system knows, since the environment (``LOGNAME``) says what anybody writes there."""
    import os
    import socket

    from gnomon.plans import approval

    try:
        import pwd

        return f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"
    except (ImportError, KeyError):  # no such list of accounts here
        return approval.person()


def limits(
    file: Annotated[Path | None, typer.Argument(help="Limits to put in force; without it, print those in force.", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print or set how many people must approve, how long it lasts, and the budgets."""
    from gnomon.plans.handover.authorisation import set_limits

    ledger = the_ledger()
    if file is not None:
        set_limits(ledger, document_of_file(file), person())
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
    from gnomon.tools.observing.documents.times import mjd_of

    ledger = the_ledger()
    book = ledger.book()
    rules, moment = book.rules, ledger.moment(book)
    if as_json:
        print_json({d: {"off": r.off, "approved_by": r.people, "rule": r.rule.model_dump(mode="json")} for d, r in rules.items()})  # fmt: skip
        return
    for name, rule in rules.items():
        how = "off" if rule.off else f"approved by {', '.join(rule.people)}" if rule.people else "not approved"
        until = f"expired on {rule.rule.expires}" if mjd_of(rule.rule.expires) <= moment else f"until {rule.rule.expires}"  # fmt: skip
        under = book.under_rule(name)
        hours = sum(c.hours for h in under for c in h.spent())
        spent = f"spent {len(under)} of {rule.rule.budget.handovers} hand-overs, {hours:.2f} of {rule.rule.budget.hours:g} h"  # fmt: skip
        print_text(f"{name[:12]}  {rule.rule.key:<20} {how}; {until}; {spent}")
    if not rules:
        say("There are no rules.")


def rule_add(file: Annotated[Path, typer.Argument(help="The rule, YAML or JSON.", metavar="FILE")]) -> None:
    """Add a rule; it approves nothing before people approve it."""
    from gnomon.plans.handover.authorisation import add_rule

    rule = add_rule(the_ledger(), document_of_file(file), person())
    print_text(f"{rule.digest[:12]}  {rule.key}")
    say(f"It waits for approval: gnomon handover rules approve {rule.digest[:12]}")
    raise typer.Exit(Exit.WAITS)


def rule_approve(name: RuleName) -> None:
    """Approve exactly this rule."""
    from gnomon.plans.handover.authorisation import approve_rule

    ledger = the_ledger()
    rule = ledger.book().rule(name).rule
    if not rule.digest.startswith(name) or len(name) < READ:
        raise errors.UsageError(
            f"An approval names at least {READ} digits of the rule's digest.", remedy="`gnomon handover rules list --json` has it whole."
        )  # fmt: skip
    approve_rule(ledger, name, person(), "command")
    print_text(f"{rule.digest[:12]}  {rule.key} is approved by {person()}")


def rule_off(name: RuleName, reason: Reason = "") -> None:
    """Switch a rule off at once and for good."""
    from gnomon.plans.handover.authorisation import switch_rule_off

    print_text(f"{switch_rule_off(the_ledger(), name, person(), reason).key} is off")


def stop(reason: Reason = "") -> None:
    """Refuse all sends at once, whatever was approved, until `allow`."""
    the_ledger().stop(person(), reason)
    print_text("Nothing is sent until `gnomon handover allow`.")


def allow(reason: Reason = "") -> None:
    """Take `stop` back."""
    the_ledger().allow(person(), reason)
    print_text("What is approved may be sent again.")


def audit(as_json: Json = False) -> None:
    """Check the ledger: its chain, every entry against the rules, every packet against its digest, and what runs saw of it; leaves with 1 where something is wrong."""
    from gnomon.plans.handover import witnesses

    ledger = the_ledger()
    faults = witnesses.audit(ledger, ledger.folder.parent / "runs")
    events = 0 if faults else len(ledger.events())
    if as_json:
        print_json({"sound": not faults, "entries": events, "head": None if faults else ledger.head(), "faults": faults})  # fmt: skip
    elif faults:
        for fault in faults:
            print_text(fault)
    else:
        print_text(f"{events} entries, all as the rules allow; head {ledger.head()['sha256']}")
    raise typer.Exit(Exit.FAILED if faults else Exit.DONE)
