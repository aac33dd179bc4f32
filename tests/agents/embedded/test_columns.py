"""Columns that questions name; and words that name none, which must never become one."""

from __future__ import annotations

import pytest

from gnomon.agents.embedded.columns import find_column

PARAMETERS = ("time_column", "flux_column", "rv_column", "error_column", "instrument_column")


def named(question: str) -> dict[str, object]:
    found = {p.removesuffix("_column"): find_column(question, p) for p in PARAMETERS}
    return {what: slot.value for what, slot in found.items() if slot is not None}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("cols: time=BJD, rv=RV, err=eRV", {"time": "BJD", "rv": "RV", "error": "eRV"}),
        ("use BJD as time and mnvel as velocity", {"time": "BJD", "rv": "mnvel"}),
        ("the flux is called 'f' and its error 'df'", {"flux": "f", "error": "df"}),
        (
            "velocity column: vrad, error column: svrad, instrument column: INS",
            {"rv": "vrad", "error": "svrad", "instrument": "INS"},
        ),
        ("Column names: jd (time), vel (velocity), e_vel (error)", {"time": "jd", "rv": "vel", "error": "e_vel"}),
        ("jd is the time, vel the RV, svel its uncertainty", {"time": "jd", "rv": "vel", "error": "svel"}),
        ("RVs are stored in the column rv_mps and errors in rv_err", {"rv": "rv_mps", "error": "rv_err"}),
        ("use the SAP_FLUX column instead of PDCSAP_FLUX", {"flux": "SAP_FLUX"}),
        ("the time column is called TIME", {"time": "TIME"}),
        ("使用PDCSAP_FLUX列", {"flux": "PDCSAP_FLUX"}),
        ("流量用 SAP_FLUX，误差用 SAP_FLUX_ERR", {"flux": "SAP_FLUX", "error": "SAP_FLUX_ERR"}),
        ("列名分别为 t、v、e_v（时间、速度、误差）", {"time": "t", "rv": "v", "error": "e_v"}),
        ("速度列名是RV，误差列名是eRV，仪器列名是inst", {"rv": "RV", "error": "eRV", "instrument": "inst"}),
    ],
)
def test_columns_are_found(question: str, expected: dict[str, str]) -> None:
    assert named(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "fit the velocities from HARPS and HIRES",
        "the flux in ppm",
        "errors in m/s",
        "plot the flux against time for TESS sector 5",
        "plot power vs period for the velocities",
        "the error is large and time is short",
        "what minimum mass do the velocities give for a host of 0.6 solar masses?",
        "画出流量随时间的变化",
        "误差是多少？",
    ],
)
def test_words_are_no_columns(question: str) -> None:
    assert named(question) == {}
