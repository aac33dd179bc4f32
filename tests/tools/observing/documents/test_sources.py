"""Which values of telescopes nobody was found to say, as people are told before they rely on a schedule."""

from __future__ import annotations

from typing import Any

import pytest

from gnomon.tools.observing.documents.sources import assumed_sentences, not_read, source_of

ROW: dict[str, Any] = {
    "key": "hill",
    "name": "Hill 60 cm",
    "name_zh": "小山60厘米望远镜",
    "site": "home",
    "aperture": 0.6,
    "limits": {"altitude_min": 25, "hour_angle_max": 5, "sun_altitude_max": -12, "horizon": [[0, 20], [90, 35]]},
    "slew": {"model": "equatorial", "rates": [2.0, 1.5], "settle": 10},
    "instruments": [
        {
            "key": "ccd",
            "name": "CCD",
            "readout": 3,
            "change": 60,
            "band_change": 8,
            "field": {"shape": "circle", "diameter": 0.5},
            "modes": [
                {"mode": "imaging", "bands": ["V"], "acquisition": 30},
                {"mode": "spectroscopy", "bands": ["G1"], "acquisition": 200},
            ],
        },
        {"key": "fibre", "name": "Fibre", "readout": 44, "modes": [{"mode": "spectroscopy", "bands": ["echelle"]}]},
    ],
    "sources": {
        "limits": "assumed: nobody says",
        "limits.hour_angle_max": "the night assistant",
        "limits.horizon": "measured",
        "slew": "assumed",
        "slew.settle": "log of 2026-10-02",
        "instruments": "assumed",
        "instruments.ccd.readout": "from memory: its manual",
        "instruments.ccd.modes.imaging": "log of 2026-10-02",
    },
}


def document(**sources: str) -> dict[str, Any]:
    other = {**ROW, "key": "other", "name": "Other", "name_zh": "", "sources": sources}
    return {"telescopes": [ROW, other], "sites": []}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("limits.altitude_min", "assumed: nobody says"),
        ("limits.hour_angle_max", "the night assistant"),
        ("instruments.ccd.modes.imaging.acquisition", "log of 2026-10-02"),
        ("instruments.ccd.modes.spectroscopy.acquisition", "assumed"),
        ("instruments.ccd.readout", "from memory: its manual"),
        ("aperture", ""),
    ],
)
def test_the_nearest_source_above_counts(path: str, told: str) -> None:
    assert source_of(ROW, path) == told


def test_only_what_the_visits_use_counts() -> None:
    shared = {"limits.altitude_min", "limits.sun_altitude_max", "slew.rates"}
    ccd = {f"instruments.ccd.{name}" for name in ("readout", "change", "band_change")}
    assert set(not_read(ROW, [("ccd", "imaging")])) == shared | ccd
    slit = "instruments.ccd.modes.spectroscopy.acquisition"
    assert set(not_read(ROW, [("ccd", "spectroscopy")])) == shared | ccd | {slit}
    assert set(not_read(ROW, [("fibre", "spectroscopy")])) == shared | {"instruments.fibre.readout"}
    assert next(iter(not_read(ROW, []))).startswith("limits.")


def test_a_sentence_says_limits_first_with_their_values() -> None:
    used = [("hill", "ccd", "imaging"), ("hill", "ccd", "imaging")]
    assert assumed_sentences(document(), used, "en") == [
        "Hill 60 cm: limits assumed: altitude above 25°, Sun below −12°; times assumed: turning at 2, 1.5°/s, "
        "read-out 3 s (from memory), change of instrument 60 s, change of band 8 s."
    ]
    (said,) = assumed_sentences(document(), used, "zh")
    assert said.startswith("小山60厘米望远镜：限制为假定：高度高于25°、太阳低于−12°；用时为假定：转动2, 1.5°/s、")
    assert "读出3秒（凭记忆）" in said


def test_what_was_read_and_what_is_a_persons_own_says_nothing() -> None:
    used = [("other", "ccd", "imaging")]
    assert assumed_sentences(document(), used, "en") == []
    read = {"limits": "arXiv:1905.05915", "slew": "the night assistant", "instruments": "log"}
    assert assumed_sentences(document(**read), used, "en") == []
    said = assumed_sentences(document(**{**read, "slew.rates": "assumed"}), used, "en")
    assert said == ["Other: times assumed: turning at 2, 1.5°/s."]
    # Without a name in Chinese the other one is said.
    assert assumed_sentences(document(**{**read, "slew.rates": "assumed"}), used, "zh")[0].startswith("Other：")


def test_an_assumed_horizon_is_named_without_its_numbers() -> None:
    whole = {**document(), "telescopes": [{**ROW, "sources": {"limits.horizon": "assumed: flat"}}]}
    assert assumed_sentences(whole, [("hill", "ccd", "imaging")], "en") == ["Hill 60 cm: limits assumed: horizon."]


def test_a_telescope_that_is_not_used_is_not_mentioned() -> None:
    assert assumed_sentences(document(), [("elsewhere", "ccd", "imaging")], "en") == []
