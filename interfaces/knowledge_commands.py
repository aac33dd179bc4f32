"""Commands on the literature memory: documents put in, listed, shown, searched and taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.search import Hit

Name = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="Citation key, identifier, DOI, arXiv number or bibcode.")
]
_WIDTH = 100


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    knowledge = typer.Typer(help="The literature memory: papers, notes and methods, and the passages in them.")
    for name, command in (
        ("add", add),
        ("search", search),
        ("list", list_documents),
        ("show", show),
        ("remove", remove),
    ):
        knowledge.command(name)(command)
    app.add_typer(knowledge, name="knowledge", no_args_is_help=True)


@contextmanager
def _opened(*, notes: bool = True) -> Iterator[LiteratureMemory]:
    """The memory, with the method notes that come with Gnomon."""
    from gnomon.interfaces import settings
    from gnomon.knowledge.literature import method_notes
    from gnomon.knowledge.literature.memory import LiteratureMemory

    chosen = settings.load(Options.config)
    memory = LiteratureMemory(chosen.home / "knowledge", chosen.knowledge_server)
    try:
        if notes:
            method_notes.refresh(memory, lambda n: say(f"Reading {n} notes on methods that come with Gnomon; once."))
        yield memory
    finally:
        memory.close()


def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Files, or folders with all that can be read in them: PDF, LaTeX, HTML, Markdown, text; lists of references (BibTeX, RIS).",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Put documents into the memory; what is there already is passed over, and what cannot be read is told."""
    from gnomon.knowledge.literature.ingest import files_of, ingest

    files = files_of(paths)
    if not files:
        raise UsageError(
            "There is nothing in there that can be read.", remedy="PDF, LaTeX, HTML, Markdown and plain text can."
        )
    outcomes = []
    with _opened() as memory:
        for number, outcome in enumerate(ingest(memory, files), start=1):
            outcomes.append(outcome)
            document = outcome.document
            said = outcome.problem
            if document is not None:
                pages = f", {document.pages} pages" if document.pages else ""
                said = f"{document.key}: {document.title[:_WIDTH]} ({document.passages} passages{pages})"
                said = f"{said}, known already" if outcome.state == "known" else said
            name = f"{outcome.path.name} {outcome.entry}".strip()
            state = {"described": ", described by it", "left": ", left out"}.get(outcome.state, "")
            say(f"  {number}  {name}: {said}{state}")
            if outcome.state == "added" and document is not None:
                for problem in document.problems[:5]:
                    say(f"      {problem}")
    counts = {s: sum(o.state == s for o in outcomes) for s in ("added", "known", "described", "left", "failed")}
    if as_json:
        told = [{"file": str(o.path), "state": o.state, "key": o.document.key if o.document else None, "problem": o.problem or None} for o in outcomes]  # fmt: skip
        print_json({**counts, "files": told})
    else:
        more = (
            f" {counts['described']} described, {counts['left']} left out."
            if counts["described"] or counts["left"]
            else ""
        )
        print_text(
            f"{counts['added']} added, {counts['known']} known already, {counts['failed']} could not be read.{more}"
        )
    if counts["failed"]:
        raise typer.Exit(Exit.FAILED)


def search(
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="In English or Chinese; phrases in quotation marks are looked for as they are."
        ),
    ],
    most: Annotated[int, typer.Option("--most", "-n", min=1, max=100, help="How many passages.")] = 5,
    since: Annotated[int | None, typer.Option(help="Published in this year or later.", metavar="YEAR")] = None,
    until: Annotated[int | None, typer.Option(help="Published in this year or before.", metavar="YEAR")] = None,
    language: Annotated[str, typer.Option(help="Only documents in this language: en or zh.", metavar="CODE")] = "",
    methods: Annotated[bool, typer.Option("--methods", help="Only the notes on methods.")] = False,
    as_json: Json = False,
) -> None:
    """Find passages, and say why each was found."""
    from gnomon.knowledge.literature.search import Filters
    from gnomon.knowledge.literature.search import search as find

    if language not in ("", "en", "zh"):
        raise UsageError(f"{language!r} is no language that documents here are in.", remedy="Write en or zh.")
    with _opened() as memory:
        hits = find(memory, question, most, Filters(since, until, language, "method" if methods else ""))
    if as_json:
        print_json({"question": question, "passages": [_document(hit) for hit in hits]})
    elif not hits:
        print_text("Nothing was found in the memory. `gnomon knowledge add PATH` puts documents in.")
    else:
        print_text("\n\n".join(_told(number, hit) for number, hit in enumerate(hits, start=1)))


def list_documents(as_json: Json = False) -> None:
    """List the documents of the memory."""
    with _opened() as memory:
        documents = memory.documents()
    if as_json:
        print_json({"documents": [d.document() for d in documents]})
        return
    for d in documents:
        print_text(
            f"{d.key}  {d.citation()}  [{d.language}, {d.passages} passages{', method note' if d.kind == 'method' else ''}]"
        )


def show(name: Name, as_json: Json = False) -> None:
    """Show what is known of a document, and its text as it was read."""
    with _opened(notes=False) as memory:
        document = memory.named(name)
        text = memory.text_of(document)
    if as_json:
        print_json({**document.document(), "text": text})
        return
    said = [f"{k}: {', '.join(v) if isinstance(v, list | tuple) else v}" for k, v in document.document().items()]
    print_text("\n".join([*said, "", text]))


def remove(name: Name) -> None:
    """Take a document out of the memory."""
    with _opened(notes=False) as memory:
        document = memory.named(name)
        memory.remove(document.id)
    print_text(f"{document.key} was taken out: {document.title}")


def _told(number: int, hit: Hit) -> str:
    """A passage with its source, and why it was found."""
    passage = hit.passage
    where = [hit.document.citation()]
    if passage.page:
        last = passage.last_page
        where.append(f"page {passage.page}" if last in (None, passage.page) else f"pages {passage.page}-{last}")
    if section := passage.section.rpartition(" > ")[2]:
        where.append(f"section {section!r}")
    if hit.document.notice:
        where.append(hit.document.notice)
    reasons = [f"{way} ({amount:.2f})" for way, amount in hit.why.items() if isinstance(amount, float)]
    if exact := hit.why.get("exact"):
        reasons.append(f"holds {', '.join(map(repr, exact))}")
    text = "\n".join(f"    {line}" for line in _wrapped(" ".join(passage.text.split())))
    return f"{number}. [{hit.document.key}] {', '.join(where)}\n{text}\n    found by {', '.join(reasons)}"


def _wrapped(text: str) -> Iterator[str]:
    """Lines of a text; a Chinese character takes two places, and a line may end behind it."""
    import unicodedata

    line, used = "", 0
    for word in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in word.rstrip())
        if used and used + width > _WIDTH and word[0] not in "，。；：！？、）”’》】":
            yield line.rstrip()
            line, used = "", 0
        line, used = line + word, used + width + len(word) - len(word.rstrip())
    if line.strip():
        yield line.rstrip()


def _document(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    told = {
        "key": hit.document.key, "citation": hit.document.citation(), "document": hit.document.id, "page": passage.page, "section": passage.section,
        "start": passage.start, "end": passage.end, "score": round(hit.score, 6), "why": hit.why, "text": passage.text,
    }  # fmt: skip
    return {k: v for k, v in told.items() if v is not None}
