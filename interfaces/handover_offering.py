"""``gnomon handover offer``: a schedule, what it is of, and where it goes, read and put together into a packet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.interfaces.application import Json, find_run, open_conversation
from gnomon.interfaces.handover_lines import left, print_handover, the_ledger
from gnomon.tools import errors


def offer(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="A schedule document, or a run that made one.")],
    routes: Annotated[Path, typer.Option("--routes", help="Which telescopes are asked through which facility.", metavar="FILE")],
    telescopes: Annotated[Path | None, typer.Option("--telescopes", "-t", help="The telescopes document; of a run, its own.", metavar="FILE")] = None,
    requests: Annotated[Path | None, typer.Option("--requests", "-r", help="The requests document; of a run, its own.", metavar="FILE")] = None,
    parent: Annotated[Path | None, typer.Option(help="The schedule that this one replaces; of a run, the one that was changed.", metavar="FILE")] = None,
    alert: Annotated[Path | None, typer.Option(help="The alert that it answers, as `gnomon alerts show --json` has it.", metavar="FILE")] = None,
    attempt: Annotated[int, typer.Option(min=1, help="Raise it to observe on purpose what was handed over before.")] = 1,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Verify a schedule, draft it for its facilities, and offer the packet for approval; nothing is sent."""
    from gnomon.plans.canonical import digest
    from gnomon.plans.handover.authorisation import offer as put
    from gnomon.plans.handover.making import packet_of, read_routes
    from gnomon.tools.observing.verification.offerable import offerable

    found_by: dict[str, tuple[list[str], str]] = {}

    def verify(*given: Any) -> tuple[list[str], str]:
        """The verifier, which looks at one schedule once in a command: it takes as long as all the rest."""
        key = digest(list(given))
        if key not in found_by:
            found_by[key] = offerable(*given)
        return found_by[key]

    of_telescopes, of_requests, planned, replaced = _documents(schedule, telescopes, requests)
    packet = packet_of(
        of_telescopes,
        of_requests,
        planned,
        read_routes(document_of_file(routes)),
        verify,
        parent=document_of_file(parent) if parent else replaced,
        alert=_alert_name(alert) if alert else None,
        attempt=attempt,
    )
    ledger = the_ledger()
    found = put(ledger, packet, verify)
    if not as_json:
        print_handover(ledger, found)
    left(ledger, found, as_json)


def _documents(schedule: str, telescopes: Path | None, requests: Path | None) -> tuple[Any, Any, Any, Any]:
    """Telescopes, requests, schedule and the schedule that it replaces (or None), from files or from a run.

    Of a run that changed a schedule they are those after the events, which the schedule was made for, and not those that the run read.
    """
    if Path(schedule).is_file():
        if telescopes is None or requests is None:
            raise errors.UsageError(
                "A schedule alone does not say what it is of.", remedy="Give --telescopes and --requests as well."
            )
        return document_of_file(telescopes), document_of_file(requests), document_of_file(Path(schedule)), None
    from gnomon.interfaces.observing_runs import planned_in

    conversation = open_conversation()
    found = planned_in(conversation, find_run(conversation, schedule))
    return (
        document_of_file(telescopes) if telescopes else found.telescopes,
        document_of_file(requests) if requests else found.requests,
        found.schedule,
        found.replaced[-1] if found.replaced else None,
    )


def document_of_file(path: Path) -> dict[str, Any]:
    """A document that somebody named."""
    from gnomon.tools.observing.documents.files import document_in

    if not path.is_file():
        raise errors.UsageError(f"There is no file {path}.", remedy="Check its name.")
    return document_in(path)


def alert_of_file(path: Path) -> tuple[str, dict[str, Any]]:
    """Digest of an alert, and its fields."""
    from datetime import UTC, datetime

    from gnomon.plans.canonical import digest
    from gnomon.tools.observing.alerts.alert import alert_document, read_alert_document
    from gnomon.tools.observing.alerts.alert_fields import fields_of
    from gnomon.tools.observing.documents.times import mjd_of

    document = document_of_file(path)
    # `gnomon alerts show --json` has what is known of the event under `known`.
    alert = read_alert_document({k: v for k, v in document.get("known", document).items() if k != "routes"})
    fields = {k: list(v) if isinstance(v, tuple) else v for k, v in fields_of(alert, mjd_of(datetime.now(UTC))).items()}
    if document.get("retracted"):
        fields["kind"] = "retraction"
    return digest(alert_document(alert)), fields


def _alert_name(path: Path) -> dict[str, str]:
    from gnomon.plans.handover.rules import alert_class_of

    sha256, fields = alert_of_file(path)
    return {"digest": sha256, "identifier": str(fields["identifier"]), "alert_class": alert_class_of(fields)}
