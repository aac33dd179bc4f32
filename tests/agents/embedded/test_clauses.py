"""Parts of a question: what is wanted of it and what is refused, and what only looks like a refusal or a symbol."""

import pytest

from gnomon.agents.embedded.clauses import in_clauses
from gnomon.agents.embedded.spelling import Spelling
from gnomon.agents.understanding.understand import understand


def _clauses(question: str):
    return in_clauses(understand(question), Spelling(["schedule imaging observe tonight campaign images"]))


@pytest.mark.parametrize(
    "question",
    [
        "images with WFST and NOT for a campaign",
        "NOT and Lijiang: schedule imaging",
        "Use NOT or Lijiang tonight",
        "兴隆、NOT 和丽江同时观测",
        "NOT、丽江和兴隆今晚观测",
    ],
)
def test_the_nordic_optical_telescope_is_no_refusal(question):
    assert _clauses(question).refused == ()


def test_what_is_refused_is_still_refused_in_capitals():
    assert _clauses("Do NOT plot it").refused == ("plot it",)


def test_letters_are_symbols_only_where_symbols_are_used():
    assert _clauses("fit P, K and e of HD 164922").wanted[0].startswith("fit period, velocity semi-amplitude")
    assert _clauses("A picture of M 31").wanted[0] == "A picture of X"
    assert _clauses("Take B and V images of NGC 4151").wanted[0] == "Take B and V images of X"
