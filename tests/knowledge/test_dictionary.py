"""Chinese words in English: the glossary's terms first, the dictionary's for all others, names and numbers as they are."""

from __future__ import annotations

import pytest

from gnomon.knowledge.dictionary import glossed, meanings_of


def _joined(text: str, meanings: int = 1) -> str:
    return " ".join(said for word in glossed(text, meanings) for said in word)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("为什么需要更多的样本", ["need", "sample"]),
        ("HD 209458 的临边昏暗", ["HD", "209458", "limb darkening"]),
        ("剩餘的樣本", ["sample"]),  # traditional
        ("估计概率，值得推荐。", ["estimate", "probability"]),
    ],
)
def test_words_are_found(text: str, said: list[str]) -> None:
    assert set(said) <= set(" | ".join(w[0] for w in glossed(text)).split(" | "))


def test_the_glossary_is_before_the_dictionary() -> None:
    assert meanings_of("凌星")[0] == "transit"


def test_more_meanings_where_they_are_wanted() -> None:
    assert len(_joined("相关", 3)) > len(_joined("相关")) and all(len(w) <= 2 for w in glossed("相关的估计", 2))


@pytest.mark.parametrize("text", ["", "，。", "的", "\n"])
def test_nothing_to_say(text: str) -> None:
    assert glossed(text) == []


def test_what_a_meaning_is_not() -> None:
    # Neither what counts it, nor who is called so, nor where else to look.
    said = [m for w in ("望远镜", "黄河", "观测", "计算") for m in meanings_of(w)]

    assert said and not any(m.startswith(("CL:", "surname", "see ", "variant")) or "(" in m for m in said)
