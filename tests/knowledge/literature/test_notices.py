"""Errata and retractions: known by their titles or by who tells of them, and told of the paper whichever came first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.ingest import ingest
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.notices import corrected_by, is_marked, notice_in_title, withdrawn
from gnomon.knowledge.literature.search import search

TITLE = "Quantum Criticality in Resonant Andreev Conduction"


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path / "memory")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("title", "kind", "paper"),
    [
        # Of real titles: ADS 2018PhRvL.120b9901P, and as AAS, A&A, Springer and Chinese journals write them.
        (f"Erratum: {TITLE} [Phys. Rev. Lett. 119, 116802 (2017)]", "erratum", TITLE),
        ("Erratum: “The Second Catalog of Stars” (2017, ApJ, 836, 107)", "erratum", "The Second Catalog of Stars"),
        ("A box-fitting algorithm in the search for transits (Corrigendum)", "corrigendum", "A box-fitting algorithm in the search for transits"),
        ("Publisher Correction: A dense star", "correction", "A dense star"),
        ("Author Correction: A dense star", "correction", "A dense star"),
        ("Retraction Note: A dense star", "retraction", "A dense star"),
        ("Retraction Note to: A dense star", "retraction", "A dense star"),
        ("Editorial Expression of Concern: A dense star", "expression of concern", "A dense star"),
        ("Addendum to: A dense star", "addendum", "A dense star"),
        ("Erratum", "erratum", ""),
        ("《某变星的光变研究》勘误", "erratum", "某变星的光变研究"),
        ("撤稿声明：某变星的光变研究", "retraction", "某变星的光变研究"),
    ],
)  # fmt: skip
def test_titles_of_notices(title: str, kind: str, paper: str) -> None:
    assert notice_in_title(title) == (kind, paper)


@pytest.mark.parametrize(
    "title",
    [
        "Correction of proper motions for a thousand stars",
        "Corrections for atmospheric refraction in long exposures",
        "Error correction in quantum computers",
        "Withdrawing gas from galaxies",
        "A retraction of the polar jet was observed",
        "On errata in star catalogues",
        TITLE,
    ],
)
def test_titles_of_papers(title: str) -> None:
    assert notice_in_title(title) is None and not corrected_by({"title": title})


def test_a_title_marked_by_the_publisher_is_that_of_the_paper() -> None:
    assert is_marked("RETRACTED: A dense star") and is_marked("A dense star (Retracted article)")
    assert not corrected_by({"title": "RETRACTED: A dense star"}) and not is_marked("Retraction Note: A dense star")


@pytest.mark.parametrize(
    ("comment", "gone"),
    [
        ("This paper has been withdrawn by the author due to an error in eq. 3", True),
        ("This submission has been withdrawn by arXiv administrators", True),
        ("Withdrawn", True),
        ("Paper withdrawn because of a bug", True),
        ("12 pages; accepted by ApJ; supersedes a withdrawn proposal", False),
        ("We study gas that is withdrawn from the disc", False),
        ("", False),
    ],
)
def test_comments_of_arxiv(comment: str, gone: bool) -> None:
    assert withdrawn(comment) is gone


def _paper(memory: LiteratureMemory, **told: object) -> str:
    parsed = Parsed([Block("paragraph", "The conduction of a resonant level was found to be critical.")], {"title": TITLE, **told})  # fmt: skip
    return memory.put(parsed, "a.pdf", b"1")[0].id


def _erratum(memory: LiteratureMemory) -> str:
    parsed = Parsed([Block("paragraph", "In equation 5 of the paper a factor of two was missing.")], {"title": f"Erratum: {TITLE} [Phys. Rev. Lett. 119, 116802 (2017)]", "doi": "10.1103/120.029901", "year": 2018})  # fmt: skip
    return memory.put(parsed, "e.pdf", b"2")[0].id


@pytest.mark.parametrize("paper_first", [True, False])
def test_an_erratum_is_told_of_its_paper_whichever_came_first(memory: LiteratureMemory, paper_first: bool) -> None:
    if paper_first:
        paper, erratum = _paper(memory), _erratum(memory)
    else:
        erratum, paper = _erratum(memory), _paper(memory)

    assert memory.named(paper).notice == "an erratum was published (doi:10.1103/120.029901, 2018)"
    assert not memory.named(erratum).notice and not memory.named(paper).versions
    assert search(memory, "conduction of a resonant level", 1)[0].document.notice.startswith("an erratum")
    folder = memory.folder
    memory.close()
    again = LiteratureMemory(folder)
    assert again.named(paper).notice and again.index.document(paper) == again.vectors.documents()[paper]
    again.close()


def test_an_erratum_in_a_list_says_something_of_its_paper_without_an_abstract(
    memory: LiteratureMemory, tmp_path: Path
) -> None:
    paper = _paper(memory)
    # As ADS exports 2018PhRvL.120b9901P.
    exported = "%R 2018PhRvL.120b9901P\n%T Erratum: Quantum Criticality in Resonant Andreev Conduction [Phys. Rev. Lett. 119, 116802 (2017)]\n%A Pustilnik, M.; van Heck, B.\n%D 01/2018\n%B Not Available <P />\n%Y DOI: 10.1103/PhysRevLett.120.029901\n"  # fmt: skip
    (tmp_path / "export-ads.txt").write_text(exported)

    (outcome,) = ingest(memory, [tmp_path / "export-ads.txt"])

    assert outcome.state == "described" and outcome.document is not None and outcome.document.id == paper
    assert memory.named(paper).notice == "an erratum was published (doi:10.1103/PhysRevLett.120.029901, 2018)"
    assert len(memory.documents()) == 1


def test_a_retraction_comes_before_a_correction_and_is_told_of_all_versions(memory: LiteratureMemory) -> None:
    paper = _paper(memory, doi="10.1103/p", arxiv="1706.00001")
    preprint, _ = memory.put(Parsed([Block("paragraph", "The conduction, in a preprint.")], {"title": TITLE, "arxiv": "1706.00001v1"}), "b.pdf", b"3")  # fmt: skip
    _erratum(memory)
    memory.notice({"title": "Retraction", "doi": "10.1103/r", "updates": [{"kind": "retraction", "doi": "10.1103/p"}]})

    for name in (paper, preprint.id):
        assert (
            memory.index.document(name).notice
            == "retracted (doi:10.1103/r); an erratum was published (doi:10.1103/120.029901, 2018)"
        )  # type: ignore[union-attr]
