"""Commands on the literature memory: documents put in, listed, shown, searched and taken out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from gnomon.interfaces import knowledge_exchange_commands, published_commands
from gnomon.interfaces.application import Exit, Json, Offline, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.knowledge.literature.outcomes import State
from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from gnomon.knowledge.literature.described import Described
    from gnomon.knowledge.literature.documents import Document
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.mentions import Mentioned
    from gnomon.knowledge.literature.outcomes import Outcome
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
    knowledge_exchange_commands.register(knowledge)
    published_commands.register(knowledge, _opened)
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
    named: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|NUMBER...",
            help="Files, or folders with all that can be read in them: PDF, LaTeX, HTML, Markdown, text; lists of references (BibTeX, RIS, EndNote, what ADS exports); "
            "or papers by arXiv number, DOI, bibcode or address, and files that list them.",
        ),
    ],
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Ask the services of papers that are there too: for versions, errata and retractions since."
        ),
    ] = False,
    offline: Offline = False,
    as_json: Json = False,
) -> None:
    """Put documents into the memory; what is there already is passed over, and what cannot be read or fetched is told."""
    from gnomon.knowledge.literature.awaited import AwaitedDocuments
    from gnomon.knowledge.literature.ingest import ingest, named_or_numbered

    files = named_or_numbered(named)
    if not files:
        raise UsageError(
            "There is nothing in there that can be read.", remedy="PDF, LaTeX, HTML, Markdown and plain text can."
        )
    outcomes = []
    with _opened() as memory:
        awaited = AwaitedDocuments(memory.folder)
        for number, outcome in enumerate(
            ingest(memory, files, services=lambda: _services(offline), again=again, encoded=_VectorsTold()), start=1
        ):
            outcome = awaited.remarked(memory, outcome)
            outcomes.append(outcome)
            say_outcome(number, outcome, memory.versions_of(outcome.document) if outcome.document is not None else [])
    counts = {s: sum(o.state == s for o in outcomes) for s in get_args(State)}
    if as_json:
        told = [{"file": str(o.path) if o.path.name else None, "entry": o.entry or None, "state": o.state, "key": o.document.key if o.document else None, "problem": o.problem or None, "remarks": list(o.remarks)} for o in outcomes]  # fmt: skip
        print_json({**counts, "files": told})
    else:
        more = {
            "described": "described", "left": "left out", "absent": "that no service has", "unasked": "that could not be asked for"
        }  # fmt: skip
        rest = ", ".join(f"{counts[s]} {said}" for s, said in more.items() if counts[s])
        print_text(
            f"{counts['added']} added, {counts['known']} known already, {counts['failed']} could not be read."
            + (f" {rest}." if rest else "")
        )
    if counts["failed"] or counts["absent"] or counts["unasked"]:
        raise typer.Exit(Exit.FAILED)


class _VectorsTold:
    """How far the vectors are: told at first where there are many to make, and every ten seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, most: int) -> None:
        now = time.monotonic()
        if not done:
            self._last = now
            if most > 2:
                say(f"They are found by their words from now on. Making what finds them by their sense, for {most} documents; if it is cut short, the next `gnomon knowledge add` goes on.")  # fmt: skip
        elif now - self._last > 10 and done < most:
            self._last = now
            say(f"  {done} of {most}")


def say_outcome(number: int, outcome: Outcome, versions: Sequence[Document] = ()) -> None:
    """Say what became of one of the things that were to be put in, and what there is to say of it."""
    say(_outcome_line(number, outcome))
    for remark in outcome.remarks:
        say(f"      {remark}")
    document = outcome.document
    if document is not None and document.notice:
        say(f"      Note: {document.notice}")
    if document is not None and outcome.state == "added":
        for problem in [p for p in document.problems if p not in outcome.remarks][:5]:
            say(f"      {problem}")
        for other in versions:
            say(f"      The memory has another version of it: {other.key}")


def _outcome_line(number: int, outcome: Outcome) -> str:
    """What became of one of the things that were to be put in."""
    document = outcome.document
    said = outcome.problem
    if document is not None:
        pages = f", {document.pages} pages" if document.pages else ""
        said = f"{document.key}: {document.title[:_WIDTH]} ({document.passages} passages{pages})"
        said = f"{said}, known already" if outcome.state == "known" else said
    name = f"{outcome.path.name} {outcome.entry}".strip()
    state = {"described": ", described by it", "left": ", left out", "absent": " (there is none)", "unasked": " (not asked)"}.get(outcome.state, "")  # fmt: skip
    return f"  {number}  {name}: {said}{state}"


@contextmanager
def _services(offline: bool) -> Iterator[None]:
    """The services that know papers, asked as the settings and the policy let them be.

    Raises
    ------
    ApprovalError
        Where the policy denies it.  To give a number is to ask for the paper, so that nobody is asked again.
    """
    from tempfile import TemporaryDirectory

    from gnomon.interfaces import settings
    from gnomon.tools.errors import ApprovalError
    from gnomon.tools.transport import transport

    chosen = settings.load(Options.config)
    if not offline and chosen.policy().effects.get("read_network", "ask") == "deny":
        raise ApprovalError(
            "The policy denies read_network, so no service may be asked for papers.",
            remedy="Change policy.effects in settings.toml, or add the papers' files.",
        )
    with TemporaryDirectory() as records, transport("record", Path(records), "papers", access=chosen.access(offline=offline)):  # fmt: skip
        yield


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
    on_object: Annotated[
        str,
        typer.Option(
            "--object",
            metavar="NAME",
            help="Only what speaks of this object; join its names by =, as 'HD 209458 = V376 Peg'.",
        ),
    ] = "",
    on_method: Annotated[
        str,
        typer.Option("--method", metavar="NAME", help="Only what speaks of this method or tool, in either language."),
    ] = "",
    rerank: Annotated[
        bool,
        typer.Option("--rerank", help="Read the best once more, word by word: finds a little more, in half a second."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Find passages, and say why each was found."""
    from gnomon.knowledge.literature.search import Filters
    from gnomon.knowledge.literature.search import search as find

    if language not in ("", "en", "zh"):
        raise UsageError(f"{language!r} is no language that documents here are in.", remedy="Write en or zh.")
    names = _names_of_object(on_object)
    if (on_object and not names) or (on_method and not on_method.strip()):
        raise UsageError("A name is empty, and everything speaks of nothing.", remedy="Name an object or a method.")
    filters = Filters(since, until, language, "method" if methods else "", names, on_method.strip())
    with _opened() as memory:
        hits = find(memory, question, most, filters, rerank=rerank)
        spoken = filters.mentioned(memory)
        waiting = len(memory.waiting())
    if waiting:
        say(f"{waiting} documents are found by their words alone: putting them in was cut short. `gnomon knowledge add` goes on, with the same files or with others.")  # fmt: skip
    if as_json:
        speak_of = {"speak_of": [{"name": m.name, "names": list(m.names), "passages": len(m.rows)} for m in spoken]}
        print_json({"question": question, **(speak_of if spoken else {}), "passages": [_document(hit) for hit in hits]})
        return
    for m in spoken:
        say(_spoken_of(m))
    if not hits and spoken:
        if all(m.rows for m in spoken):
            what = " and ".join(m.name for m in spoken)
            print_text(f"No passage that speaks of {what} was found with these filters. Leave one out to see more.")
        else:
            what = " nor of ".join(m.name for m in spoken if not m.rows)
            print_text(f"No passage in the memory speaks of {what}. `gnomon knowledge add PATH` puts documents in.")
    elif not hits:
        print_text("Nothing was found in the memory. `gnomon knowledge add PATH` puts documents in.")
    else:
        print_text("\n\n".join(_told(number, hit) for number, hit in enumerate(hits, start=1)))


def list_documents(as_json: Json = False) -> None:
    """List the documents of the memory."""
    from gnomon.knowledge.literature.awaited import AwaitedDocuments
    from gnomon.knowledge.literature.versions import described_as_version

    with _opened() as memory:
        documents, older = memory.documents(), memory.superseded()
        awaited = [known.document for known in AwaitedDocuments(memory.folder).documents()]
    if as_json:
        without = {"without_text": [d.document() for d in awaited]} if awaited else {}
        print_json({"documents": [d.document() for d in documents], **without})
        return
    keys = {d.id: d.key for d in documents}
    for d in documents:
        told = [d.language, f"{d.passages} passages", "method note" if d.kind == "method" else described_as_version(d)]
        told.append(f"read {keys[older[d.id]]} in its place" if d.id in older else "")
        print_text(f"{d.key}  {d.citation()}  [{', '.join(t for t in (*told, d.notice) if t)}]")
    for d in awaited:
        origin = f"known from {d.more.get('shared_in')} without its text"
        print_text(f"{d.key}  {d.citation()}  [{', '.join(t for t in (d.language, f'{d.passages} passages', origin, d.notice) if t)}]")  # fmt: skip


def show(name: Name, as_json: Json = False) -> None:
    """Show what is known of a document, and its text as it was read."""
    from gnomon.knowledge.literature.versions import described_as_version

    with _opened(notes=False) as memory:
        if (known := _awaited(memory, name)) is not None:
            _show_awaited(known, as_json)
            return
        document = memory.named(name)
        text = memory.text_of(document)
        versions = [f"{d.key} ({described_as_version(d) or d.source})" for d in memory.versions_of(document)]
        newer = memory.superseded().get(document.id)
        newest = next((d.key for d in memory.versions_of(document) if d.id == newer), None)
    if as_json:
        print_json({**document.document(), "read_in_its_place": newest, "text": text})
        return
    told = {**document.document(), "versions": versions}
    said = [f"{k}: {', '.join(v) if isinstance(v, list | tuple) else v}" for k, v in told.items() if v and k != "more"]
    said += [f"{name}, by {source}: {value}" for name, others in document.more.get("others", {}).items() for source, value in others.items()]  # fmt: skip
    if newest:
        said.append(f"read in its place: {newest}")
    print_text("\n".join([*said, "", text]))


def remove(name: Name) -> None:
    """Take a document out of the memory."""
    from gnomon.knowledge.literature.awaited import AwaitedDocuments

    with _opened(notes=False) as memory:
        if (known := _awaited(memory, name)) is not None:
            document = known.document
            AwaitedDocuments(memory.folder).remove(document.id)
        else:
            document = memory.named(name)
            memory.remove(document.id)
    print_text(f"{document.key} was taken out: {document.title}")


def _awaited(memory: LiteratureMemory, name: str) -> Described | None:
    """A document that is known without its text; one that is there with its text goes before it."""
    from gnomon.knowledge.literature.awaited import AwaitedDocuments

    try:
        memory.named(name)
    except UsageError:
        return AwaitedDocuments(memory.folder).named(name)
    return None


def _show_awaited(known: Described, as_json: bool) -> None:
    """What is known of a document whose text is not here, and where its passages stand."""
    if as_json:
        print_json({**known.document.document(), "text": None, "text_sha256": known.text_sha256, "places": [vars(p) for p in known.places]})  # fmt: skip
        return
    told = known.document.document()
    said = [
        f"{k}: {', '.join(map(str, v)) if isinstance(v, list | tuple) else v}" for k, v in told.items() if k != "more"
    ]
    said += ["Its text is not here. Its passages, by place in the text, page, section and SHA-256:"]
    said += [f"  {p.start}-{p.end}  {p.page or '-'}  {p.section or '-'}  {p.sha256[:16]}" for p in known.places]
    print_text("\n".join(said))


def _names_of_object(said: str) -> tuple[str, ...]:
    """The names of an object, as a person joins them, and those that the word lists have beside them."""
    if not said.strip():
        return ()
    from gnomon.agents.understanding.object_spellings import spellings

    return tuple(dict.fromkeys(s for name in said.split("=") for s in spellings(name)))


def _spoken_of(mentioned: Mentioned) -> str:
    """How many passages speak of something, and by which names it was looked for."""
    others = mentioned.names[1:]
    called = f" (also {', '.join(others[:8])}{' ...' if len(others) > 8 else ''})" if others else ""
    count = len(mentioned.rows)
    return f"{count or 'No'} passage{'' if count == 1 else 's'} speak{'s' if count == 1 else ''} of {mentioned.name}{called}."


def _told(number: int, hit: Hit) -> str:
    """A passage with its source, and why it was found, without what a terminal would obey."""
    from gnomon.agents.markup import clean, one_line

    passage = hit.passage
    where = [one_line(hit.document.citation())]
    if passage.page:
        last = passage.last_page
        where.append(f"page {passage.page}" if last in (None, passage.page) else f"pages {passage.page}-{last}")
    if section := passage.section.rpartition(" > ")[2]:
        where.append(f"section {one_line(section)!r}")
    if hit.document.notice:
        where.append(one_line(hit.document.notice))
    reasons = [f"{way} ({amount:.2f})" for way, amount in hit.why.items() if isinstance(amount, float)]
    if exact := hit.why.get("exact"):
        reasons.append(f"holds {', '.join(map(repr, exact))}")
    text = "\n".join(f"    {line}" for line in _wrapped(" ".join(clean(passage.text).split())))
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
    """A passage as JSON; its text is as it is stored, but for characters that a terminal would obey, each of which gives way to one."""
    from gnomon.agents.markup import clean, one_line

    passage = hit.passage
    told = {
        "key": hit.document.key, "citation": one_line(hit.document.citation()), "document": hit.document.id, "page": passage.page, "section": one_line(passage.section),
        "start": passage.start, "end": passage.end, "score": round(hit.score, 6), "why": hit.why, "text": clean(passage.text),
    }  # fmt: skip
    return {k: v for k, v in told.items() if v is not None}
