"""Canonical JSON: one byte string for one value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.plans.canonical import canonical, digest, file_digest, read, text_digest
from gnomon.tools.errors import PlanError

SAFE = 2**53 - 1
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_round_trip(value: object) -> None:
    assert canonical(read(canonical(value))) == canonical(value)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), scalars, max_size=6), st.randoms())
def test_digest_ignores_key_order(value: dict[str, object], random: object) -> None:
    keys = list(value)
    random.shuffle(keys)  # type: ignore[attr-defined]
    assert digest({k: value[k] for k in keys}) == digest(value)


def test_rfc_8785_examples() -> None:
    # RFC 8785, section 3.2.3 and appendix B
    assert (
        canonical({"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001]})
        == b'{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    )
    assert canonical({"\u20ac": 1, "\r": 2, "1": 3}) == '{"\\r":2,"1":3,"€":1}'.encode()
    assert canonical([1.0, -0.0]) == b"[1,0]"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, -(2**60), {1: 2}, {"a": object()}, "\ud800"])
def test_refuses_what_json_cannot_keep(value: object) -> None:
    with pytest.raises(PlanError):
        canonical({"value": value} if not isinstance(value, dict) else value)


def test_known_digests(tmp_path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert file_digest(path) == text_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
