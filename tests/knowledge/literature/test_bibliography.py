"""Lists of references: what ADS and others export, and what becomes of their entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.ingest import files_of, ingest
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.parsing.bibliography import looks_like_bibliography, parse_bibliography
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


# As https://github.com/adsabs/export_service writes 1991hep.th....8028G and 2018SAAS...38.....D in its forms, shortened.
TAGGED = {
    "ads": """%R 1991hep.th....8028G
%T Applied Conformal
Field Theory
%A Ginsparg, Paul
%J arXiv e-prints
%D 11/1988
%P hep-th/9108028
%I EPRINT_PDF: arXiv PDF;
%U https://ui.adsabs.harvard.edu/abs/1991hep.th....8028G
%B These lectures consisted of an elementary introduction, T<SUB>c</SUB> &gt; 0. <P />
%Y eprintid: arXiv:hep-th/9108028


%R 2018SAAS...38.....D
%T Millimeter Astronomy
%A Dessauges-Zavadsky, Miroslava; Pfenniger, Daniel
%J Saas-Fee Advanced Course
%V 38
%D 01/2018
%U https://ui.adsabs.harvard.edu/abs/2018SAAS...38.....D
%B Not Available <P />
%Y DOI: 10.1007/978-3-662-57546-8
""",
    "endnote": """%0 Electronic Article
%T Applied Conformal Field Theory
%A Ginsparg, Paul
%J arXiv e-prints
%D 1988
%8 November 01, 1988
%P hep-th/9108028
%U https://ui.adsabs.harvard.edu/abs/1991hep.th....8028G
%X These lectures consisted of an elementary introduction, T<SUB>c</SUB> &gt; 0. <P />
%= eprint: arXiv:hep-th/9108028


%0 Journal Article
%T Millimeter Astronomy
%A Dessauges-Zavadsky, Miroslava
%A Pfenniger, Daniel
%J Saas-Fee Advanced Course
%V 38
%D 2018
%U https://ui.adsabs.harvard.edu/abs/2018SAAS...38.....D
%X Not Available <P />
%R 10.1007/978-3-662-57546-8
%@ 0043-1656
""",
    "ris": """TY  - Preprint
TI  - Applied Conformal Field Theory
AU  - Ginsparg, Paul
JO  - arXiv e-prints
Y1  - 1988/11/1
SP  - hep-th/9108028
UR  - https://ui.adsabs.harvard.edu/abs/1991hep.th....8028G
N2  - These lectures consisted of an elementary introduction, T<SUB>c</SUB> &gt; 0. <P />
C1  - eprint: arXiv:hep-th/9108028
ER  -


TY  - Book, Whole
TI  - Millimeter Astronomy
AU  - Dessauges-Zavadsky, Miroslava
AU  - Pfenniger, Daniel
JO  - Saas-Fee Advanced Course
VL  - 38
Y1  - 2018/01/1
UR  - https://ui.adsabs.harvard.edu/abs/2018SAAS...38.....D
N2  - Not Available <P />
DO  - 10.1007/978-3-662-57546-8
ER  -
""",
    "refworks": """RT Preprint
T1 Applied Conformal Field Theory
A1 Ginsparg, Paul
JF arXiv e-prints
YR 1988
FD 1988/11/1
SP hep-th/9108028
LK https://ui.adsabs.harvard.edu/abs/1991hep.th....8028G
AB These lectures consisted of an elementary introduction, T<SUB>c</SUB> &gt; 0. <P />
DO eprintid: arXiv:hep-th/9108028


RT Book, Whole
T1 Millimeter Astronomy
A1 Dessauges-Zavadsky, Miroslava
A1 Pfenniger, Daniel
JF Saas-Fee Advanced Course
VO 38
YR 2018
LK https://ui.adsabs.harvard.edu/abs/2018SAAS...38.....D
AB Not Available <P />
DO DOI: 10.1007/978-3-662-57546-8
""",
    "medlars": """PT  - Preprint
TI  - Applied Conformal Field Theory
AU  - Ginsparg, Paul
TA  - arXiv e-prints
SO  - eprint arXiv:hep-th/9108028
DP  - 1988 Nov 01
PG  - hep-th/9108028
4099- https://ui.adsabs.harvard.edu/abs/1991hep.th....8028G
AB  - These lectures consisted of an elementary introduction, T<SUB>c</SUB> &gt; 0. <P />


PT  - Book
TI  - Millimeter Astronomy
AU  - Dessauges-Zavadsky, Miroslava
AU  - Pfenniger, Daniel
TA  - Saas-Fee Advanced Course
VI  - 38
DP  - 2018 Jan 01
4099- https://ui.adsabs.harvard.edu/abs/2018SAAS...38.....D
AB  - Not Available <P />
""",
}


@pytest.mark.parametrize("form", list(TAGGED))
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_forms_of_ads(form: str, ends: str) -> None:
    text = TAGGED[form].replace("\n", ends)
    records, problems = parse_bibliography(text, "export.txt")

    assert looks_like_bibliography(text) == form and not problems
    doi = {} if form == "medlars" else {"doi": "10.1007/978-3-662-57546-8"}
    assert records == [
        {
            "title": "Applied Conformal Field Theory", "authors": ["Ginsparg, Paul"], "year": 1988, "journal": "arXiv e-prints, hep-th/9108028",
            "arxiv": "hep-th/9108028", "bibcode": "1991hep.th....8028G", "abstract": "These lectures consisted of an elementary introduction, Tc > 0.",
        },
        {
            "title": "Millimeter Astronomy", "authors": ["Dessauges-Zavadsky, Miroslava", "Pfenniger, Daniel"], "year": 2018,
            "journal": "Saas-Fee Advanced Course, 38", "bibcode": "2018SAAS...38.....D", **doi,
        },
    ]  # fmt: skip


def test_an_export_of_ads_is_known_by_what_it_holds(memory: LiteratureMemory, tmp_path: Path) -> None:
    (tmp_path / "export-ads.txt").write_text(TAGGED["ads"])
    (tmp_path / "export.enw").write_text(TAGGED["endnote"])
    (tmp_path / "percent.txt").write_text("A text that says\n%R something else\nand goes on.")

    outcomes = list(ingest(memory, files_of([tmp_path])))

    assert [o.state for o in outcomes] == ["added", "left", "known", "left", "added"]
    assert [d.key for d in memory.documents()] == ["Ginsparg1988", "Percent"]


def test_a_list_for_a_paper_names_no_fields() -> None:
    with pytest.raises(InputError, match=r"list for a paper \(.bibitem\), which names no fields"):
        parse_bibliography(r"\bibitem[Kovacs(2002)]{K02} Kovacs, G. 2002, A&A, 391, 369", "refs.bib")


def test_what_is_neither() -> None:
    with pytest.raises(InputError, match="neither BibTeX nor RIS nor EndNote"):
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
