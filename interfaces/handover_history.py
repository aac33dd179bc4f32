"""``gnomon handover history``: the ledger for people, a line an entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from gnomon.interfaces.application import Json
from gnomon.interfaces.handover_lines import the_ledger
from gnomon.interfaces.output import print_json, print_text, say

_WIDEST = 200


def history(
    name: Annotated[str | None, typer.Argument(metavar="ID", help="Only of this hand-over; by default all entries.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print the ledger, the oldest entry first: who did what when, and what the facilities said."""
    ledger = the_ledger()
    events = ledger.events()
    if name is not None:
        digest = ledger.book().find(name).digest
        events = [e for e in events if e.get("packet") == digest]
    if as_json:
        print_json({"entries": events})
        return
    for event in events:
        for line in _lines(event):
            print_text(f"{event['seq']:>4}  {str(event['time'])[:19]}Z  {str(event.get('packet', ''))[:12]:<12}  {line}")  # fmt: skip
    if not events:
        say("The ledger is empty.")


def _lines(event: Mapping[str, Any]) -> Iterator[str]:
    """What an entry says; texts that people or facilities wrote stand in quotation marks, so that they cannot pretend to be entries."""
    what = str(event["event"])
    who = f"by {_quoted(event['who'])}" if event.get("who") else ""
    why = f", because {_quoted(event[key])}" if (key := "reason" if "reason" in event else "why") in event and event[key] else ""  # fmt: skip
    if what == "handover.made":
        yield f"made: {event['title']}"
    elif what == "handover.checked":
        yield f"checked: {event['violations']} violations"
    elif what == "handover.offered":
        yield "offered for approval"
    elif what == "handover.approved":
        how = f"rule, {event['rule'][:12]}" if event["how"] == "rule" else event["how"]
        yield f"approved {who} ({how}){why}"
    elif what == "handover.sending":
        yield f"sending {', '.join(event['payloads'])}; run {event['run']}"
    elif what == "handover.heard":
        for payload, told in event["payloads"].items():
            yield f"{payload}: {told['state']}{': ' + _quoted(told['said']) if told['said'] else ''}"
    elif what == "limits.set":
        limits = event["limits"]
        yield f"limits set {who}: {limits['people']} must approve, for {limits['approval_hours']:g} h, {len(limits['budgets'])} budgets"
    elif what.startswith("rule."):
        key = f" {event['rule']['key']}" if isinstance(event["rule"], Mapping) else ""
        digest = event.get("sha256") or event["rule"]
        yield f"rule{key} {str(digest)[:12]} {'switched off' if what == 'rule.off' else what.split('.')[1]} {who}{why}"
    else:  # withdrawn, expired, stopped, allowed, recovered
        yield f"{what.split('.')[-1]} {who}{why}".strip()


def _quoted(text: object) -> str:
    return json.dumps(str(text)[:_WIDEST], ensure_ascii=False)
