"""Reading probability maps of the sky, as alerts of gravitational waves and gamma-ray bursts carry them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.observing.sky_maps.map_files import head_of, read_map_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, SkyMap


def recognise_sky_map(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a HEALPix sky map of probability, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found``, ``found_zh`` and ``rows`` (cells); None where it is none.
    """
    header = head_of(path)
    if header is None:
        return None
    names = {str(header.get(f"TTYPE{n + 1}", "")).strip().upper() for n in range(int(header.get("TFIELDS", 0)))}
    rows = int(header.get("NAXIS2", 0))
    many, far = "UNIQ" in names, "DISTMU" in names
    event = str(header.get("OBJECT") or "").strip()
    cells = f"in {rows} cells (multi-order HEALPix)" if many else f"of NSIDE {header.get('NSIDE', '?')} (flat HEALPix)"
    cells_zh = f"{rows} 个单元（多阶 HEALPix）" if many else f"NSIDE {header.get('NSIDE', '?')}（平面 HEALPix）"
    return {
        "confidence": 0.99,
        "found": f"a sky map{f' of {event}' if event else ''} {cells}, {'with' if far else 'without'} distances",
        "found_zh": f"{event + ' 的' if event else ''}概率天图，{cells_zh}，{'含' if far else '不含'}距离",
        "rows": rows,
    }


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.0,
    seconds_per_1000_rows=0.002,
    comparison="exact",
    recognises=recognise_sky_map,
    citations=(
        "Singer & Price 2016, Rapid Bayesian position reconstruction for gravitational-wave transients, doi:10.1103/PhysRevD.93.024013",
        "Górski et al. 2005, HEALPix, doi:10.1086/427976",
        "Fernique et al. 2014, MOC - HEALPix Multi-Order Coverage map 1.0, 2014ivoa.spec.0602F",
    ),
    examples=(
        "Read this sky map",
        "Open the attached bayestar.multiorder.fits",
        "Load the gravitational-wave localisation map",
        "Read the HEALPix probability map of this GRB",
        "Which event is this localisation of?",
        "Import the skymap of the alert",
        "Load the flat HEALPix map, its pixels are in RING order",
        "Does this skymap carry distance information?",
        "读取这张概率天图",
        "打开附件里的引力波定位图",
        "载入 bayestar.multiorder.fits",
        "读取这个伽马暴的 HEALPix 概率图",
        "这张定位图是哪个事件的？",
        "导入警报附带的天图",
        "读取平面 HEALPix 天图，像素按 RING 排序",
        "这张天图有没有距离信息？",
    ),
    summary_zh="读取引力波或伽马暴警报的概率天图（多阶或平面 HEALPix，可含距离），并检查归一化与像素次序。",
    method="The probability map was read from the attached HEALPix file and its normalisation and order of pixels were checked.",
    method_zh="从附件读取 HEALPix 概率天图，并检查其归一化与像素次序。",
)
def read_sky_map(file: File, ordering: Literal["header", "nested", "ring"] = "header") -> SkyMap:
    """Read a map of where on the sky, and how far, the source of an alert probably is.

    Knows multi-order maps (UNIQ and PROBDENSITY, with or without DISTMU, DISTSIGMA, DISTNORM) and flat HEALPix maps (PROB or PROBABILITY, in
    NESTED or RING order, equatorial or galactic), packed with gzip or not.

    Parameters
    ----------
    file : File
        The attached file.
    ordering : {"header", "nested", "ring"}
        Of a flat map whose header does not say, or says it wrongly.

    Returns
    -------
    SkyMap
        One row a cell, in the order of the sky: ``uniq``, ``probdensity`` [1/sr] and, where the map has them, ``distmu``, ``distsigma`` [Mpc] and
        ``distnorm`` [1/Mpc2] (infinite, 1 and 0 where the line of sight has no distance).  Pixels of a flat map are joined where four are alike.
        ``meta`` has ``event``, ``time`` (ISO 8601, UTC), ``instruments``, ``distance_mean``, ``distance_std`` [Mpc] as the header gives them, each
        None where it does not, and ``coordinates`` (ICRS).

    Raises
    ------
    InputError
        Where the file is no sky map, is cut off, is not normalised, or is in another order than its header says.

    References
    ----------
    Maps: Singer & Price 2016, doi:10.1103/PhysRevD.93.024013; with distances: Singer et al. 2016, doi:10.3847/2041-8205/829/1/L15.
    """
    from pathlib import Path as _Path

    from astropy import units as u
    from astropy.table import QTable

    held = read_map_file(_Path(file), ordering)
    for sentence in held.warnings:
        warnings.warn(sentence, stacklevel=1)
    table = QTable({"uniq": held.uniq, "probdensity": held.density / u.sr})
    for name, unit in (("distmu", u.Mpc), ("distsigma", u.Mpc), ("distnorm", u.Mpc**-2)):
        if name in held.far:
            table[name] = held.far[name] * unit
    table.meta |= {
        "event": _said(held.header, "OBJECT"),
        "time": _said(held.header, "DATE-OBS"),
        "instruments": _said(held.header, "INSTRUME") or _said(held.header, "INSTRUMENT"),
        "distance_mean": _number(held.header, "DISTMEAN"),
        "distance_std": _number(held.header, "DISTSTD"),
        "creator": _said(held.header, "CREATOR"),
        "coordinates": "ICRS",
        "reading": {"file": shown_name(_Path(file)), "form": held.form, "cells": len(held.uniq)},
    }
    return table


def _said(header: dict[str, Any], key: str) -> str | None:
    """A text of the header, None where there is none."""
    text = str(header.get(key) or "").strip()
    return text or None


def _number(header: dict[str, Any], key: str) -> float | None:
    """A finite number of the header, None where there is none."""
    import math

    value = header.get(key)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
