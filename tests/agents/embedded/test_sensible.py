"""What cannot be, whatever is planned: told at once, in the language of the question."""

import pytest

from gnomon.agents.embedded.sensible import contradiction
from gnomon.agents.understanding.understand import understand


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Image 150.10 +2.20 in r with exposures of -30 s tonight", '"-30 s" cannot be'),
        ("今晚拍 150.10 +2.20，r 波段曝光 -30 秒", "“-30 秒”不行"),
        ("Observe 83.63 +22.01 tonight, 10 x -60 s", '"-60 s" cannot be'),
        ("Observe 83.63 +95.0 tonight", '"83.63 +95.0" is no place in the sky'),
        ("今晚观测 400.5 +20.3", "“400.5 +20.3”不是天球上的位置"),
    ],
)
def test_negative_lengths_and_places_out_of_range_come_back(question: str, said: str) -> None:
    sentence, why = contradiction(understand(question), [])
    assert sentence.startswith(said) and why == "impossible"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "Schedule M 31 for programme a with 60 % of the time and M 33 for programme b with 40 % tonight from Lijiang",
            "Shares of programmes",
        ),
        ("今晚从丽江观测 M 31 和 M 33，两个课题各占 60% 和 40%", "各课题的时间份额"),
        ("Observe the asteroid with elements a 2.767 AU, e 0.0785 tonight from Xinglong", "Where the asteroid is"),
        ("今晚从兴隆观测这颗小行星，轨道根数 a=2.767 AU", "小行星的位置"),
    ],
)
def test_what_only_a_document_can_say_is_told(question: str, said: str) -> None:
    sentence, why = contradiction(understand(question), [])
    assert sentence.startswith(said) and "plan-observations.md" in sentence and why == "outside"


@pytest.mark.parametrize(
    "question",
    [
        "Observe Ceres tonight from Xinglong",
        "Image 150.10 +2.20 in r with exposures of 30 s tonight",
        "Show the light curve from -2 h to 3 h of mid-transit",
        "The radial velocity is -30 m/s",
        "M 31 and 83.63 +95.0",  # something else is named, and the numbers are told as not used
    ],
)
def test_what_can_be_does_not(question: str) -> None:
    assert contradiction(understand(question), []) == ("", "")
