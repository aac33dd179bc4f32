"""Passages that speak of an object or a method are found by any spelling of its names, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.mentions import method_names, passages_on_method, passages_on_object
from gnomon.knowledge.literature.search import Filters, search

TEXTS = {
    "hd_space": "The transits of HD 209458 b were seen first in 1999 with small telescopes.",
    "hd_tight": "For HD209458b we adopt the mass of the star.",
    "hd_line": "The host HD\n209458 is bright enough for small telescopes.",
    "hd_hyphen": "Sodium was detected in HD–209458’s planet.",
    "hd_longer": "The star HD 2094581 is in no catalogue that we know.",
    "v376": "V376 Peg is the name of a variable star, in Pegasus.",
    "m31": "The halo of M31 was mapped with cepheids.",
    "messier31": "Messier 31 has two companions.",
    "m_31": "The beam was 25 m 31 cm wide, and M 310 is no galaxy.",
    "m31_zh": "仙女座星系（M 31）是离我们最近的大星系。",
    "andromeda_zh": "我们研究仙女座星系的晕。",
    "toi": "TOI-270.01 was vetted, then TOI-270 c and d.",
    "toi_longer": "TOI-2700 is another star.",
    "psr": "The pulsar PSR J0537−6910 glitches often.",
    "psr_other": "The pulsar PSR J0537+6910 does not.",
    "bd": "BD+20°2457 has two brown dwarfs.",
    "alpha": "Radial velocities of α Cen A show no planet.",
    "mu": "Mu Scorpii and μ1 Sco are two stars, alpha and beta are two letters.",
    "gliese": "Around Gliese 581 several planets were claimed, and gl 5 is none.",
    "vega": "Vega is the standard of magnitudes.",
    "las_vegas": "They met in Las Vegas; the vega system is not spoken of.",
    "bls": "The BLS periodogram was run on each light curve.",
    "bls_words": "Box-fitting least squares is sensitive to shallow dips.",
    "bls_zh": "用盒最小二乘法搜索凌星信号。",
    "bls_no": "Sobls and bls are nothing; the box is square.",
    "gls": "Generalized Lomb–Scargle\nperiodograms show a peak.",
    "gls_zh": "周期由 Lomb-Scargle 周期图得到。",
}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path_factory.mktemp("memory"))
    for name, text in TEXTS.items():
        made.put(Parsed([Block("paragraph", text)], {"title": f"About {name[:2]}"}), f"{name}.txt", name.encode())
    note = {"title": "Transit search with box least squares", "aliases": ["BLS", "box-fitting least squares", "盒子", "sweeping", "credible intervals"], "tools": ["transit_periodogram"]}  # fmt: skip
    made.put(Parsed([Block("paragraph", "A box is fitted to folded light curves.")], note), "box-least-squares.md", b"note", kind="method")  # fmt: skip
    whole = [Block("heading", "Data", level=1), Block("paragraph", "Spectra of WASP-12 were taken. " * 40), Block("heading", "Results", level=1), Block("paragraph", "It is inflated.")]  # fmt: skip
    made.put(Parsed(whole, {"title": "The planet of WASP-12"}), "wasp.txt", b"wasp")
    yield made
    made.close()


def _sources(memory: LiteratureMemory, rows: frozenset[int]) -> set[str]:
    sources = {d.id: d.source.rpartition(".")[0] for d in memory.documents()}
    return {sources[p.document] for p in memory.index.passages(rows).values()}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["HD 209458"], {"hd_space", "hd_tight", "hd_line", "hd_hyphen"}),
        (["hd209458"], {"hd_space", "hd_tight", "hd_line", "hd_hyphen"}),
        (["HD-209458"], {"hd_space", "hd_tight", "hd_line", "hd_hyphen"}),
        (["HD 209458 b"], {"hd_space", "hd_tight"}),
        (["HD209458b"], {"hd_space", "hd_tight"}),
        (["HD 209458 c"], set()),
        (["HD 209458", "V376 Peg"], {"hd_space", "hd_tight", "hd_line", "hd_hyphen", "v376"}),
        (["HD 20945"], set()),
        (["M 31"], {"m31", "m31_zh"}),
        (["m31", "Messier 31", "仙女座星系"], {"m31", "messier31", "m31_zh", "andromeda_zh"}),
        (["TOI-270"], {"toi"}),
        (["TOI 270 c"], {"toi"}),
        (["TOI-270 b"], set()),
        (["PSR J0537-6910"], {"psr"}),
        (["BD+20 2457"], {"bd"}),
        (["alpha Cen"], {"alpha"}),
        (["α Cen A"], {"alpha"}),
        (["mu Sco", "mu Scorpii"], {"mu"}),
        (["mu1 Sco"], {"mu"}),
        (["alpha And"], set()),
        (["Gliese 581"], {"gliese"}),
        (["Vega"], {"vega"}),
        (["vega"], {"vega"}),
        (["Nibiru"], set()),
        ([""], set()),
        ([], set()),
        (["*", '"', "( OR )", "NEAR"], set()),
    ],
)
def test_objects(memory: LiteratureMemory, names: Sequence[str], expected: set[str]) -> None:
    assert _sources(memory, passages_on_object(memory, names).rows) == expected


def test_a_document_about_an_object_speaks_of_it_throughout(memory: LiteratureMemory) -> None:
    on_it = memory.index.passages(passages_on_object(memory, ["WASP 12"]).rows)

    assert any("inflated" in p.passage.text for p in on_it.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BLS", {"bls", "bls_words", "bls_zh", "box-least-squares"}),
        ("box least squares", {"bls", "bls_words", "bls_zh", "box-least-squares"}),
        ("盒最小二乘", {"bls", "bls_words", "bls_zh", "box-least-squares"}),
        ("transit_periodogram", {"bls", "bls_words", "bls_zh", "box-least-squares"}),
        ("Lomb-Scargle", {"gls", "gls_zh"}),
        ("generalised Lomb-Scargle periodogram", {"gls"}),
        ("cepheid", {"m31"}),
        ("astrology", set()),
    ],
)
def test_methods(memory: LiteratureMemory, name: str, expected: set[str]) -> None:
    found = _sources(memory, passages_on_method(memory, name).rows)

    assert expected <= found and (found == expected or expected)
    assert not found & {"bls_no", "las_vegas"}


def test_words_by_which_a_note_is_found_are_no_names_of_its_method(memory: LiteratureMemory) -> None:
    assert {"sweeping", "transit_periodogram", "credible intervals"}.isdisjoint(method_names(memory, "BLS"))
    assert method_names(memory, "sweeping") == ["sweeping"]
    assert {"BLS", "box least squares", "盒最小二乘法"} <= set(method_names(memory, "transit_periodogram"))
    assert "credible intervals" not in method_names(memory, "transit_periodogram")


def test_search_finds_what_speaks_of_it_alone(memory: LiteratureMemory) -> None:
    def sources(filters: Filters) -> set[str]:
        return {h.document.source.rpartition(".")[0] for h in search(memory, "small telescopes", 10, filters)}

    assert sources(Filters(object_names=("HD 209458",))) == {"hd_space", "hd_tight", "hd_line", "hd_hyphen"}
    assert sources(Filters(method="BLS")) <= {"bls", "bls_words", "bls_zh", "box-least-squares"}
    assert sources(Filters(method="BLS", kind="method")) == {"box-least-squares"}
    assert not sources(Filters(object_names=("HD 209458",), method="BLS"))
    assert not sources(Filters(object_names=("Nibiru",)))
