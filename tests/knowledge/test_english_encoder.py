"""The English encoder gives what its published weights give, whatever a text is encoded with."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from scipy.special import erf
from tokenizers import Tokenizer

from gnomon.knowledge import english_encoder
from gnomon.knowledge.english_encoder import encode, folder

# Of model.safetensors as the makers of all-MiniLM-L6-v2 publish it.
PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS = [
    "The transit depth gives the ratio of the radii.",
    "Red noise makes dips look like transits of planets, and box least squares then finds false periods." * 3,
]


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    return english_encoder._weights(folder() / "model.safetensors")


def _by_hand(weights: dict[str, Any], text: str) -> np.ndarray:
    """BERT with floats, a text at a time."""

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normal(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    ids = Tokenizer.from_file(str(folder() / "tokenizer.json")).encode(text).ids
    ids = [i for i in ids if i]  # without what fills up
    at = "embeddings"
    x = weights[f"{at}.word_embeddings.weight"][ids] + weights[f"{at}.position_embeddings.weight"][: len(ids)]
    x = normal(x + weights[f"{at}.token_type_embeddings.weight"][0], f"{at}.LayerNorm")
    for n in range(6):
        at = f"encoder.layer.{n}"
        q, k, v = (linear(x, f"{at}.attention.self.{p}").reshape(-1, 12, 32) for p in ("query", "key", "value"))
        near = np.exp(np.einsum("ihd,jhd->hij", q, k) / np.sqrt(32))
        seen = np.einsum("hij,jhd->ihd", near / near.sum(-1, keepdims=True), v).reshape(-1, 384)
        x = normal(linear(seen, f"{at}.attention.output.dense") + x, f"{at}.attention.output.LayerNorm")
        wide = linear(x, f"{at}.intermediate.dense")
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        x = normal(linear(wide, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_the_weights_are_the_published_ones() -> None:
    assert hashlib.sha256((folder() / "model.safetensors").read_bytes()).hexdigest() == PUBLISHED


@pytest.mark.parametrize("text", TEXTS)
def test_as_computed_with_floats(weights: dict[str, Any], text: str) -> None:
    (vector,) = encode([text])

    assert vector @ _by_hand(weights, text) > 0.98 and np.linalg.norm(vector) == pytest.approx(1)


def test_a_text_has_the_same_vector_beside_others() -> None:
    (alone,), beside = encode(TEXTS[:1]), encode([TEXTS[1], TEXTS[0], ""])

    assert beside[1] == pytest.approx(alone, abs=1e-6) and encode([]).shape == (0, 384)


def test_an_answer_is_nearer_than_other_texts() -> None:
    question, *passages = encode(
        [
            "How far away is the Andromeda galaxy?",
            "M31 lies at a distance of 780 kpc from the Milky Way.",
            "The Andromeda strain is a novel about a virus.",
            "The flat field corrects for the sensitivity of each pixel.",
        ]
    )

    assert np.argmax(np.stack(passages) @ question) == 0


def test_what_is_too_long_is_cut() -> None:
    start = "stars and planets " * 200

    assert encode([start])[0] == pytest.approx(encode([start + "galaxies"])[0])
