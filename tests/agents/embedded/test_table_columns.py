"""Columns, units, tables of a file and folders that a question names, and of which of two tables a value is said."""

from __future__ import annotations

from typing import Any

import pytest

from gnomon.agents.embedded.assign import assign
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.tools.registry import Registry

CLOCK = Clock.of("2026-11-21T16:00:00+08:00", "Asia/Shanghai")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def _given(registry: Registry, question: str, *tools: str) -> dict[str, dict[str, Any]]:
    return assign(understand(question, CLOCK), [registry[t] for t in tools]).arguments


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("load the third extension, positions in ALPHA_J2000 and DELTA_J2000, FK5",
         {"table": 3, "ra_column": "ALPHA_J2000", "dec_column": "DELTA_J2000", "frame": "FK5"}),
        ("read HDU 2 of the file", {"table": 2}),
        ("读第2张表，坐标列是 alpha 和 delta_deg", {"table": 2, "ra_column": "alpha", "dec_column": "delta_deg"}),
        ("the RA column is called 'my ra'", {"ra_column": "my ra"}),
        ("ra_deg and dec_deg are the positions", {"ra_column": "ra_deg", "dec_column": "dec_deg"}),
        ("columns pm_a and pm_d have no unit in the file, they are in mas/yr", {"units": ["pm_a=mas/yr", "pm_d=mas/yr"]}),
        ("列 pm_a、pm_d 文件里没写单位，都是 mas/yr", {"units": ["pm_a=mas/yr", "pm_d=mas/yr"]}),
        ("RA is in decimal hours, B1950", {"ra_unit": "hourangle"}),
        ("treat the epoch as J2015.5", {"epoch": "2015.5 yr"}),
        ("two files of sources, match the first table with the second table", {}),
        ("read this list of 3 tables", {}),
    ],
)  # fmt: skip
def test_of_a_file(registry: Registry, question: str, arguments: dict[str, Any]) -> None:
    given = _given(registry, question, "read_source_table").get("read_source_table", {})

    assert {k: v for k, v in given.items() if k != "frame" or "frame" in arguments} == arguments


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("everything within 8 arcmin, only source_id, pmra and pmdec",
         {"radius": "8.0 arcmin", "columns": ["source_id", "pmra", "pmdec"]}),
        ("the columns parallax and ruwe within 8 arcmin", {"radius": "8.0 arcmin", "columns": ["parallax", "ruwe"]}),
        ("20角分内的源，phot_g_mean_mag 暗于15等", {"radius": "20.0 arcmin", "magnitude": "phot_g_mean_mag", "fainter_than": "15.0 mag"}),
        ("90 arcsec, mag_auto_i between 20 and 24",
         {"radius": "90.0 arcsec", "magnitude": "mag_auto_i", "fainter_than": "20.0 mag", "brighter_than": "24.0 mag"}),
        ("半径 0.2 度，超过 20 万行就只留前 20 万行", {"radius": "0.2 deg", "rows": 200000, "if_more": "keep_first"}),
        ("stars with 12 < G < 16 within 2 arcmin", {"radius": "2.0 arcmin", "fainter_than": "12.0 mag", "brighter_than": "16.0 mag"}),
        ("stars between G 12 and G 16 within 2 arcmin", {"radius": "2.0 arcmin", "fainter_than": "12.0 mag", "brighter_than": "16.0 mag"}),
        ("within a tenth of a degree", {"radius": "0.1 deg"}),
    ],
)  # fmt: skip
def test_of_a_catalogue(registry: Registry, question: str, arguments: dict[str, Any]) -> None:
    assert _given(registry, question, "catalogue_region")["catalogue_region"] == arguments


def test_folder(registry: Registry) -> None:
    said = "the card is old, the catalogue moved to /data3/lss/hats_v2, does it open"

    assert _given(registry, said, "read_catalogue")["read_catalogue"] == {"folder": "/data3/lss/hats_v2"}
    assert "read_catalogue" not in _given(registry, "what is in https://example.org/a/b", "read_catalogue")


@pytest.mark.parametrize(
    ("question", "sources", "catalogue"),
    [
        ("my coords are epoch 2000, the cat is 2016.0", None, "2016.0 yr"),
        ("my positions are of epoch 2000.0, the catalogue's epoch is 2016.0", "2000.0 yr", "2016.0 yr"),
        ("源表历元 1991.25，本地星表是 2016.0", "1991.25 yr", "2016.0 yr"),
        ("the epoch of my list is 2015.5", "2015.5 yr", None),
    ],
)
def test_epoch_is_that_of_the_table_it_is_said_of(
    registry: Registry, question: str, sources: str | None, catalogue: str | None
) -> None:
    given = _given(registry, question, "crossmatch_with_catalogue").get("crossmatch_with_catalogue", {})

    assert given.get("epoch_of_catalogue") == catalogue
    if sources is not None:
        assert given.get("epoch_of_sources") == sources


def test_first_and_second_table(registry: Registry) -> None:
    said = "the first list has positions at 1983.5, the second one are radio sources measured in 2019.0, keep those without a counterpart"

    given = _given(registry, said, "read_source_table", "crossmatch")

    assert given == {
        "crossmatch": {"epoch_of_sources": "1983.5 yr", "epoch_of_others": "2019.0 yr", "keep": "all_sources"}
    }
