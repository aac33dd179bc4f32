"""Long texts have, rounded, the vectors that they have unrounded."""

from __future__ import annotations

import numpy as np

from gnomon.knowledge import encoder, passage_encoder

TEXTS = [
    "The acceptance fraction of the sampler should lie between 0.2 and 0.5; outside of it the proposal is badly scaled. " * 4,
    "测光红移由多波段星等得到，训练样本不足时误差更大。" * 5,
    "M31",
    "",
]  # fmt: skip


def test_they_are_those_of_the_encoder() -> None:
    rounded, exact = passage_encoder.encode(TEXTS), encoder.encode(TEXTS)

    assert rounded.shape == exact.shape and rounded.dtype == np.float32
    assert np.allclose(np.linalg.norm(rounded, axis=1), 1)
    assert ((rounded * exact).sum(axis=1) > 0.98).all()
    assert rounded[0] @ exact[1] < 0.8  # and not those of another text


def test_a_text_has_the_same_vector_beside_others() -> None:
    together = passage_encoder.encode(TEXTS)

    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(passage_encoder.encode([text])[0], vector, atol=1e-5)


def test_half_of_a_pair_of_surrogates_is_read() -> None:
    assert np.isfinite(passage_encoder.encode(["a\ud800b"])).all() and passage_encoder.encode([]).shape == (0, 512)
