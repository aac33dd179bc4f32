"""The head: probabilities add up, what was not learned counts as outside, and learning finds what can be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.agents.embedded import head as heads
from gnomon.agents.embedded.head import OUTSIDE, Head


@pytest.fixture(scope="module")
def learned() -> Head:
    random = np.random.default_rng(1)
    centres = random.normal(size=(3, 512))
    of = np.repeat([0, 1, 2], 30)
    vectors = centres[of] + 0.3 * random.normal(size=(90, 512))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    right = of[:, None] == np.arange(3)
    found = heads.fit(("one", "two", OUTSIDE), vectors, right, np.ones(90))
    assert (found.log_shares(vectors).argmax(axis=1) == of).all()
    return found


def test_probabilities_add_up(learned: Head) -> None:
    shares = np.exp(learned.log_shares(np.random.default_rng(2).normal(size=(5, 512)) / 22))
    assert shares.sum(axis=1) == pytest.approx(1, abs=0.01)  # but for the floor under the least likely


def test_what_was_not_learned_is_as_likely_as_what_lies_outside(learned: Head) -> None:
    vector = np.ones(512) / np.sqrt(512)
    told = learned.of(["one", "a tool that came later", None], vector)
    assert told.shape == (1, 3)
    assert told[0, 1] == told[0, 2]


def test_kept_weights_say_nearly_the_same(learned: Head, tmp_path) -> None:
    learned.write(tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz", allow_pickle=False) as archive:
        again = Head(tuple(archive["names"].tolist()), archive["weights"].astype(np.float32))
    vectors = np.random.default_rng(3).normal(size=(20, 512)) / 22
    assert again.names == learned.names
    assert again.log_shares(vectors) == pytest.approx(learned.log_shares(vectors), abs=0.05)


def test_the_one_that_comes_with_gnomon_knows_every_tool() -> None:
    from gnomon.agents.embedded.planner import FOUND_IN_DOCUMENTS
    from gnomon.tools.registry import Registry

    asked = {n for n, t in Registry.load().items() if t.kind.name not in FOUND_IN_DOCUMENTS}
    assert {*asked, OUTSIDE} == set(heads.load().names)
