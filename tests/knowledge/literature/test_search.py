"""Passages are found by words, by sense and across languages, and what is exact is never lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import Filters, in_english, search
from gnomon.knowledge.literature.tokens import query_tokens, tokens

NOTES = {
    "bls": ("en", 2002, "Box least squares folds a light curve on many trial periods and fits a box. It fails where red noise makes dips look like transits."),
    "gls": ("en", 2009, "The generalised Lomb-Scargle periodogram fits a sine with an offset to radial velocities. Peaks come with a false-alarm probability."),
    "parallax": ("en", 2021, "Gaia parallaxes have a zero point of about -0.017 mas for quasars, which depends on magnitude and colour."),
    "star": ("en", 2008, "HD 209458 b was the first planet seen in transit; HD 209459 is another star. The depth is 1.6 per cent (2000ApJ...529L..45C)."),
    "alpha": ("en", 1999, "The Hα line at 6562.8 Å shows emission in active stars, with S/N > 20 for all spectra."),
    "zh_lc": ("zh", 2015, "光变曲线的周期可以用相位折叠的方法求得，观测间隔造成的混淆会给出错误的周期。"),
    "zh_z": ("zh", 2018, "测光红移由多波段星等得到，灾难性误差的比例随红移增大，训练样本不足时误差更大。"),
    "zh_lamost": ("zh", 2012, "郭守敬望远镜（LAMOST）有 4000 根光纤，一次可以观测数千个天体的光谱。"),
}  # fmt: skip


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path_factory.mktemp("memory"))
    for name, (_language, year, text) in NOTES.items():
        made.put(
            Parsed([Block("paragraph", text)], {"title": f"Note {name}", "year": year}), f"{name}.txt", name.encode()
        )
    yield made
    made.close()


def _first(memory: LiteratureMemory, question: str, most: int = 3) -> list[str]:
    return [h.document.source.removesuffix(".txt") for h in search(memory, question, most)]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("When does BLS mistake noise for planets?", "bls"),
        ("significance of a peak in a periodogram of velocities", "gls"),
        ("HD 209458", "star"),
        ("HD209458b", "star"),
        ("2000ApJ...529L..45C", "star"),
        ("H-alpha emission", "alpha"),
        ('"zero point"', "parallax"),
        ("怎样用光变曲线求周期", "zh_lc"),
        ("LAMOST 有多少根光纤", "zh_lamost"),
        ("How many fibres does LAMOST have?", "zh_lamost"),
        ("视差零点", "parallax"),
        ("Lomb-Scargle 周期图的虚警概率", "gls"),
        ("what limits photometric redshifts", "zh_z"),
    ],
)
def test_the_right_passage_is_among_the_first(memory: LiteratureMemory, question: str, name: str) -> None:
    assert name in _first(memory, question)


def test_a_name_is_not_another_one(memory: LiteratureMemory) -> None:
    (hit, *_rest) = search(memory, "HD 209458", 3)

    assert hit.why["exact"] == ["HD 209458"] and hit.document.source == "star.txt"


def test_filters(memory: LiteratureMemory) -> None:
    def sources(filters: Filters) -> set[str]:
        return {h.document.source.removesuffix(".txt") for h in search(memory, "light curve period 周期", 8, filters)}

    assert sources(Filters(language="zh")) <= {"zh_lc", "zh_z", "zh_lamost"} and "zh_lc" in sources(
        Filters(language="zh")
    )
    assert sources(Filters(since=2010, until=2016)) <= {"zh_lc", "zh_lamost"}
    assert not sources(Filters(kind="method")) and not sources(Filters(since=2030))


def test_every_way_is_told(memory: LiteratureMemory) -> None:
    (hit, *_rest) = search(memory, "period of a light curve", 1)

    assert 0 < hit.why["sense"] <= 1 and 0 < hit.why["sense, English"] <= 1
    assert {"words", "words, translated"} & set(hit.why)

    (hit, *_rest) = search(memory, "凌星探测到的第一颗行星", 1)

    assert hit.document.source == "star.txt" and {"transit", "planet"} <= set(hit.why["terms"])
    assert 0 < hit.why["words, translated"] <= 1 and "words" not in hit.why


def test_nothing_in_an_empty_memory(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = LiteratureMemory(tmp_path_factory.mktemp("empty"))

    assert search(empty, "anything") == [] and search(empty, "") == []
    empty.close()


@pytest.mark.parametrize(
    "question", ['"', '" OR "', "NEAR(a b)", "title:x", "*", "a" * 5000, "\x00\u202e", "😀", "-", "(", "的了是"]
)
def test_no_question_breaks_the_search(memory: LiteratureMemory, question: str) -> None:
    search(memory, question, 3)


def test_words() -> None:
    found = tokens(
        "The S/N of HD 209458 b in Hα (2018A&A...616A...1G, doi:10.1051/0004-6361/201833051) was 0.84; photometric redshifts"
    )

    for word in (
        "s/n",
        "hd209458",
        "hd209458b",
        "alpha",
        "2018a&a...616a...1g",
        "10.1051/0004-6361/201833051",
        "0.84",
        "redshift",
    ):
        assert word in found
    assert tokens("光变曲线") == ["光变", "变曲", "曲线"] and "was0.84" not in found
    assert query_tokens("What is the period of the star?") == ["period", "star"]


def test_a_chinese_question_is_looked_for_in_english() -> None:
    assert {"light curve", "period"} <= set(in_english("光变曲线的周期"))
    assert in_english("period of a light curve") == ["period of a light curve"]


def test_the_best_are_read_again_word_by_word(memory: LiteratureMemory) -> None:
    question = "Which periodogram of velocities gives a probability of false alarms?"
    before, after = search(memory, question, 8), search(memory, question, 8, rerank=True)
    assert {h.document.id for h in before} == {h.document.id for h in after}
    assert all("word by word" in h.why and "word by word" not in b.why for h, b in zip(after, before, strict=True))
    closest = max(after, key=lambda h: h.why["word by word"])
    assert closest.document.source == "gls.txt" and after[0].document.source == "gls.txt"
    assert all("word by word" not in h.why for h in search(memory, "视差零点", rerank=True))
