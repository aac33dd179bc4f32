"""What questions that are not put to tables are expected to cost, reckoned from the questions themselves; nobody is asked.

Sizes are those of files and replies as the archives document them, to a factor of two or so.  What only the archive knows, such as
how many sectors saw a star, is left open and said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gnomon.tools.costs import Cost, rounded

BYTES_A_SECOND = 2.0e6  # as in `table_costs`

# Samples in a part of a light curve and how the part is called: 27.4 d of TESS at 120 s or 20 s (2015JATIS...1a4003R), 90 d of a quarter of
# Kepler and 80 d of a campaign of K2 at 29.4 min or 58.8 s (2010ApJ...713L..79K, 2014PASP..126..398H).
_PARTS = {
    ("TESS", "standard"): (19_700, "sector", "扇区"), ("TESS", "fast"): (118_000, "sector", "扇区"),
    ("Kepler", "standard"): (4_400, "quarter", "季度"), ("Kepler", "fast"): (132_000, "quarter", "季度"),
    ("K2", "standard"): (3_900, "campaign", "观测期"), ("K2", "fast"): (117_000, "campaign", "观测期"),
}  # fmt: skip
_BYTES_OF_SAMPLE = (
    100  # twenty columns of a light curve file of TESS and Kepler: Twicken et al. 2020, Archive Manual KDMC-10008
)
# Transits of Gaia over a source in DR3, in the mean: 44, 2023A&A...674A..13E.
_TRANSITS = 44
# Arcseconds of a pixel of the surveys' images, as in the tool `images`.
_PIXELS = {"DSS2": 1.0, "2MASS": 1.0, "Pan-STARRS": 0.25, "SDSS": 0.4, "WISE": 1.4, "GALEX": 1.5}
_LARGEST_SIDE = 5000
# Samples of one spectrum: SDSS 4,600 and LAMOST 3,900 (logarithmic from 380 to 920 nm), Gaia 343 (2023A&A...674A...2D), DESI 7,781
# (2022AJ....164..207D).
_SAMPLES = {"SDSS": 4_600, "LAMOST": 3_900, "Gaia": 343, "DESI": 7_781, "Flash/Heros": 10_000}
_ARCHIVES = 8  # that the tool `find_data` asks


def cost_of_resolve(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """One row a name."""
    names = arguments.get("names")
    number = len(names) if isinstance(names, list) else 1
    seconds = 5.0 + number / 50.0 if number > 30 else 3.0 + 1.0 * number
    return Cost(number, 3_000 * number, seconds, True, "one row a name", "每个名称一行")


def cost_of_crossmatch(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """No service is asked; as many rows as sources, with all pairs perhaps more."""
    seconds = 0.5 + 4e-6 * rows_in
    if arguments.get("pairs") == "all":
        return Cost(rows_in, 0, seconds, False, "about one partner for each source", "每个源约一个匹配")
    return Cost(rows_in, 0, seconds, True, "one row a source at most", "每个源至多一行")


def cost_of_light_curves(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """By survey and cadence, for one sector, quarter or campaign."""
    survey = str(arguments.get("survey") or "TESS")
    part = _PARTS.get((survey, str(arguments.get("cadence") or "standard")))
    if part is not None:
        rows, name, name_zh = part
        size = rows * _BYTES_OF_SAMPLE
        if arguments.get("sector") is not None:
            return Cost(
                rows,
                rounded(size),
                10.0 + size / BYTES_A_SECOND,
                False,
                f"one {name} of {survey}",
                f"{survey} 的一个{name_zh}",
            )
        why = f"{rows:,} rows and {size / 1e6:.2g} MB for each {name} of {survey} that saw it, and how many did only the archive knows"
        return Cost(why=why, why_zh=f"{survey} 每个{name_zh}约 {rows:,} 行、{size / 1e6:.2g} MB；有多少个只有存档知道")
    if survey == "Gaia":
        return Cost(_TRANSITS, 20_000, 8.0, False, "the mean number of transits in Gaia DR3", "Gaia DR3 的平均过境次数")
    # ZTF sees a field every second or third night since 2018, ASAS-SN nearly every night since 2012.
    usual = {"ZTF": 1_000, "ASAS-SN": 3_000}.get(survey)
    if usual is None:
        return Cost()
    why = f"what {survey} usually has of a star in one band"
    return Cost(usual, 100 * usual, None, False, why, f"{survey} 单个波段的通常数量")


def cost_of_spectra(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """One spectrum, by survey."""
    service = str(arguments.get("service") or "SDSS")
    samples = _SAMPLES.get(service)
    if samples is None:
        why = "how long a spectrum is only the archive knows"
        return Cost(why=why, why_zh="光谱的长度只有存档知道")
    return Cost(samples, 40 * samples, None, False, f"one spectrum of {service}", f"{service} 的一条光谱")


def cost_of_images(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """The square of the side in pixels, of four bytes each; an image of another service is sent as it is."""
    survey = str(arguments.get("survey") or "DSS2 red")
    pixel = arguments.get("pixel") or next((p for name, p in _PIXELS.items() if survey.startswith(name)), None)
    if pixel is None or survey.startswith("http"):
        return Cost(why="how large the image is only the service knows", why_zh="图像的大小只有服务方知道")
    side = min(_LARGEST_SIDE, math.ceil(float(arguments.get("size") or 5.0) * 60.0 / float(pixel)))
    size = 4 * side * side
    return Cost(
        None, rounded(size), 6.0 + size / BYTES_A_SECOND, False, f"{side} by {side} pixels of 4 bytes", f"{side} × {side} 像素，每像素 4 字节"
    )  # fmt: skip


def cost_of_find_data(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """Eight archives for every twenty objects, and the registry for each, of which each gives at most the plan's rows."""
    objects, limit = max(1, rows_in), int(arguments.get("rows") or 1000)
    rows = limit * (_ARCHIVES * math.ceil(objects / 20) + objects)
    why = f"{limit:,} rows of each of {_ARCHIVES} archives and of the registry"
    return Cost(
        rows, 1_000 * rows, 60.0 * math.ceil(objects / 20), True, why, f"{_ARCHIVES} 个存档和注册表各 {limit:,} 行"
    )


def cost_of_papers(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """At most the plan's rows."""
    limit = int(arguments.get("rows") or 25)
    return Cost(limit, 3_000 * limit, None, True, "the plan's own limit of papers", "计划自身的论文数上限")


def cost_of_alerts(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """At most the plan's rows."""
    limit = int(arguments.get("rows") or 100)
    return Cost(limit, 2_000 * limit, None, True, "the plan's own limit of rows", "计划自身的行数上限")


def cost_of_ephemeris(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """One line for each step from the first to the last time."""
    try:
        begin, end = (datetime.fromisoformat(str(arguments.get(n))).replace(tzinfo=None) for n in ("begin", "end"))
    except ValueError:
        return Cost(why="how many lines cannot be told beforehand", why_zh="行数无法事先判断")
    hours = (end - begin).total_seconds() / 3600.0
    step = float(arguments.get("step") or 24.0)
    if hours < 0.0 or step <= 0.0:
        return Cost()
    rows = math.floor(hours / step) + 1
    return Cost(rows, 200 * rows, 3.0 + rows / 5000.0, True, f"a line every {step:g} h", f"每 {step:g} 小时一行")
