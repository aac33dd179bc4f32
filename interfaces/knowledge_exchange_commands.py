"""Commands by which documents come to the literature memory from others and go to them: export, import, licences, a folder that is watched."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools.errors import StoreError, UsageError

if TYPE_CHECKING:
    from gnomon.knowledge.literature.documents import Document
    from gnomon.knowledge.literature.watch import Seen, WatchedFolder

Name = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="Citation key, identifier, DOI, arXiv number or bibcode.")
]
# So many of a kind are named one by one, unless --json asks for all.
_NAMED = 20
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0}  # fmt: skip
# Between the first two looks at a folder: what is not written to for so long is taken to be whole.
_SETTLED_S = 2.0


def register(knowledge: typer.Typer) -> None:
    """Put these commands beside the others on the memory."""
    for name, command in (("export", export), ("import", import_file), ("licence", licence), ("watch", watch)):
        knowledge.command(name)(command)


def export(
    path: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where to write it; it must not be there.")],
    documents: Annotated[
        list[str] | None,
        typer.Option("--documents", metavar="DOCUMENT", help="Only this one; may be given several times."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write documents to a file for others: what is known of them and where their passages stand; their text where its licence lets everyone have it."""
    from gnomon.interfaces.knowledge_commands import _opened
    from gnomon.knowledge.literature.sharing import chosen_documents
    from gnomon.knowledge.literature.sharing import export as write

    with _opened(notes=False) as memory:
        told = write(memory, path, chosen_documents(memory, documents) if documents else None)
    if as_json:
        print_json({
            "file": str(path), "bytes": path.stat().st_size, "with_text": [_brief(d) for d in told.with_text],
            "without_text": [{**_brief(d), "why": why} for d, why in told.without],
        })  # fmt: skip
        return
    for d, why in told.without[:_NAMED]:
        say(f"  {d.key}: without its text, since {why}.")
    if len(told.without) > _NAMED:
        say(f"  ... and {len(told.without) - _NAMED} more; --json names all.")
    print_text(
        f"{path}: {_counted(len(told.with_text) + len(told.without), 'document')}, {len(told.with_text)} of them with their text."
        + (" `gnomon knowledge licence DOCUMENT LICENCE` states a licence." if told.without else "")
    )


def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What `gnomon knowledge export` wrote.")],
    as_json: Json = False,
) -> None:
    """Put documents of a file from others into the memory; what is there stays as it is."""
    from gnomon.interfaces.knowledge_commands import _opened
    from gnomon.knowledge.literature.sharing import receive

    all_received = []
    with _opened() as memory:
        for number, received in enumerate(receive(memory, path), start=1):
            all_received.append(received)
            d = received.document
            state = {"added": "", "known": ", known already", "described": ", without its text; put the file in to search it"}  # fmt: skip
            said = (
                received.problem
                if d is None
                else f"{d.title[:100]} ({_counted(d.passages, 'passage')}){state[received.state]}"
            )
            say(f"  {number}  {received.name}: {said}")
    counts = Counter(r.state for r in all_received)
    counted = {s: counts[s] for s in ("added", "described", "known", "failed")}
    if as_json:
        print_json({**counted, "documents": [{"name": r.name, "state": r.state, **(_brief(r.document) if r.document else {}), "problem": r.problem or None} for r in all_received]})  # fmt: skip
    else:
        print_text(
            f"{counted['added']} added, {counted['described']} known without their text, {counted['known']} known already, {counted['failed']} could not be taken."
        )
    if counts["failed"]:
        raise typer.Exit(Exit.FAILED)


def licence(
    name: Name,
    stated: Annotated[
        str,
        typer.Argument(metavar="[LICENCE]", help="CC-BY-4.0, CC0-1.0, public domain ...; without it what is known."),
    ] = "",
    as_json: Json = False,
) -> None:
    """State the licence of a document; or show the one that is known, and what its text says of licences."""
    from gnomon.interfaces.knowledge_commands import _opened
    from gnomon.knowledge.literature.licences import lines_on_licence, read_licence
    from gnomon.knowledge.literature.sharing import state_licence

    with _opened(notes=False) as memory:
        document = memory.named(name)
        if stated.strip():
            document = state_licence(memory, document, stated)
        lines = [] if stated.strip() else lines_on_licence(memory.text_of(document))
    read = read_licence(document.licence)
    if as_json:
        print_json({**_brief(document), "text_is_exported": read.shared, "why_not": read.why_not or None, "its_text_says": lines})  # fmt: skip
        return
    known = f"its licence is {read.name}" if read.name else "no licence is known"
    goes = "exports have its text" if read.shared else f"exports go without its text, since {read.why_not}"
    print_text(f"{document.key}: {known}; {goes}.")
    if lines:
        print_text("Its text says:\n" + "\n".join(f"    {line}" for line in lines))


def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Looked at with all folders in it.")],
    every: Annotated[str, typer.Option(help="How long between two looks: 30 s, 5 min.", metavar="TIME")] = "30 s",
    once: Annotated[bool, typer.Option("--once", help="Put in what is new or changed now, and end.")] = False,
    remove_deleted: Annotated[
        bool, typer.Option("--remove-deleted", help="Take out the documents of files that were deleted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Keep the memory like a folder: new and changed files are put in until Ctrl-C; what is still being written waits."""
    from gnomon.interfaces import settings
    from gnomon.interfaces.knowledge_commands import _opened
    from gnomon.knowledge.literature.watch import WatchedFolder

    pause = _seconds(every)
    place = settings.load(Options.config).home / "knowledge"
    place.mkdir(parents=True, exist_ok=True)
    watched = WatchedFolder(folder, place, _opened, remove_deleted=remove_deleted)
    told: list[dict[str, Any]] = []
    try:
        if not once:
            say(f"Looking at {folder} every {pause:g} s; Ctrl-C ends it.")
        for seen in _looks(watched, pause, once):
            _say_seen(seen, len(told) + 1)
            told.append(_document(seen))
    except KeyboardInterrupt:
        if once:
            raise
        say("")
    finally:
        watched.close()
    states = Counter(t["state"] for t in told)
    if as_json:
        print_json({"folder": str(folder), **states, "waiting": watched.waiting, "files": told})
    else:
        counted = [f"{n} {state}" for state, n in states.items() if state not in ("waits", "unseen")]
        waiting = f" {_counted(watched.waiting, 'file')} left for the next look." if watched.waiting else ""
        print_text(f"{', '.join(counted) or 'Nothing new'}.{waiting}")
    if once and states["failed"]:
        raise typer.Exit(Exit.FAILED)


def _looks(watched: WatchedFolder, pause_s: float, once: bool) -> Iterator[Seen]:
    """What happens in a folder, look after look; the second look soon after the first, which alone concludes nothing."""
    yield from watched.look()
    time.sleep(min(pause_s, _SETTLED_S))
    while True:
        try:
            yield from watched.look()
        except StoreError as error:
            if once:
                raise
            say(f"{error} The next look tries again.")
        if once:
            return
        time.sleep(pause_s)


def _say_seen(seen: Seen, number: int) -> None:
    from gnomon.interfaces.knowledge_commands import say_outcome

    if seen.outcome is not None:
        say_outcome(number, seen.outcome, seen.documents)
        return
    keys = ", ".join(d.key for d in seen.documents)
    told = {
        "waits": "is still being written, and waits",
        "replaced": f"its older text {keys} was taken out",
        "deleted": f"was deleted; {keys or 'nothing of it'} stays in the memory",
        "taken out": f"was deleted, and {keys or 'nothing'} was taken out of the memory",
        "unseen": "cannot be looked at, or is suddenly empty; a drive may not be mounted, and nothing is taken for deleted",
    }
    say(f"  {number}  {seen.path.name}: {told[seen.state]}.")


def _document(seen: Seen) -> dict[str, Any]:
    outcome = seen.outcome
    if outcome is not None:
        return {"file": str(seen.path), "state": outcome.state, "key": outcome.document.key if outcome.document else None, "problem": outcome.problem or None, "remarks": list(outcome.remarks)}  # fmt: skip
    return {"file": str(seen.path), "state": seen.state, "keys": [d.key for d in seen.documents]}


def _brief(document: Document) -> dict[str, Any]:
    return {"key": document.key, "document": document.id, "licence": document.licence or None}


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _seconds(said: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*?)s?", said.strip().lower())
    if match is None or match[2] not in _SECONDS or float(match[1]) * _SECONDS[match[2]] < 1.0:
        raise UsageError(f"{said!r} is no time between two looks.", remedy="Write like 30 s or 5 min; at least 1 s.")
    return float(match[1]) * _SECONDS[match[2]]
