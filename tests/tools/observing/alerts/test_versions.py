"""The order of notices, whichever way they come."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.versions import State, compare, following, state_of


def notice(**told: Any) -> Alert:
    return Alert(**{"identifier": "x", "event": "m:1", "source": "m", "form": "gcn", "digest": "0", **told})


def test_versions_count_before_times_where_both_have_them() -> None:
    assert compare(notice(version=1, time_notice=9.0), notice(version=2, time_notice=8.0)) == -1
    assert compare(notice(version=1, time_notice=9.0), notice(version=2, time_notice=8.0, form="voevent")) == 1
    assert compare(notice(version=2, instrument="A"), notice(version=1, instrument="B")) == 0
    assert compare(notice(time_event=1.0), notice(time_event=2.0)) == -1
    assert compare(notice(), notice(time_notice=2.0)) == 0


def test_what_an_update_does_not_say_stays_known() -> None:
    first = notice(version=1, ra=1.0, dec=2.0, error=3.0, classification={"GRB": 0.5}, names=("a",))
    second = notice(version=2, ra=5.0, dec=6.0, names=("b",))
    third = notice(version=3, far=1e-9)
    whole = state_of([first, second, third]).whole
    assert (whole.ra, whole.dec, whole.error) == (
        5.0,
        6.0,
        None,
    )  # a position without an error does not get another one's
    bare = state_of([first, notice(version=2, error_probability=0.68)]).whole
    assert (bare.ra, bare.dec, bare.error, bare.error_probability) == (1.0, 2.0, 3.0, None)
    assert whole.classification == {"GRB": 0.5} and whole.far == 1e-9 and whole.version == 3
    assert set(whole.names) == {"a", "b"}


NOTICES = st.lists(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["initial", "update", "update", "retraction"])},
        optional={"ra": st.integers(0, 3), "far": st.integers(1, 3), "redshift": st.integers(0, 2)},
    ),
    min_size=1,
    max_size=5,
)


@given(NOTICES, st.sampled_from(["version", "time_notice", "time_event"]), st.randoms())
def test_the_end_does_not_hang_on_the_order_of_arrival(told: list[dict[str, Any]], by: str, draw: Any) -> None:
    """Of all permutations some, taken one after another as the stream takes them, end where the right order ends."""
    notices = [notice(**{**t, by: n}, dec=t.get("ra")) for n, t in enumerate(told)]
    end = state_of(notices)
    assert end.retracted is (told[-1]["kind"] == "retraction")
    for _ in range(3):
        came = draw.sample(notices, len(notices))
        state: State | None = None
        for number, alert in enumerate(came, 1):
            state = (following(state, alert) if state is not None else None) or state_of(came[:number])
        assert state is not None
        assert (state.retracted, state.whole.version, state.whole.time_notice) == (end.retracted, end.whole.version, end.whole.time_notice)  # fmt: skip
        assert (state.whole.ra, state.whole.far, state.whole.redshift) == (end.whole.ra, end.whole.far, end.whole.redshift)  # fmt: skip


def test_a_retraction_is_final_unless_something_is_plainly_later() -> None:
    retraction, older, newer = (
        notice(kind="retraction", time_notice=5.0),
        notice(time_notice=4.0),
        notice(time_notice=6.0),
    )
    undated = notice(ra=1.0)
    for came in itertools.permutations([retraction, older, undated]):
        assert state_of(came).retracted
    for came in itertools.permutations([retraction, older, newer]):
        assert not state_of(came).retracted
    assert state_of([undated, notice(kind="retraction")]).retracted
    assert state_of([notice(kind="retraction"), undated]).retracted
