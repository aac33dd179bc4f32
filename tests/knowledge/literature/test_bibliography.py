"""Lists of references: what ADS and others export, and what becomes of their entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.ingest import ingest
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.parsing.bibliography import parse_bibliography
from gnomon.knowledge.literature.search import search
from gnomon.tools.errors import InputError

BIBTEX = r"""
@ARTICLE{2002A&A...391..369K,
       author = {{Kov{\'a}cs}, G. and {Zucker}, S. and {Mazeh}, T.},
        title = "{A box-fitting algorithm in the search for periodic transits}",
      journal = {\aap},
     keywords = {methods: data analysis},
         year = 2002,
        month = aug,
       volume = {391},
        pages = {369-377},
          doi = {10.1051/0004-6361:20020802},
archivePrefix = {arXiv},
       eprint = {astro-ph/0206099},
     abstract = {We study the statistical characteristics of a box-fitting algorithm to analyze stellar photometric time series in the search for periodic transits by extrasolar planets.},
       adsurl = {https://ui.adsabs.harvard.edu/abs/2002A&A...391..369K},
}
@article{bare, title={A paper of which only the title is known}, author={Nobody, A.}, year={1999}}
@software{code, title={A code}, author={Lovelace, Ada}, year=2020, doi={https://doi.org/10.5281/zenodo.1}, abstract={It computes.}}
"""
RIS = """TY  - JOUR
AU  - Lovelace, Ada
AU  - 李明
TI  - Folding of light
 curves
JO  - ApJ
VL  - 12
SP  - 34
PY  - 2015/03/01
DO  - 10.1000/xyz
UR  - https://arxiv.org/abs/1503.01234v2
AB  - Light curves are folded on trial periods.
ER  - 
TY  - JOUR
TI  - Second
ER  - 
"""  # noqa: W291


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path / "memory")
    yield made
    made.close()


def test_bibtex_of_ads() -> None:
    records, problems = parse_bibliography(BIBTEX, "a.bib")

    assert not problems and len(records) == 3
    assert {k: v for k, v in records[0].items() if k != "abstract"} == {
        "key": "2002A&A...391..369K", "title": "A box-fitting algorithm in the search for periodic transits",
        "authors": ["Kovács, G.", "Zucker, S.", "Mazeh, T."], "journal": "A&A, 391, 369", "doi": "10.1051/0004-6361:20020802",
        "year": 2002, "arxiv": "astro-ph/0206099", "bibcode": "2002A&A...391..369K",
    }  # fmt: skip
    assert records[2]["doi"] == "10.5281/zenodo.1"


def test_ris() -> None:
    records, problems = parse_bibliography(RIS, "a.ris")

    assert not problems and records[0] == {
        "authors": ["Lovelace, Ada", "李明"], "title": "Folding of light curves", "year": 2015, "doi": "10.1000/xyz", "arxiv": "1503.01234v2",
        "abstract": "Light curves are folded on trial periods.", "journal": "ApJ, 12, 34",
    }  # fmt: skip
    assert records[1] == {"title": "Second"}


def test_what_is_neither() -> None:
    with pytest.raises(InputError, match="neither BibTeX nor RIS"):
        parse_bibliography("Just a text, mail@example.org", "a.bib")


def test_entries_bring_abstracts_and_describe_what_is_there(memory: LiteratureMemory, tmp_path: Path) -> None:
    told = {"title": "A Box-Fitting Algorithm in the Search for Periodic Transits"}
    paper, _new = memory.put(Parsed([Block("paragraph", "The whole text of the paper.")], told), "bls.pdf", b"pdf")
    listed = tmp_path / "refs.bib"
    listed.write_text(BIBTEX)

    outcomes = list(ingest(memory, [listed]))
    again = list(ingest(memory, [listed]))

    assert [(o.entry, o.state) for o in outcomes] == [
        ("2002A&A...391..369K", "described"),
        ("bare", "left"),
        ("code", "added"),
    ]
    assert [o.state for o in again] == ["known", "left", "known"]
    described = memory.named("2002A&A...391..369K")
    assert (
        described.id == paper.id
        and described.year == 2002
        and described.authors[0] == "Kovács, G."
        and described.key == paper.key
    )
    assert memory.text_of(described).startswith("The whole text")
    assert search(memory, "Kovács 2002", 1)[0].document.id == paper.id
    folder = memory.folder
    memory.close()
    after = LiteratureMemory(folder)
    assert after.named("10.1051/0004-6361:20020802").bibcode == "2002A&A...391..369K"
    after.close()


def test_a_list_that_cannot_be_read_stops_no_other(memory: LiteratureMemory, tmp_path: Path) -> None:
    (tmp_path / "a.bib").write_text("nothing here")
    (tmp_path / "b.ris").write_text(RIS)

    outcomes = list(ingest(memory, [tmp_path / "a.bib", tmp_path / "b.ris"]))

    assert [o.state for o in outcomes] == ["failed", "added", "left"] and "neither BibTeX" in outcomes[0].problem
