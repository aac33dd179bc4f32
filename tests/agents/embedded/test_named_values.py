"""Names that a question gives to arguments of tools, by the sort of the argument."""

from __future__ import annotations

from typing import Any

import pytest

from gnomon.agents.embedded.assign import assign
from gnomon.agents.embedded.named_values import several_named
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
    ("question", "tool", "arguments"),
    [
        ("Where are M67, TOI-270 b and 10:08:22.3 +11:58:02?", "resolve", {"names": ["M 67", "TOI-270", "152.0929167 +11.9672222"]}),
        ("Where are Mars and M31?", "resolve", {"names": ["M 31"]}),
        ("Gaia stars within 5' brighter than G = 15", "cone_search", {"catalogue": "Gaia", "radius": "5.0 arcmin", "brighter_than": "15.0 mag"}),
        ("PS1 sources within 30 arcsec", "cone_search", {"catalogue": "Pan-STARRS", "radius": "30.0 arcsec"}),
        ("2MASS, not Gaia, within 30 arcsec", "cone_search", {"catalogue": "2MASS", "radius": "30.0 arcsec"}),
        ("检索 I/239/hip_main，半径 3 角分", "cone_search", {"catalogue": "I/239/hip_main", "radius": "3.0 arcmin"}),
        ("K-band image from 2MASS, 10x10 arcmin", "images", {"survey": "2MASS K", "size": "10.0 arcmin"}),
        ("斯隆 g 波段图像", "images", {"survey": "SDSS g"}),
        ("a DSS2 blue cutout", "images", {"survey": "DSS2 blue"}),
        ("Chandra data", "find_data", {"facility": "Chandra"}),
        ("ephemeris of (433) Eros from 2026-03-01 to 2026-03-10 every 6 h seen from Xinglong", "ephemeris",
         {"body": "433", "begin": "2026-03-01", "end": "2026-03-10", "step": "6.0 h", "observatory": "327"}),
        ("木星 2026 年 3 月 5 日的位置", "ephemeris", {"body": "Jupiter", "begin": "2026-03-05", "end": "2026-03-06"}),
        ("SELECT x FROM gaiadr3.gaia_source", "query", {"adql": "SELECT x FROM gaiadr3.gaia_source", "service": "Gaia archive"}),
        ("SELECT TOP 5 main_id FROM basic", "query", {"adql": "SELECT TOP 5 main_id FROM basic", "service": "SIMBAD"}),
        ("run SELECT a FROM t at https://example.org/tap", "query", {"adql": "SELECT a FROM t", "service": "https://example.org/tap"}),
        ("what does Fink say about ZTF20aaelulu?", "alerts", {"identifier": "ZTF20aaelulu", "broker": "Fink"}),
        ("new supernovae on TNS since 2026-11-01", "alerts", {"broker": "TNS", "since": "2026-11-01"}),
        ("papers on fast radio bursts since 2020", "papers", {"words": "fast radio bursts", "since": 2020}),
        ("关于超新星遗迹的最新论文", "papers", {"words": "超新星遗迹", "order": "newest"}),
        ("papers about TOI-270", "papers", {}),
        ("most cited papers on weak lensing in ADS", "papers", {"words": "weak lensing", "order": "most_cited", "source": "ADS"}),
        ("TESS sector 34, 20 s cadence, SAP flux", "light_curves", {"survey": "TESS", "sector": 34.0, "cadence": "fast", "flux": "raw"}),
        ("Kepler quarter 5", "light_curves", {"survey": "Kepler", "sector": 5.0}),
        ("the LAMOST spectrum", "spectra", {"service": "LAMOST"}),
    ],
)  # fmt: skip
def test_what_a_question_names(registry: Registry, question: str, tool: str, arguments: dict[str, Any]) -> None:
    given = _given(registry, question, tool).get(tool, {})
    assert {k: v for k, v in given.items() if k != "cadence" or tool == "light_curves"} == arguments


@pytest.mark.parametrize(
    ("question", "tool", "parameter", "names"),
    [
        ("Gaia and 2MASS sources within 3 arcmin", "cone_search", "catalogue", ["Gaia", "2MASS"]),
        ("M67 周围的 Gaia 和 AllWISE 源", "cone_search", "catalogue", ["Gaia", "AllWISE"]),
        ("Gaia DR3, 2MASS and SDSS stars", "cone_search", "catalogue", ["Gaia", "2MASS", "SDSS"]),
        ("DSS2 red and Pan-STARRS r images", "images", "survey", ["DSS2 red", "Pan-STARRS r"]),
        ("ZTF and TESS light curves", "light_curves", "survey", ["ZTF", "TESS"]),
        ("Gaia sources, not 2MASS", "cone_search", "catalogue", []),
        ("Gaia sources within 3 arcmin; I know 2MASS", "cone_search", "catalogue", []),
        ("Gaia DR3 sources", "cone_search", "catalogue", []),
    ],
)
def test_several_names(registry: Registry, question: str, tool: str, parameter: str, names: list[str]) -> None:
    found = several_named(understand(question, CLOCK), registry[tool].parameter(parameter))

    assert [value for _slot, value in found] == names
