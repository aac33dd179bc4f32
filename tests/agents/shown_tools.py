"""Small tools that make what archives give, without asking any; worker processes import this module by its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import (
        Catalogue,
        Columns,
        Ephemeris,
        Holdings,
        Image,
        Measurements,
        Notices,
        References,
        SourceTable,
        Spectrum,
        Target,
    )

COMMON: dict[str, Any] = {
    "version": "1.0",
    "effects": ("compute",),
    "seconds": 0.1,
    "citations": ("Nobody 2020, Journal of Tests 1, 1, doi:10.1000/182",),
    "examples": ("Fetch a thing", "取一个东西"),
    "summary_zh": "取一个东西。",
    "method": "A thing was fetched.",
    "method_zh": "取了一个东西。",
}
HOSTILE = "<script>alert(1)</script> | [x](javascript:alert(1)) {{ 7*7 }} **b** `c` \u202egnp.exe"
LONG_IDENTIFIER = 2635476908753563008
POSITION = {"frame": "ICRS", "pmra": None, "pmdec": None, "parallax": None, "radial_velocity": None}


def query(service: str, rows: int, **more: Any) -> dict[str, Any]:
    return {
        "service": service, "url": "https://archive.example/tap", "release": "", "text": "SELECT 1", "time": "2026-11-20T10:00:00.123456+00:00",
        "rows": rows, "limit": None, "complete": True, "cut_by": "", "sha256": "ab" * 32, "stale": "", **more,
    }  # fmt: skip


@tool(**COMMON)
def fetch_target(style: Literal["one", "two", "hostile"] = "one") -> Target:
    """Fetch objects.

    Parameters
    ----------
    style : str
        Which.

    Returns
    -------
    Target
        Objects.
    """
    from astropy.table import Column, QTable

    from gnomon.tools.archives.tables.masked_columns import number_column, text_column

    many = style == "two"

    def numbers(first: float | None, second: float | None) -> list[float | None]:
        return [first, second] if many else [first]

    name = HOSTILE if style == "hostile" else "TRAPPIST-1"
    table = QTable()
    table["name"] = Column([name, "3C 273"] if many else [name])
    table["main_id"] = text_column(["TRAPPIST-1", "3C 273"] if many else ["TRAPPIST-1"], "", "meta.id;meta.main")
    table["ra"] = number_column(numbers(346.6223829, 187.2779154), "deg", "", "pos.eq.ra;meta.main")
    table["dec"] = number_column(numbers(-5.0413992, 2.0523882), "deg", "", "pos.eq.dec;meta.main")
    table["epoch"] = number_column(numbers(2000.0, 2000.0), "yr", "", "time.epoch")
    table["pmra"] = number_column(numbers(930.788, None), "mas/yr", "")
    table["pmdec"] = number_column(numbers(-479.038, None), "mas/yr", "")
    table["parallax"] = number_column(numbers(80.2123, None), "mas", "")
    table["parallax_error"] = number_column(numbers(0.0716, None), "mas", "")
    table["distance"] = number_column(numbers(12.466916, None), "pc", "")
    table["radial_velocity"] = number_column(numbers(-52.8, None), "km/s", "")
    table["redshift"] = number_column(numbers(None, 0.158339), "", "")
    table["object_type"] = text_column(["LM*", "QSO"] if many else ["LM*"], "")
    table["spectral_type"] = text_column(["M7.5e", None] if many else ["M7.5e"], "")
    table["magnitude_v"] = number_column(numbers(18.798, 12.85), "mag", "")
    table["magnitude_g"] = number_column(numbers(15.645, None), "mag", "")
    aliases = [json.dumps(["2MASS J23062928-0502285", f"Gaia DR3 {LONG_IDENTIFIER}", *(f"X {n}" for n in range(20))])]
    table["aliases"] = text_column([*aliases, json.dumps(["3C 273"])] if many else aliases, "")
    table["resolved_by"] = text_column(["SIMBAD", "SIMBAD"] if many else ["SIMBAD"], "")
    table["compared_with"] = text_column(["NED, VizieR", None] if many else ["NED, VizieR"], "")
    table["separation_between_services"] = number_column(numbers(0.1234, None), "arcsec", "")
    codes = [json.dumps({"parallax": "2020yCat.1350....0G", "position": "2020yCat.1350....0G", "radial_velocity": "2018A&A...612A..49R"})]  # fmt: skip
    table["references"] = text_column([*codes, None] if many else codes, "")
    table.meta["position"] = {**POSITION, "ra": "ra", "dec": "dec", "epoch": "epoch"}
    table.meta["queries"] = [query("SIMBAD", len(table)), query("Sesame", 1), {**query("NED", 0, complete=False), "error": "NED did not answer within 60 s."}] if many else [query("SIMBAD", 1)]  # fmt: skip
    return table


@tool(**COMMON)
def fetch_sources(style: Literal["all", "cut", "unsure", "matched", "count", "hostile"] = "all") -> SourceTable:
    """Fetch rows of a catalogue.

    Parameters
    ----------
    style : str
        Which.

    Returns
    -------
    SourceTable
        Rows.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable
    from astropy.utils.masked import Masked

    if style == "count":
        table = QTable({"n": np.array([1811709771])})
        table.meta.update(position=None, catalogue=None, queries=[query("Gaia archive", 1)])
        return table
    rng = np.random.default_rng(4)
    rows = 40
    table = QTable({"source_id": LONG_IDENTIFIER + np.arange(rows)})
    table["source_id"].info.meta = {"ucd": "meta.id;meta.main"}
    reach, turn = 0.05 * np.sqrt(rng.uniform(size=rows)), rng.uniform(0, 2 * np.pi, rows)
    table["ra"] = (346.6223829 + reach * np.cos(turn)) * u.deg
    table["dec"] = Masked((-5.0413992 + reach * np.sin(turn)) * u.deg, mask=np.arange(rows) == 3)
    table["ra"].info.meta, table["dec"].info.meta = {"ucd": "pos.eq.ra;meta.main"}, {"ucd": "pos.eq.dec;meta.main"}
    table["parallax"] = Masked(rng.normal(2.0, 1.0, rows) * u.mas, mask=np.arange(rows) % 4 == 1)
    table["parallax"].info.description = "Trigonometric parallax"
    table["parallax"].info.meta = {"ucd": "pos.parallax.trig"}
    table["phot_g_mean_mag"] = rng.normal(17.0, 2.0, rows) * u.mag
    table["note"] = np.array([HOSTILE if style == "hostile" else f"star {n}" for n in range(rows)])
    for n in range(6):
        table[f"extra_{n}"] = rng.integers(0, 9, rows)
    table["separation"] = (rng.uniform(0.0, 1.5, rows) if style == "matched" else reach * 3600.0) * u.arcsec
    table["target"] = ["TRAPPIST-1"] * rows
    more: dict[str, Any] = {}
    if style == "cut":
        more = {
            "complete": False,
            "cut_by": "the service's own limit of 40 rows",
            "stale": "the archive did not answer",
        }
    elif style == "unsure":
        more = {"complete": None}
    table.meta.update(
        catalogue=HOSTILE if style == "hostile" else "Gaia DR3", failed=["M 67"] if style == "cut" else [],
        position={**POSITION, "ra": "ra", "dec": "dec", "epoch": 2016.0, "parallax": "parallax"},
        queries=[query("Gaia archive", rows, release="Gaia DR3", **more)],
    )  # fmt: skip
    if style == "matched":
        table.meta["matching"] = {
            "radius_arcsec": 1.5,
            "sources": 120,
            "matched": 40,
            "chance": {"expected_by_chance": 3.25},
        }
    return table


@tool(**COMMON)
def fetch_holdings() -> Holdings:
    """Fetch what archives have.

    Returns
    -------
    Holdings
        Products.
    """
    from astropy.table import QTable

    from gnomon.tools.archives.tables.masked_columns import number_column, text_column

    table = QTable()
    table["target"] = text_column(["3C 273"] * 3, "")
    table["service"] = text_column(["MAST", "MAST", "ESO archive"], "")
    table["product"] = text_column(["image", "spectrum", None], "", "meta.code.class")
    table["access_url"] = text_column(
        ["https://mast.example/get?id=1&x=<2>", "ftp://old.example/a", None], "", "meta.ref.url"
    )
    table["facility"] = text_column(["HST", "HST", "VLT"], "")
    table["instrument"] = text_column(["WFC3", "STIS", None], "")
    table["collection"] = text_column(["HST", "HST", "UVES"], "")
    table["t_min"] = number_column([56000.5, None, 51544.0], "d", "")
    table["exposure"] = number_column([1200.0, 345.678901, None], "s", "")
    table["ra"] = number_column([187.27, 187.28, None], "deg", "")
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": None}
    table.meta["queries"] = [query("MAST", 2), query("ESO archive", 1)]
    return table


@tool(**COMMON)
def fetch_columns(tables: int = 1) -> Columns:
    """Fetch the columns of tables.

    Parameters
    ----------
    tables : int
        How many.

    Returns
    -------
    Columns
        Three columns each.
    """
    from astropy.table import QTable

    names = [(f"sky.t{i}", column) for i in range(tables) for column in ("dec", "pmra", "ra")]
    table = QTable()
    table["table_name"] = [t for t, _c in names]
    table["column_name"] = [c for _t, c in names]
    table["unit"] = ["mas/yr" if c == "pmra" else "deg" for _t, c in names]
    table["ucd"] = ["pos.pm" if c == "pmra" else "" for _t, c in names]
    table["datatype"] = ["double"] * len(names)
    table["description"] = [f"What {c} means" for _t, c in names]
    table.meta["queries"] = [query("Tables", len(names))]
    return table


@tool(**COMMON)
def fetch_catalogue() -> Catalogue:
    """Fetch a catalogue on disk.

    Returns
    -------
    Catalogue
        Two files.
    """
    import numpy as np
    from astropy.table import QTable

    table = QTable(
        {
            "file": ["a.parquet", "b.parquet"], "order": np.array([1, 1]), "pixel": np.array([4, 5]),
            "rows": np.array([1_200_000, 34_567]), "bytes": np.array([10, 20]), "footer_sha256": ["0" * 64, "1" * 64],
        }
    )  # fmt: skip
    table.meta.update(
        catalogue="Deep field",
        folder="/nowhere/deep",
        form="Parquet",
        identity="0" * 64,
        metadata=[],
        position={"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": 2016.0},
        columns=[
            {"name": "ra", "unit": "deg"},
            {"name": "dec", "unit": "deg"},
            *({"name": f"mag_{i}", "unit": "mag"} for i in range(40)),
        ],
    )
    return table


@tool(**COMMON)
def fetch_notices() -> Notices:
    """Fetch alerts.

    Returns
    -------
    Notices
        Alerts.
    """
    from astropy.table import QTable

    from gnomon.tools.archives.asking.json_replies import whole_number_column
    from gnomon.tools.archives.tables.masked_columns import number_column, text_column

    table = QTable()
    table["identifier"] = text_column(["ZTF20aaelulu", "ZTF18abbuksn"], "", "meta.id;meta.main")
    table["broker"] = text_column(["ALeRCE"] * 2, "")
    table["time"] = number_column([58900.25, 59000.75], "d", "")
    table["ra"] = number_column([185.4601, 210.9107], "deg", "", "pos.eq.ra;meta.main")
    table["dec"] = number_column([4.4786, 54.3116], "deg", "", "pos.eq.dec;meta.main")
    table["magnitude"] = number_column([None, None], "mag", "")
    table["classification"] = text_column(["SNIa", None], "")
    table["number_of_detections"] = whole_number_column([120, None], "", "")
    table["url"] = text_column(["https://alerce.online/object/ZTF20aaelulu", None], "")
    table["text"] = text_column([HOSTILE, None], "")
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    table.meta["queries"] = [query("ALeRCE", 2, complete=None)]
    return table


@tool(**COMMON)
def fetch_papers() -> References:
    """Fetch papers.

    Returns
    -------
    References
        Papers.
    """
    from astropy.table import QTable

    from gnomon.tools.archives.asking.json_replies import whole_number_column
    from gnomon.tools.archives.tables.masked_columns import text_column

    authors = [
        ["Gillon, M.", "Triaud, A. H. M. J.", "Demory, B.-O.", "Jehin, E."],
        ["Agol, E.", "Dorn, C."],
        ["Nobody, N."],
    ]
    table = QTable()
    table["identifier"] = text_column(
        ["2017Natur.542..456G", "2021PSJ.....2....1A", "arXiv:2401.01234"], "", "meta.id;meta.main"
    )
    table["doi"] = text_column(["10.1038/nature21360", "10.3847/PSJ/abd022", None], "", "meta.ref.doi")
    table["arxiv"] = text_column(["1703.01424", None, "2401.01234"], "", "meta.id")
    table["title"] = text_column(["Seven temperate terrestrial planets around the nearby ultracool dwarf star TRAPPIST-1", "Refining the Transit-timing and Photometric Analysis of TRAPPIST-1", HOSTILE], "", "meta.title")  # fmt: skip
    table["authors"] = text_column([json.dumps(a) for a in authors], "")
    table["first_author"] = text_column([a[0] for a in authors], "")
    table["year"] = whole_number_column([2017, 2021, 2024], "", "")
    table["journal"] = text_column(["Nature", "The Planetary Science Journal", None], "")
    table["citations"] = whole_number_column([1780, 401, None], "", "")
    table["abstract"] = text_column(["One aim of modern astronomy", None, None], "")
    table.meta["queries"] = [
        query("ADS", 2, complete=False, cut_by="the limit of 2 rows of this plan", available=512),
        query("arXiv", 1),
    ]
    return table


@tool(**COMMON)
def fetch_ephemeris(site: bool = False) -> Ephemeris:
    """Fetch an ephemeris.

    Parameters
    ----------
    site : bool
        Whether seen from an observatory.

    Returns
    -------
    Ephemeris
        Positions.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable
    from astropy.utils.masked import Masked

    days = np.arange(20.0) * (1 / 24 if site else 1.0)
    julian = 2461192.5 + days
    table = QTable({"time": julian * u.d})
    table["date"] = np.array([str(np.datetime64(round((j - 2440587.5) * 1440), "m")) for j in julian])
    table["ra"], table["dec"] = ((358.0 + 0.25 * days) % 360.0) * u.deg, (-12.0 + 0.1 * days) * u.deg
    table["delta"] = (2.1 - 0.01 * days) * u.AU
    table["magnitude"] = Masked((8.9 - 0.01 * days) * u.mag, mask=np.arange(20) == 5)
    table["elongation"] = (70.0 + 0.7 * days) * u.deg
    table["elevation"] = Masked(60.0 * np.sin(6.283 * days - 1.0) * u.deg, mask=not site)
    table["uncertainty"] = np.full(20, 0.021) * u.arcsec
    table.meta.update(
        object="1 Ceres (A801 AA)", observatory={"code": "327", "name": "Peking Observatory, Xinglong Station"} if site else {"code": "500", "name": "Geocentric"},
        frame="ICRF", time_reference={"name": "JD", "zero_jd": 0.0, "scale": "utc"}, queries=[query("JPL Horizons", 20)],
    )  # fmt: skip
    return table


@tool(**COMMON)
def fetch_spectrum(bare: bool = False) -> Spectrum:
    """Fetch a spectrum.

    Parameters
    ----------
    bare : bool
        Whether the file says little of itself.

    Returns
    -------
    Spectrum
        Samples.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import Column, QTable
    from astropy.utils.masked import Masked

    wave = np.geomspace(3800.0, 9200.0, 600)
    unit = u.dimensionless_unscaled if bare else u.Unit("1e-17 erg / (s cm2 Angstrom)")
    flux = 20.0 * (wave / 5000.0) ** -1.3 + 15.0 * np.exp(-((wave - 7602.1) ** 2) / 1800.0)
    bad = (np.arange(600) > 200) & (np.arange(600) < 215)
    table = QTable({"wavelength": wave * u.AA, "flux": flux * unit, "flux_err": Masked(np.full(600, 0.4) * unit, mask=bad | bare), "mask": Column(bad)})  # fmt: skip
    if bare:
        table.meta.update(object="3C 273", wavelength={"medium": None, "given_in": None, "frame": None}, queries=[])
        return table
    table.meta.update(
        object="3C 273", position={"ra": 187.27791, "dec": 2.05239, "frame": "ICRS", "epoch": 2010.5}, title="0541-51959-0377",
        wavelength={"medium": "vacuum", "given_in": "vacuum", "frame": "heliocentric"}, flux_unit={"stated": "1E-17 erg/cm^2/s/Ang"},
        identifiers={"specObjID": "609193158532098048"}, instrument="sdss", product="https://data.sdss.org/sas/dr17/spec-0541-51959-0377.fits",
        pipeline={"class": "QSO", "z": 0.158, "zErr": 1.5e-05, "zWarning": 0}, resolution={"width_m": None, "power": None},
        observed={"mjd": 51959, "exposure_s": 2700.0}, queries=[query("SDSS", 600, release="SDSS DR17")],
    )  # fmt: skip
    return table


@tool(**COMMON)
def fetch_image(empty: bool = False) -> Image:
    """Fetch an image.

    Parameters
    ----------
    empty : bool
        Whether no pixel has a value.

    Returns
    -------
    Image
        Pixels.
    """
    import numpy as np
    from astropy import units as u
    from astropy.nddata import CCDData
    from astropy.wcs import WCS

    side, ra, dec = 120, 202.4696, 47.1952
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [ra, dec]
    wcs.wcs.crpix, wcs.wcs.cdelt = [(side + 1) / 2] * 2, [-5.0 / 60 / side, 5.0 / 60 / side]
    y, x = np.mgrid[:side, :side]
    data = 100.0 + 900.0 * np.exp(-np.hypot(x - 60, (y - 60) * 1.6) / 9.0) + np.random.default_rng(1).normal(0, 4, (side, side))  # fmt: skip
    mask = np.full((side, side), empty)
    mask[:5, :20] = True
    return CCDData(
        data.astype("f4"), unit=u.adu, wcs=wcs, mask=mask,
        meta={
            "object": "M 51", "survey": "DSS2 red", "position": {"ra": ra, "dec": dec, "frame": "ICRS", "epoch": 1992.0}, "resampled": True,
            "unit": {"stated": "adu", "known": True}, "product": "https://alasky.example/hips2fits?hips=CDS%2FP%2FDSS2%2Fred",
            "header": {"DATE-OBS": "1991-05-03T08:15:00"}, "queries": [query("DSS2 red at the CDS", 1)],
        },
    )  # fmt: skip


@tool(**COMMON)
def measure_target(target: Target) -> Measurements:
    """Measure something of an object.

    Parameters
    ----------
    target : Target
        Objects.

    Returns
    -------
    Measurements
        A number.
    """
    from astropy.table import Table

    return Table(rows=[("period", "planet 1", 1.51, 1.5, 1.52, 0.6827, "d")], names=("quantity", "of", "value", "lower", "upper", "level", "unit"))  # fmt: skip
