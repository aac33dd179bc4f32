"""Identifiers of papers, in the ways in which people write them."""

from __future__ import annotations

import pytest

from gnomon.knowledge.literature.identifiers import (
    Identifier,
    arxiv_of_bibcode,
    identifier_of,
    identifiers_of_list,
    version_of,
    without_version,
)

A, D, B = "arxiv", "doi", "bibcode"


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("arXiv:1202.3665", A, "1202.3665"),
        ("1202.3665v2", A, "1202.3665v2"),
        ("ARXIV: 2301.00001V3", A, "2301.00001v3"),
        ("https://arxiv.org/abs/1202.3665v2", A, "1202.3665v2"),
        ("http://export.arxiv.org/pdf/1202.3665v2.pdf", A, "1202.3665v2"),
        ("arxiv.org/abs/astro-ph/0206099?context=astro", A, "astro-ph/0206099"),
        ("arXiv:1202.3665v2 [astro-ph.EP]", A, "1202.3665v2"),
        ("math.GT/0309136", A, "math/0309136"),
        ("10.48550/arXiv.1202.3665", A, "1202.3665"),
        ("https://doi.org/10.48550/arXiv.2301.00001v2", A, "2301.00001v2"),
        ("2012arXiv1202.3665F", A, "1202.3665"),
        ("2015arXiv150603723F", A, "1506.03723"),
        ("2002astro.ph..6099K", A, "astro-ph/0206099"),
        ("10.1051/0004-6361:20020802", D, "10.1051/0004-6361:20020802"),
        ("doi:10.1051/0004-6361:20020802", D, "10.1051/0004-6361:20020802"),
        ("DOI 10.1038/s41586-020-1234-5.", D, "10.1038/s41586-020-1234-5"),
        ("https://dx.doi.org/10.1086/342513", D, "10.1086/342513"),
        ("https://iopscience.iop.org/article/10.3847/1538-4357/aa1234/pdf", D, "10.3847/1538-4357/aa1234"),
        ("https://link.springer.com/content/pdf/10.1007/s11214-019-0587-1.pdf", D, "10.1007/s11214-019-0587-1"),
        ("10.1002/(SICI)1521-3994(199908)320:4/5<163::AID-ASNA163>3.0.CO;2-G", D, "10.1002/(SICI)1521-3994(199908)320:4/5<163::AID-ASNA163>3.0.CO;2-G"),
        ("2002A&A...391..369K", B, "2002A&A...391..369K"),
        ("https://ui.adsabs.harvard.edu/abs/2002A%26A...391..369K/abstract", B, "2002A&A...391..369K"),
        ("2018Wthr...73Q..35.", B, "2018Wthr...73Q..35."),
    ],
)  # fmt: skip
def test_what_is_an_identifier(said: str, kind: str, value: str) -> None:
    assert identifier_of(said) == Identifier(kind, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said", ["", "numbers.txt", "1213.12345", "12.34", "1202.366", "HD 209458", "10.5/x", "A&A 391, 369", "see 10.1086/342513", "https://example.org", "2002"]
)  # fmt: skip
def test_what_is_none(said: str) -> None:
    assert identifier_of(said) is None


def test_lists() -> None:
    listed = "# transits\n\narXiv:1202.3665  # BLS\n2002A&A...391..369K % the journal\nwrong\narXiv:1202.3665\n"
    found, problems = identifiers_of_list(listed) or ([], [])

    assert [str(i) for i in found] == ["arXiv:1202.3665", "2002A&A...391..369K"]
    assert problems == ["Line 5 is no arXiv number, DOI or bibcode: 'wrong'."]
    for text in (
        "A text of words.",
        "",
        "# nothing\n",
        "1202.3665\nA sentence that goes on for long.\n",
        "1\n2\n3.5\n",
    ):
        assert identifiers_of_list(text) is None


def test_versions_of_numbers() -> None:
    assert (without_version("1202.3665v12"), version_of("1202.3665v12"), version_of("1202.3665")) == (
        "1202.3665",
        12,
        0,
    )
    assert arxiv_of_bibcode("2002A&A...391..369K") == ""
