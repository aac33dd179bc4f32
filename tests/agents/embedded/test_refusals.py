"""What a question says it does not want: said before or after, and not taken from what only sounds like it."""

from __future__ import annotations

import pytest

from gnomon.agents.embedded.refusals import alone, pieces, refusal, things

REFUSED = [
    ("Load this table. Nothing more, no plots.", "plots"),
    ("I need neither figures nor model fits.", "figures nor model fits"),
    ("Don't search for anything yet.", "search for anything yet"),
    ("Leave the linear trend out.", "Leave the linear trend out"),
    ("Show the velocities without the fit", "the fit"),
    ("Show the velocities (no model)", "model)"),
    ("I want the raw points instead of a model", "a model"),
    ("Please skip any fitting and hand me only the periodogram values", "any fitting"),
    ("The fit can wait", "The fit"),
    ("I have no use for figures", "for figures"),
    ("I'd rather judge the peaks by eye", "I'd rather judge the peaks by eye"),
    ("先别找周期，谢谢", "找周期"),
    ("也别拟合", "拟合"),
    ("corner 图就不用了", "corner 图"),
    ("图也不要", "图"),
    ("periodogram 之类的先不用", "periodogram"),
    ("真假先不判断", "真假"),
    ("模型也不必拟合，谢谢！", "模型"),
    ("直接画出来，不去趋势", "去趋势"),
    ("拟合以后再说", "拟合"),
    ("图和表都不需要", "图和表"),
    ("不要任何图", "任何图"),
]
WANTED = [
    "Search with no more than 3 planets",
    "I don't know the period",
    "I'm not sure whether it is real",
    "have you never seen such dips?",
    "periods not shorter than 2 d",
    "Not only the period but the mass",
    "Do nothing but read the file",
    "Do not try more than two planets",
    "周期不超过 30 天",
    "我不知道是不是行星",
    "不好意思，麻烦画一下",
    "周期不短于 2 天",
    "不仅要周期，还要质量",
]


def said(question: str) -> list[str]:
    """All that a question refuses."""
    found = [refusal(question[a:b]) for a, b in pieces(question)]
    return [f for f in found if f is not None]


@pytest.mark.parametrize(("question", "what"), REFUSED)
def test_what_is_refused(question: str, what: str) -> None:
    assert what in said(question)


@pytest.mark.parametrize("question", WANTED)
def test_what_only_sounds_like_it(question: str) -> None:
    assert not said(question)


@pytest.mark.parametrize(
    "question", ["Read it and stop there", "Just load it, that's all", "画出来就行", "只要周期图", "到此为止"]
)
def test_what_is_wanted_alone(question: str) -> None:
    assert alone(question)


@pytest.mark.parametrize("question", ["How many planets are there?", "画出周期图，也给出参数"])
def test_what_is_not(question: str) -> None:
    assert not alone(question)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("figures nor model fits", {"Figure", "Posterior"}),
        ("去趋势", {"detrended"}),
        ("找周期", {"Periodogram"}),
        ("anything else", {"all"}),
    ],
)
def test_things_are_known_by_their_kind(text: str, kinds: set[str]) -> None:
    assert things(text) == kinds
