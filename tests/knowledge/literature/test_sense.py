"""Passages are near to questions in their own language and in the other."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.knowledge.literature.sense import DIMENSIONS, Question, closeness, in_english, of_passages

PASSAGES = {
    "en": "The acceptance fraction of the sampler should lie between 0.2 and 0.5; outside of it the proposal is badly scaled.",
    "en, other": "The flat field is the response of each pixel to an even illumination, and is divided out.",
    "zh": "测光红移由多波段星等得到，训练样本不足时误差更大。",
    "zh, other": "望远镜的镜面每年镀膜一次，以保持反射率。",
}


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return of_passages(list(PASSAGES.values()))


@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("What acceptance rate is good for MCMC?", "en"),
        ("采样器的接受率应该是多少？", "en"),
        ("测光红移的误差由什么决定？", "zh"),
        ("Why are photometric redshifts of galaxies less accurate?", "zh"),
        ("镜面多久镀一次膜？", "zh, other"),
    ],
)
def test_the_nearest(vectors: np.ndarray, question: str, nearest: str) -> None:
    asked = Question(question)
    near = [asked.nearness((a, b), n[:2]) for n, (a, b) in zip(PASSAGES, asked.cosines(vectors), strict=True)]

    assert list(PASSAGES)[int(np.argmax(near))] == nearest


def test_what_is_looked_for_is_what_is_near(vectors: np.ndarray) -> None:
    """The order by the vectors that the store is asked with is the order by nearness."""
    for text, count in (("采样器的接受率", 1), ("acceptance fraction", 2)):
        asked = Question(text)
        looked_for = asked.vectors()
        cosines = asked.cosines(vectors)

        assert looked_for.shape == (count, DIMENSIONS)
        assert looked_for[0] @ vectors.T == pytest.approx([asked.nearness((a, b), "zh") for a, b in cosines], abs=1e-5)
        assert looked_for[-1] @ vectors[:2].T == pytest.approx(
            [asked.nearness((a, b), "en") for a, b in cosines[:2]], abs=1e-5
        )


def test_the_length_of_a_vector_does_not_count(vectors: np.ndarray) -> None:
    asked = Question("flat field")

    assert asked.cosines(vectors) == pytest.approx(asked.cosines(vectors / np.sqrt(2)), abs=1e-6)


def test_only_chinese_is_put_into_english() -> None:
    assert in_english("Die Helligkeit") == "Die Helligkeit" and "sample" in in_english("样本太少")


def test_closeness_is_word_by_word() -> None:
    same, near, far = closeness("red noise", ["red noise", "correlated noise in the data", "a bowl of soup"])
    assert same > 0.7 and same > near > far
    assert closeness("", ["red noise"]) == [0.0] and closeness("red noise", []) == []
