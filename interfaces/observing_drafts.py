"""Commands that write files of a planned run: ``gnomon observe drafts`` and ``gnomon observe documents``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Json, RunName, find_run, open_conversation
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors
from gnomon.tools.captions import text_in

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.plans.run import Run

Folder = Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.", metavar="FOLDER")]


def drafts(
    run: RunName,
    output: Folder,
    forms: Annotated[
        list[str] | None,
        typer.Option("--form", "-f", help="Write this form from the run's schedule, such as sheet, ics, csv, lco; may be given several times. By default the drafts that the run made.", metavar="FORM"),
    ] = None,
    details: Annotated[
        list[str] | None,
        typer.Option("--detail", help='What only people know, such as all.organizer=pi@example.org or not.observer="Li Wei"; may be given several times.', metavar="DETAIL"),
    ] = None,
    details_file: Annotated[Path | None, typer.Option("--details", help="The same in a file, YAML or JSON.", metavar="FILE")] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", help="A schedule document that this one replaces, so that calendars and notices update and cancel. Those of runs here are found without.", metavar="FILE"),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write drafts of a run's schedule into files: night sheets, calendars, lists, requests to facilities; nothing is sent to anybody."""
    conversation = open_conversation()
    found = find_run(conversation, run)
    from gnomon.tools.observing.drafts.details import FORMS

    unknown = [form for form in forms or [] if form not in FORMS]
    if unknown:
        raise errors.UsageError(f"There is no form {unknown[0]!r}.", remedy=f"Choose one of {', '.join(FORMS)}.")
    if not forms and (details or details_file or earlier):
        raise errors.UsageError(
            "Details and earlier schedules are for drafts that are still to be written.",
            remedy="Say which: --form ics.",
        )
    made = _made_now(conversation, found, forms, details or [], details_file, earlier or []) if forms else _made_then(conversation, found)  # fmt: skip
    output.mkdir(parents=True, exist_ok=True)
    for draft in made:
        draft["file"] = str(_write(output / Path(str(draft.pop("name"))).name, draft.pop("content")))
    if as_json:
        print_json({"run": found.id, "drafts": made})
        return
    for draft in made:
        print_text(draft["file"] + (f"   lacks: {draft['missing']}" if draft["missing"] else ""))
    for sentence in dict.fromkeys(w for draft in made for w in draft["warnings"]):
        say(f"Note: {sentence}")
    say("Drafts only: nothing was sent. `gnomon handover` gets them approved and hands them over.")


def _made_then(conversation: Conversation, run: Run) -> list[dict[str, Any]]:
    """The drafts that the run itself made."""
    from gnomon.interfaces.observing_runs import values_of
    from gnomon.tools.observing.drafts.draft import bytes_of

    made = [
        {
            "name": str(row["name"]),
            "form": str(row["form"]),
            "missing": text_in("en", str(row["missing"])),
            "warnings": [text_in("en", str(row["warnings"]))] if row["warnings"] else [],
            "content": bytes_of(str(row["media_type"]), str(row["content"])),
        }
        for table in values_of(conversation, run, "Drafts")
        for row in table
    ]
    if not made:
        from gnomon.tools.observing.drafts.details import FORMS

        raise errors.UsageError(
            f"Run {run.id} has no drafts.", remedy=f"Say which to write from its schedule: --form {', '.join(FORMS)}."
        )
    return made


def _made_now(
    conversation: Conversation,
    run: Run,
    forms: list[str],
    details: list[str],
    details_file: Path | None,
    earlier: list[Path],
) -> list[dict[str, Any]]:
    """Drafts of the run's schedule, and of what it changed."""
    from gnomon.interfaces.observing_runs import planned_in
    from gnomon.tools.observing.documents.requests import read_requests_document
    from gnomon.tools.observing.documents.schedule import read_schedule_document
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document
    from gnomon.tools.observing.drafts.details import details_in
    from gnomon.tools.observing.drafts.drafting import draft

    told = _read(details_file) if details_file is not None else {}
    for place, words in details_in(details).items():
        told[place] = {**told.get(place, {}), **words}
    planned = planned_in(conversation, run, [_read(path) for path in earlier])
    if planned.violations:
        say(f"Warning: the verifier found {planned.violations} violations in this schedule; gnomon show {run.id} tells them.")  # fmt: skip
    documents = (
        read_telescopes_document(planned.telescopes),
        read_requests_document(planned.requests),
        read_schedule_document(planned.schedule),
    )
    replaced = [read_schedule_document(d) for d in planned.replaced]
    made = []
    for form in dict.fromkeys(forms):
        written = draft(form, *documents, told, replaced)
        if not written:
            say(f"Nothing is planned of which a draft of the form {form} could tell.")
        made += [
            {"name": d.name, "form": form, "missing": "; ".join(text_in("en", m) for m in d.missing), "warnings": [text_in("en", w) for w in d.warnings], "content": d.content}
            for d in written
        ]  # fmt: skip
    if not made:
        raise errors.EmptyResult("There is nothing to draft.", remedy=f"gnomon show {run.id} says what is scheduled.")
    return made


def documents(run: RunName, output: Folder, as_json: Json = False) -> None:
    """Write a run's schedule with the telescopes and requests that it was made from, and the schedules that it replaces, as documents."""
    from gnomon.interfaces.observing_runs import planned_in
    from gnomon.tools.observing.documents.files import document_text

    conversation = open_conversation()
    found = find_run(conversation, run)
    planned = planned_in(conversation, found)
    named = {"telescopes": planned.telescopes, "requests": planned.requests, "schedule": planned.schedule}
    named |= {f"replaced_{number}": d for number, d in enumerate(planned.replaced, start=1)}
    output.mkdir(parents=True, exist_ok=True)
    written = {
        word: str(_write(output / f"{word}.json", document_text(d).encode("utf-8"))) for word, d in named.items()
    }
    if as_json:
        print_json({"run": found.id, "documents": written})
        return
    for path in written.values():
        print_text(path)


def _read(path: Path) -> dict[str, Any]:
    from gnomon.tools.observing.documents.files import document_in

    if not path.is_file():
        raise errors.UsageError(f"There is no file {path}.", remedy="Check its name.")
    return document_in(path)


def _write(path: Path, content: bytes) -> Path:
    """Write a file under its name, or with a number before its ending where another one is there: nothing of a person's is overwritten."""
    tried, number = path, 0
    while tried.exists() and not (tried.is_file() and tried.read_bytes() == content):
        number += 1
        tried = path.with_name(f"{path.stem}.{number}{path.suffix}")
    tried.write_bytes(content)
    return tried
