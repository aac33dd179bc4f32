"""Papers put into the memory by their numbers: asked for at arXiv, Crossref and ADS, with the text where arXiv has it, else with the abstract."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.documents import Document, short_name
from gnomon.knowledge.literature.identifiers import (  # fmt: skip
    Identifier,
    arxiv_of_bibcode,
    identifier_of,
    version_of,
    without_version,
)
from gnomon.knowledge.literature.known import TELLING, folded_title
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.notices import corrected_by, sentence, withdrawn
from gnomon.knowledge.literature.outcomes import Outcome
from gnomon.knowledge.literature.reading import parse_document
from gnomon.knowledge.literature.versions import newest
from gnomon.tools.errors import GnomonError, InputError, ServiceError

T = TypeVar("T")
# Seconds for which an answer is taken again without asking, so that a long list goes on where it was cut short.
_GOOD_FOR = 86400.0
# Stands in remarks between the name of a service and why it did not answer.
NOT_ASKED = " could not be asked: "
# Which service knows papers of which identifiers, whatever the others say.
_FIRST = {"arxiv": "arXiv", "doi": "Crossref", "bibcode": "ADS"}
# Whose abstract is taken: Crossref's have lost their formulae more often.
_ABSTRACTS = ("arXiv", "ADS", "Crossref")


@dataclass
class _Told:
    """What services said of a paper: records by service, those that have none, and those that could not be asked."""

    services: Callable[[], AbstractContextManager[object]]
    good_for: float
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    unasked: dict[str, GnomonError] = field(default_factory=dict)
    warned: list[str] = field(default_factory=list)

    def ask(self, question: Callable[[], T]) -> T:
        """Ask, with the network open for that alone."""
        with warnings.catch_warnings(record=True) as caught, self.services():
            warnings.simplefilter("always", UserWarning)
            found = question()
        self.warned += [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
        return found

    def record(self, service: str, question: Callable[[], dict[str, Any] | None]) -> dict[str, Any] | None:
        """Ask a service for its record, and keep what becomes of it."""
        try:
            found = self.ask(question)
        except (ServiceError, InputError) as error:
            self.unasked[service] = error
            return None
        if found is None:
            self.absent.append(service)
        else:
            self.records[service] = found
        return found

    def value(self, name: str, *services: str) -> str:
        """What the first of these services that says anything says."""
        return next((str(v) for s in services if (v := self.records.get(s, {}).get(name))), "")


def put_by_number(
    memory: LiteratureMemory,
    identifiers: Iterable[Identifier],
    services: Callable[[], AbstractContextManager[object]],
    *,
    again: bool = False,
) -> Iterator[Outcome]:
    """Put papers into the memory.

    Parameters
    ----------
    memory : LiteratureMemory
    identifiers : iterable of Identifier
    services : callable
        Gives a context in which services may be asked (`gnomon.tools.transport.transport`); it is entered for each question.
    again : bool
        Ask of what is there too, for versions, errata and retractions since.

    Yields
    ------
    Outcome
        Of each, as it is done; one that fails stops no other.  ``known`` without asking anybody where the text is there; ``absent`` where the
        service that would know it says that there is none; ``unasked`` where that could not be found out; ``left`` where there is neither text
        nor abstract.  ``remarks`` tell which other services were not asked, and that there is the abstract alone.
    """
    for identifier in identifiers:
        told = _Told(services, 0.0 if again else _GOOD_FOR)
        try:
            outcome = _one(memory, identifier, told, again)
        except GnomonError as error:
            outcome = Outcome(Path(), "failed", problem=str(error), entry=str(identifier))
        unasked = [f"{n}{NOT_ASKED}{e}" for n, e in told.unasked.items() if str(e) != outcome.problem]
        yield replace(outcome, remarks=tuple(dict.fromkeys((*outcome.remarks, *unasked, *told.warned))))


def _one(memory: LiteratureMemory, identifier: Identifier, told: _Told, again: bool) -> Outcome:
    here = memory.numbered(identifier.value)
    # That a file prints an identifier does not say that it is that paper; once a service has said so it is known.
    sure = [d for d in here if identifier.kind in d.more.get("by", ()) and d.more.get("full_text") != "unasked"]
    if sure and not again:
        return Outcome(Path(), "known", newest(sure), entry=str(identifier))
    _ask_all(identifier, told)
    first = _FIRST[identifier.kind]
    if not told.records or (first not in told.records and identifier.kind == "arxiv"):
        lacking = _not_found(identifier, first, told)
        if here and lacking.state == "unasked":
            return replace(lacking, remarks=(f"{newest(here).key} prints this number, and may be that paper.",))
        return lacking
    records = [(service, _as_record(service, record)) for service, record in told.records.items()]
    title = told.value("title", "Crossref", "ADS", "arXiv")
    merged = {"title": title, "doi": told.value("doi", "Crossref", "ADS", "arXiv"), "arxiv": _number(identifier, told), "bibcode": told.value("identifier", "ADS"), "year": told.value("year", "Crossref", "ADS", "arXiv")}  # fmt: skip
    same = memory.same_as({**merged, "arxiv": identifier.value if identifier.kind == "arxiv" else merged["arxiv"]})
    wanted = version_of(identifier.value) if identifier.kind == "arxiv" else 0
    if same is not None and same.parser != "abstract" and (not wanted or version_of(same.arxiv) == wanted):
        return _described(memory, same, records, identifier, told)
    return _put(memory, identifier, told, records, same if same is not None and same.parser == "abstract" else None)


def _ask_all(identifier: Identifier, told: _Told) -> None:
    """Ask the services: first the one whose identifier it is, then the others by what that one says."""
    from gnomon.tools.archives.literature.ads_identifiers import errata_of, paper_of_identifier
    from gnomon.tools.archives.literature.arxiv_numbers import paper_of_number
    from gnomon.tools.archives.literature.crossref_works import work_of_doi

    value = identifier.value
    if identifier.kind == "arxiv":
        if told.record("arXiv", lambda: paper_of_number(value, told.good_for)) is None:
            return
    elif identifier.kind == "doi":
        told.record("Crossref", lambda: work_of_doi(value, told.good_for))
    name = f"arXiv:{without_version(value)}" if identifier.kind == "arxiv" else value
    told.record("ADS", lambda: paper_of_identifier(name, told.good_for))
    doi = told.value("doi", "ADS", "arXiv")
    if doi and "Crossref" not in (*told.records, *told.absent, *told.unasked):
        told.record("Crossref", lambda: work_of_doi(doi, told.good_for))
    title = told.value("title", "Crossref", "ADS", "arXiv")
    if "ADS" in told.records and len(folded_title(title)) > TELLING:
        try:
            found = told.ask(lambda: errata_of(title, told.good_for))
        except (ServiceError, InputError) as error:
            told.unasked["ADS, for errata"] = error
        else:
            told.records["ADS"]["notices"] = _errata(found, title)
    if "arXiv" not in told.records and told.records:
        number = _number(identifier, told)
        if number:
            told.record("arXiv", lambda: paper_of_number(number, told.good_for))
        elif "ADS" not in told.records and len(folded_title(title)) > TELLING:
            # ADS would have known the number; without it the title tells.
            told.record("arXiv", lambda: _by_title(title, told))


def _by_title(title: str, told: _Told) -> dict[str, Any] | None:
    """The paper of arXiv that has this title, and this DOI or first author."""
    from gnomon.tools.archives.literature.arxiv_numbers import paper_of_number, titled

    doi = told.value("doi", "Crossref", "ADS").casefold()
    authors = told.records.get("Crossref", {}).get("authors") or [""]
    for paper in titled(title, told.good_for):
        by_doi = bool(doi) and paper["doi"].casefold() == doi
        by_name = bool(paper["authors"]) and short_name(paper["authors"][0]).casefold() == short_name(authors[0]).casefold()  # fmt: skip
        if by_doi or (by_name and folded_title(paper["title"]) == folded_title(title)):
            return paper_of_number(paper["arxiv"], told.good_for)
    return None


def _number(identifier: Identifier, told: _Told) -> str:
    """The arXiv number of a paper, without version; empty where nobody says."""
    if identifier.kind == "arxiv":
        return without_version(identifier.value)
    preprints = [identifier_of(d) for d in told.records.get("Crossref", {}).get("preprints", ())]
    own = next((p.value for p in preprints if p is not None and p.kind == "arxiv"), "")
    said = told.value("arxiv", "arXiv", "ADS") or own or arxiv_of_bibcode(told.value("identifier", "ADS"))
    return without_version(said)


def _not_found(identifier: Identifier, first: str, told: _Told) -> Outcome:
    if first in told.unasked:
        error = told.unasked[first]
        state = "failed" if isinstance(error, InputError) else "unasked"
        return Outcome(Path(), state, problem=str(error), entry=str(identifier))  # type: ignore[arg-type]
    more = " DOIs of Zenodo and other archives of data are not registered there." if first == "Crossref" else ""
    return Outcome(
        Path(), "absent", problem=f"{first} answers that it has no {identifier}.{more}", entry=str(identifier)
    )


def _described(
    memory: LiteratureMemory,
    document: Document,
    records: list[tuple[str, dict[str, Any]]],
    identifier: Identifier,
    told: _Told,
) -> Outcome:
    changed = False
    for service, record in records:
        document, new = memory.describe(document, record, service)
        changed = changed or new
    newer = told.records.get("arXiv", {}).get("version") or 0
    remarks: tuple[str, ...] = ()
    if 0 < version_of(document.arxiv) < newer:
        number = f"{without_version(document.arxiv)}v{newer}"
        remarks = (f"arXiv has a newer version by now: `gnomon knowledge add {number}` fetches it.",)
    return Outcome(Path(), "described" if changed else "known", document, entry=str(identifier), remarks=remarks)


def _put(
    memory: LiteratureMemory,
    identifier: Identifier,
    told: _Told,
    records: list[tuple[str, dict[str, Any]]],
    in_place_of: Document | None,
) -> Outcome:
    """Put in the text of a paper, else its abstract."""
    parsed, content, why, state = _text_of(identifier, told)
    source = str(identifier)
    remarks: list[str] = []
    if parsed is None:
        abstract = told.value("abstract", *_ABSTRACTS)
        if in_place_of is not None:
            outcome = _described(memory, in_place_of, records, identifier, told)
            return Outcome(outcome.path, outcome.state, outcome.document, entry=outcome.entry, remarks=(why,))
        if not abstract or withdrawn(abstract[:300]):
            for service, record in records:
                memory.notice(record, service)
            return Outcome(Path(), "left", problem=f"nobody gives an abstract. {why}", entry=str(identifier))
        remarks.append(why)
        parsed = Parsed([Block("paragraph", abstract)], {"full_text": state}, problems=[why], parser="abstract")
        content = abstract.encode()
    else:
        source = f"arXiv:{parsed.metadata['arxiv']}"
    document, new = memory.put(parsed, source, content, records=records, in_place_of=in_place_of)
    return Outcome(Path(), "added" if new else "known", document, entry=str(identifier), remarks=tuple(remarks))


def _text_of(identifier: Identifier, told: _Told) -> tuple[Parsed | None, bytes, str, str]:
    """The text of a paper as arXiv has it; else why there is none, and whether that is known (``none``) or not (``unasked``)."""
    from gnomon.tools.archives.literature.arxiv_numbers import pdf_of_number

    only = "Only the abstract is there"
    record = told.records.get("arXiv")
    if record is None:
        if (error := told.unasked.get("arXiv")) is not None:
            return None, b"", f"{only}: {error}", "unasked"
        return (
            None,
            b"",
            f"{only}: no text of it was found at arXiv. Add the file of the paper, if you have it.",
            "none",
        )
    number = record["arxiv"] + (f"v{record['version']}" if record.get("version") else "")
    try:
        content = told.ask(lambda: pdf_of_number(number, told.good_for))
    except (ServiceError, InputError) as error:
        return None, b"", f"{only}: {error}", "unasked"
    if content is None:
        return None, b"", f"{only}: arXiv answers that it has no PDF of {number}.", "none"
    try:
        parsed = parse_document(content, f"{number.replace('/', '_')}.pdf")
        if not any(b.text.strip() for b in parsed.blocks):
            raise InputError("its pages have no text", remedy="")
    except GnomonError as error:
        return None, b"", f"{only}: the PDF of {number} cannot be read: {error}", "none"
    # What arXiv says of it is better than what is read off its first page.
    parsed.metadata = {"arxiv": number}
    return parsed, content, "", ""


def _as_record(service: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """A record of a service in the words of `gnomon.knowledge.literature.reconciled`."""
    record = {k: told[k] for k in ("title", "authors", "year", "journal", "doi", "arxiv", "updates", "updated_by", "notices") if told.get(k)}  # fmt: skip
    if service == "ADS":
        record["bibcode"] = told["identifier"]
    said = f"{told.get('comment', '')} {told['abstract'][:300] if len(str(told.get('abstract'))) < 600 else ''}".strip()
    if service == "arXiv" and withdrawn(said):
        record["notices"] = [
            *record.get("notices", ()),
            sentence("withdrawal", f"arXiv says: “{said[:160].replace(';', ',')}”"),
        ]
    return record


def _errata(found: Iterable[Mapping[str, Any]], title: str) -> list[str]:
    """What errata that ADS has say of the paper of this title."""
    folded = folded_title(title)
    return [
        sentence(target["kind"], f"ADS: {paper['identifier']}", str(paper.get("year") or ""))
        for paper in found
        for target in corrected_by(paper)
        if folded_title(target.get("title", "")) == folded
    ]
