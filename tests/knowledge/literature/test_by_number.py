"""Papers by number: found, not there and not asked are three things, the text goes before the abstract, and a list goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FaultServer, Reply
from paper_services import TOKEN, PaperServices, work

from gnomon.knowledge.literature.identifiers import Identifier
from gnomon.knowledge.literature.ingest import ingest, named_or_numbered
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import search
from gnomon.tools.errors import UsageError

TITLE = "A box-fitting algorithm in the search for periodic transits"
TEXT = (
    "We study the statistical characteristics of a box-fitting algorithm to analyze stellar photometric time series. "
    * 6
)
DOI = "10.1051/0004-6361:20020802"
NUMBER = Identifier("arxiv", "astro-ph/0206099")
CROSSREF = work(
    DOI, TITLE, author=[{"given": "G.", "family": "Kovács"}, {"given": "S.", "family": "Zucker"}], issued={"date-parts": [[2002, 8]]},
    volume="391", page="369-377", **{"short-container-title": ["A&amp;A"], "container-title": ["Astronomy &amp; Astrophysics"]},
)  # fmt: skip
ADS_DOC = {
    "bibcode": "2002A&A...391..369K", "title": [TITLE], "author": ["Kovács, G.", "Zucker, S.", "Mazeh, T."], "year": "2002", "pubdate": "2002-08-00",
    "pub": "Astronomy and Astrophysics", "doi": [DOI], "identifier": ["2002astro.ph..6099K", "arXiv:astro-ph/0206099", DOI, "2002A&A...391..369K"],
    "abstract": "An abstract of ADS.",
}  # fmt: skip


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path / "memory")
    yield made
    made.close()


def test_the_text_of_arxiv_with_what_crossref_says_of_it(
    memory: LiteratureMemory, paper_services: PaperServices
) -> None:
    paper_services.put_arxiv("astro-ph/0206099v2", TITLE, TEXT, doi=DOI, journal_ref="Astron.Astrophys. 391 (2002) 369")
    paper_services.crossref[DOI] = CROSSREF

    (outcome,) = ingest(memory, [NUMBER], services=paper_services.contexts())
    (again,) = ingest(memory, [NUMBER, Identifier("doi", DOI)][:1], services=paper_services.contexts())

    document = outcome.document
    assert outcome.state == "added" and document is not None
    assert (document.arxiv, document.doi, document.year) == ("astro-ph/0206099v2", DOI, 2002)
    assert document.authors == ("Kovács, G.", "Zucker, S.") and document.journal == "A&A, 391, 369"
    assert document.pages == 1 and "box-fitting algorithm to analyze" in memory.text_of(document)
    assert document.more["by"]["journal"] == "Crossref"
    assert [r.split(":")[0] for r in outcome.remarks] == [
        "ADS could not be asked"
    ] and "ADS_API_TOKEN" in outcome.remarks[0]
    assert again.state == "known" and paper_services.server.count("/pdf") == 1
    assert search(memory, "Kovács box-fitting", 1)[0].document == document


def test_a_version_that_is_asked_for_is_the_one_that_comes(
    memory: LiteratureMemory, paper_services: PaperServices
) -> None:
    paper_services.put_arxiv("2104.12255v1", "On the frequency of hot planets around cool stars", TEXT)
    paper_services.put_arxiv(
        "2104.12255v2", "On the frequency of hot planets around cool stars", TEXT + " With a new section on clouds."
    )

    asked = named_or_numbered(["https://arxiv.org/abs/2104.12255v1", "2104.12255v2"])
    first, second = ingest(memory, asked, services=paper_services.contexts())

    assert first.document is not None and second.document is not None
    older = memory.named("2104.12255v1")
    assert older.id == first.document.id and older.versions == (second.document.id,)
    assert memory.named("2104.12255").arxiv == "2104.12255v2", "without a version the newest"
    assert memory.superseded() == {first.document.id: second.document.id}


def test_without_a_text_the_abstract_goes_in_and_it_is_told(
    memory: LiteratureMemory, paper_services: PaperServices
) -> None:
    abstract = "<jats:title>Abstract</jats:title>\n  <jats:p>Transits of <jats:italic>WASP-12</jats:italic> b &amp; others.</jats:p>"
    paper_services.crossref["10.1000/abc"] = {**CROSSREF, "DOI": "10.1000/abc", "abstract": abstract}

    (outcome,) = ingest(memory, named_or_numbered(["https://doi.org/10.1000/abc"]), services=paper_services.contexts())

    document = outcome.document
    assert document is not None and document.parser == "abstract" and document.more["full_text"] == "none"
    assert memory.text_of(document).strip() == "Transits of WASP-12 b & others."
    assert outcome.remarks[0].startswith("Only the abstract is there: no text of it was found at arXiv")
    assert document.problems == outcome.remarks[:1]


def test_a_text_that_could_not_be_asked_for_comes_later_in_place_of_the_abstract(
    memory: LiteratureMemory, paper_services: PaperServices, fault_server: FaultServer
) -> None:
    paper_services.put_arxiv("astro-ph/0206099v1", TITLE, TEXT)
    fault_server.serve("/pdf", Reply(status=503))
    (first,) = ingest(memory, [NUMBER], services=paper_services.contexts())
    fault_server.serve("/pdf", paper_services._pdf)
    (second,) = ingest(memory, [NUMBER], services=paper_services.contexts())

    assert first.document is not None and second.document is not None
    assert first.document.parser == "abstract" and "503" in first.remarks[0]
    assert second.state == "added" and second.document.key == first.document.key == "Kovacs2002"
    assert [d.id for d in memory.documents()] == [second.document.id]


def test_found_and_not_there_and_not_asked_are_three_things(
    memory: LiteratureMemory, paper_services: PaperServices, fault_server: FaultServer, tmp_path: Path
) -> None:
    paper_services.put_arxiv("2001.00001v1", "A paper that is there, with a title of its own", TEXT)
    listed = tmp_path / "numbers.txt"
    listed.write_text("# my papers\n2001.00002\n10.1000/none   # gone\n2002A&A...391..369K\nwhat?\n2001.00001\n")

    outcomes = list(ingest(memory, named_or_numbered([str(listed)]), services=paper_services.contexts()))

    assert [(o.state, o.entry) for o in outcomes] == [
        ("failed", "list of numbers"), ("absent", "arXiv:2001.00002"), ("absent", "doi:10.1000/none"), ("unasked", "2002A&A...391..369K"), ("added", "arXiv:2001.00001")
    ]  # fmt: skip
    assert "Line 5" in outcomes[0].problem and "answers that it has no arXiv:2001.00002" in outcomes[1].problem
    assert "Zenodo" in outcomes[2].problem and "ADS_API_TOKEN" in outcomes[3].problem
    assert not outcomes[4].remarks, "that there is no token was told before"
    fault_server.serve("/arxiv", Reply(status=503))
    (down,) = ingest(memory, [Identifier("arxiv", "2001.00003")], services=paper_services.contexts())
    assert down.state == "unasked" and "503" in down.problem
    assert len(memory.documents()) == 1


def test_ads_finds_the_number_of_a_bibcode_and_its_errata(
    memory: LiteratureMemory, paper_services: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADS_API_TOKEN", TOKEN)
    paper_services.put_arxiv("astro-ph/0206099v1", TITLE, TEXT, doi=DOI)
    erratum = {"bibcode": "2003A&A...400..999K", "title": [f"Erratum: {TITLE}"], "year": "2003", "doctype": "erratum"}
    paper_services.ads = [ADS_DOC, erratum]
    paper_services.crossref[DOI] = CROSSREF

    (outcome,) = ingest(memory, [Identifier("bibcode", "2002A&A...391..369K")], services=paper_services.contexts())

    document = outcome.document
    assert document is not None and not outcome.remarks
    assert (document.bibcode, document.arxiv, document.pages) == ("2002A&A...391..369K", "astro-ph/0206099v1", 1)
    assert document.notice == "an erratum was published (ADS: 2003A&A...400..999K, 2003)"
    assert document.more["others"] == {"authors": {"ADS": ["Kovács, G.", "Zucker, S.", "Mazeh, T."]}}, (
        "Crossref is believed"
    )


def test_corrections_and_retractions_of_crossref(memory: LiteratureMemory, paper_services: PaperServices) -> None:
    # As Crossref has it of 10.1371/journal.pone.0033693.
    update = {"DOI": "10.1371/annotation/c76da2c1", "type": "correction", "label": "Correction", "source": "publisher", "updated": {"date-parts": [[2012, 5, 8]], "date-time": "2012-05-08T00:00:00Z"}}  # fmt: skip
    gone = {**update, "type": "retraction", "DOI": "10.1000/retraction"}
    paper_services.crossref["10.1000/a"] = {**CROSSREF, "DOI": "10.1000/a", "abstract": "It is so.", "updated-by": [update, gone, {"type": "new_version", "DOI": "10.1/x"}]}  # fmt: skip

    (outcome,) = ingest(memory, [Identifier("doi", "10.1000/a")], services=paper_services.contexts())

    assert outcome.document is not None
    assert outcome.document.notice == (
        "retracted (Crossref: doi:10.1000/retraction, 2012-05-08); a correction was published (Crossref: doi:10.1371/annotation/c76da2c1, 2012-05-08)"
    )


@pytest.mark.parametrize("abstract", ["We correct equation 5.", ""])
def test_an_erratum_put_in_by_its_doi_is_told_of_its_paper(
    memory: LiteratureMemory, paper_services: PaperServices, abstract: str
) -> None:
    paper_services.crossref["10.1000/a"] = {**CROSSREF, "DOI": "10.1000/a", "abstract": "It is so."}
    update = {
        "DOI": "10.1000/a",
        "type": "erratum",
        "label": "Erratum",
        "updated": {"date-time": "2003-01-01T00:00:00Z"},
    }
    paper_services.crossref["10.1000/e"] = {**CROSSREF, "DOI": "10.1000/e", "title": ["Not so"], "abstract": abstract, "update-to": [update]}  # fmt: skip

    outcomes = list(ingest(memory, named_or_numbered(["10.1000/a", "10.1000/e"]), services=paper_services.contexts()))

    assert [o.state for o in outcomes] == ["added", "added" if abstract else "left"]
    assert memory.named("10.1000/a").notice == "an erratum was published (doi:10.1000/e, 2002)"


def test_a_paper_that_was_withdrawn_from_arxiv(memory: LiteratureMemory, paper_services: PaperServices) -> None:
    paper_services.put_arxiv(
        "2001.00001v2",
        "A claim that was too good to be true for long",
        comment="This paper has been withdrawn by the author due to an error in eq. 3",
    )

    (outcome,) = ingest(memory, [Identifier("arxiv", "2001.00001")], services=paper_services.contexts())

    assert outcome.document is not None and outcome.document.notice.startswith(
        "withdrawn (arXiv says: “This paper has been withdrawn"
    )
    assert outcome.remarks[0] == "Only the abstract is there: arXiv answers that it has no PDF of 2001.00001v2."


def test_a_file_that_is_there_is_described_and_not_fetched_again(
    memory: LiteratureMemory, paper_services: PaperServices, tmp_path: Path
) -> None:
    (tmp_path / "bls.md").write_text(f"# {TITLE}\n\n{TEXT}")
    paper_services.put_arxiv("astro-ph/0206099v1", TITLE, TEXT, doi=DOI)
    paper_services.crossref[DOI] = CROSSREF

    outcomes = list(ingest(memory, [tmp_path / "bls.md", NUMBER], services=paper_services.contexts()))

    assert [o.state for o in outcomes] == ["added", "described"] and paper_services.server.count("/pdf") == 0
    (document,) = memory.documents()
    assert (document.doi, document.arxiv, document.year) == (DOI, "astro-ph/0206099", 2002)


def test_a_file_that_prints_a_doi_is_not_taken_for_that_paper(
    memory: LiteratureMemory, paper_services: PaperServices, tmp_path: Path
) -> None:
    (tmp_path / "web.md").write_text(f"---\ntitle: How to install our program\ndoi: {DOI}\n---\n# Install\n\nCite us.")
    paper_services.crossref[DOI] = {**CROSSREF, "abstract": "Transits are found."}

    list(ingest(memory, [tmp_path / "web.md"]))
    offline = list(ingest(memory, [Identifier("doi", DOI)], services=paper_services.contexts(offline=True)))
    (outcome,) = ingest(memory, [Identifier("doi", DOI)], services=paper_services.contexts())

    assert offline[0].state == "unasked"
    assert offline[0].remarks[0] == "Install prints this number, and may be that paper."
    assert outcome.state == "added" and len(memory.documents()) == 2
    assert memory.superseded() == {}


def test_what_was_asked_once_is_there_without_the_network(
    memory: LiteratureMemory, paper_services: PaperServices
) -> None:
    paper_services.put_arxiv("astro-ph/0206099v1", TITLE, TEXT)
    (first,) = ingest(memory, [NUMBER], services=paper_services.contexts())
    assert first.document is not None
    memory.remove(first.document.id)
    asked = paper_services.server.count("/")

    again, other = ingest(
        memory, [NUMBER, Identifier("arxiv", "2001.00009")], services=paper_services.contexts(offline=True)
    )

    assert again.state == "added" and again.document is not None and again.document.id == first.document.id
    assert other.state == "unasked" and "network is not to be used" in other.problem
    assert paper_services.server.count("/") == asked


def test_a_list_without_services_is_left(memory: LiteratureMemory, tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text("arXiv:1202.3665\n")
    (outcome,) = ingest(memory, [tmp_path / "numbers.txt"])
    assert outcome.state == "left" and "numbers of papers" in outcome.problem


def test_asked_again_a_paper_has_what_was_found_since(memory: LiteratureMemory, paper_services: PaperServices) -> None:
    paper_services.put_arxiv("astro-ph/0206099v1", TITLE, TEXT, doi=DOI)
    paper_services.crossref[DOI] = CROSSREF
    (first,) = ingest(memory, [NUMBER], services=paper_services.contexts())
    paper_services.put_arxiv("astro-ph/0206099v2", TITLE, TEXT + " More.", doi=DOI)
    paper_services.crossref[DOI] = {**CROSSREF, "updated-by": [{"DOI": "10.1/r", "type": "retraction"}]}

    (not_again,) = ingest(memory, [NUMBER], services=paper_services.contexts())
    (again,) = ingest(memory, [NUMBER], services=paper_services.contexts(), again=True)

    assert first.document is not None and not first.document.notice
    assert not_again.state == "known" and not_again.document == first.document
    assert again.state == "described" and again.document is not None and again.document.id == first.document.id
    assert again.document.notice == "retracted (Crossref: doi:10.1/r)"
    assert again.remarks[0] == "arXiv has a newer version by now: `gnomon knowledge add astro-ph/0206099v2` fetches it."


def test_a_path_that_is_there_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("1202.3665").write_text("A text.")
    assert named_or_numbered(["1202.3665", "1202.3666", "1202.3666"]) == [
        Path("1202.3665"),
        Identifier("arxiv", "1202.3666"),
    ]
    for bad in ("", " ", "nowhere.pdf", "12.3", "x" * 5000, "10.1/x y"):
        with pytest.raises(UsageError, match="no file or folder that is there, and no arXiv number"):
            named_or_numbered([bad])
