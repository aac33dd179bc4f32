"""Where the positions of a table of sources are: columns, unit, frame, epoch and motions, found or given, and never guessed in silence."""

from __future__ import annotations

import re
import warnings
from typing import Any

from gnomon.tools.archives.tables.vo_tables import position_of
from gnomon.tools.errors import InputError
from gnomon.tools.reading.parquet_columns import known_unit

RA_NAMES = ("ra", "raicrs", "raj2000", "ra2000", "radeg", "rad", "rafk5", "alpha", "alphaj2000", "rightascension", "ramean", "rastack", "sra", "rahms", "rastr", "rasexa", "raepoch2000", "meanra", "coordra", "targetra", "raobj")  # fmt: skip
DEC_NAMES = ("dec", "deicrs", "decicrs", "dej2000", "decj2000", "dec2000", "dedeg", "decdeg", "decd", "decfk5", "de", "delta", "deltaj2000", "declination", "decmean", "decstack", "sdec", "decdms", "decstr", "decsexa", "decepoch2000", "meandec", "coorddec", "targetdec", "decobj")  # fmt: skip
_FRAMES = {"icrs": "ICRS", "fk5": "FK5", "eqfk5": "FK5", "fk4": "FK4", "eqfk4": "FK4", "galactic": "Galactic"}
# Columns of the Gaia archive have the units of its data model (https://gea.esac.esa.int/archive/documentation/GDR3/, chapter 20),
# and the epochs of its releases (Lindegren et al. 2018, doi:10.1051/0004-6361/201832727; 2021, doi:10.1051/0004-6361/202039709).
_GAIA_UNITS = {
    "ra": "deg", "dec": "deg", "pmra": "mas/yr", "pmdec": "mas/yr", "pmra_error": "mas/yr", "pmdec_error": "mas/yr", "parallax": "mas", "parallax_error": "mas",
    "ra_error": "mas", "dec_error": "mas", "radial_velocity": "km/s", "radial_velocity_error": "km/s", "ref_epoch": "yr", "phot_g_mean_mag": "mag",
    "phot_bp_mean_mag": "mag", "phot_rp_mean_mag": "mag", "bp_rp": "mag",
}  # fmt: skip
_GAIA_EPOCHS = {"Gaia DR1": 2015.0, "Gaia DR2": 2015.5, "Gaia EDR3": 2016.0, "Gaia DR3": 2016.0}
_GAIA_NAMES = frozenset({"phot_g_mean_mag", "ref_epoch", "solution_id", "designation", "astrometric_params_solved"})
_MOTIONS = ("pmra", "pmdec", "parallax", "radial_velocity")
_EPOCH_IN_WORDS = re.compile(r"\bep(?:och)?\s*[=:]?\s*[JB]?(\d{4}(?:\.\d+)?)", re.IGNORECASE)
# Of numbers from 0 to 24 without a unit: a field of degrees is rarely so wide, so high and so near to right ascension zero.
_HOURS_SPREAD, _DEGREES_SPREAD, _FEWEST_HOURS = 12.0, 10.0, 5


def bare_name(name: str) -> str:
    """A name in lower case, without blanks, dots, dashes, underscores and brackets."""
    return re.sub(r"[\s_.\-()\[\]]+", "", name).lower()


def named_column(table: Any, name: str, argument: str, said: str) -> str:
    """The column that a person names, whatever the case of its letters.

    Raises
    ------
    InputError
        Where there is none.
    """
    if name in table.colnames:
        return name
    near = [c for c in table.colnames if c.lower() == name.strip().lower()]
    if len(near) == 1:
        return str(near[0])
    raise InputError(
        f"{said} has no column {name!r}, which {argument} names.",
        remedy=f"It has {', '.join(table.colnames[:20])}{' ...' if len(table.colnames) > 20 else ''}.",
    )


def give_units(table: Any, units: list[str] | None, said: str) -> None:
    """Give columns the units that a person states as ``column=unit``.

    Raises
    ------
    InputError
        Where that is not what is stated, a column or unit is not known, or the file states another unit.
    """
    from astropy.units import UnrecognizedUnit

    for text in units or []:
        name, equals, unit_text = text.partition("=")
        unit = known_unit(unit_text)
        if not equals or unit is None or isinstance(unit, UnrecognizedUnit):
            raise InputError(
                f"{text!r} gives no column a unit.", remedy="Write units as column=unit, such as pmra=mas/yr."
            )
        column = named_column(table, name.strip(), "units", said)
        given = getattr(table[column], "unit", None)
        if given is not None and given != unit:
            raise InputError(
                f"{said} says that {column} is in {given}, and units says {unit}.", remedy="Leave that unit out."
            )
        _set_unit(table, column, unit)


def give_gaia_units(table: Any, said: str) -> None:
    """Give the units of Gaia's data model to columns without one, where the columns are those of Gaia's archive."""
    names = {n.lower(): n for n in table.colnames}
    if "source_id" not in names or not {"ra", "dec"} <= set(names) or not _GAIA_NAMES & set(names):
        return
    from astropy import units as u

    given = []
    for plain, unit in _GAIA_UNITS.items():
        name = names.get(plain)
        if name and getattr(table[name], "unit", None) is None and getattr(table[name], "dtype", None) is not None and table[name].dtype.kind in "fiu":  # fmt: skip
            _set_unit(table, name, u.Unit(unit))
            given.append(name)
    if given:
        warnings.warn(
            f"{said} has the columns of the Gaia archive without units; {', '.join(given)} were taken in those of Gaia's data model.",
            stacklevel=2,
        )


def place(
    table: Any,
    systems: dict[str, tuple[str, str]],
    said: str,
    ra_column: str | None = None,
    dec_column: str | None = None,
    frame: str | None = None,
    epoch: float | None = None,
    ra_unit: str = "auto",
) -> dict[str, Any] | None:
    """Find which columns are positions and motions, in which frame and at which epoch; text and hours become degrees.

    Parameters
    ----------
    table : astropy.table.QTable
        Columns of degrees are added to it where positions are sexagesimal text or hours.
    systems : dict
        Frame and epoch that the file names for columns, or under "" for the whole table.
    said : str
        What sentences call the file.
    ra_column, dec_column, frame, epoch : optional
        What a person says.
    ra_unit : {"auto", "deg", "hourangle"}
        Of right ascensions without a unit.

    Returns
    -------
    dict or None
        ``meta["position"]`` as the kinds say; None where there are no positions.

    Raises
    ------
    InputError
        Where a column that a person names is not there or holds no positions, what a person says is not what the file says, right ascensions may be
        hours or degrees, or declinations go beyond 90 degrees.
    """
    if (ra_column is None) != (dec_column is None):
        raise InputError(
            f"Only one of the columns of positions of {said} is named.",
            remedy="Name both, with ra_column and dec_column.",
        )
    chosen: tuple[str, str] | None = None
    if ra_column is not None and dec_column is not None:
        chosen = named_column(table, ra_column, "ra_column", said), named_column(table, dec_column, "dec_column", said)
    chosen = _in_degrees(table, chosen, said, ra_unit)
    hidden = _mark_main(table, chosen) if chosen else {}
    _drop_strange_years(table)
    found = position_of(table, systems, said)
    for name, ucd in hidden.items():
        table[name].info.meta = {**(table[name].info.meta or {}), "ucd": ucd} if ucd else {}
    if found is None:
        return None
    if systems_whole := systems.get(""):
        found = _with_system(found, systems.get(str(found["ra"])), systems_whole)
    _check_degrees(table, found, said)
    _say_frame(found, table, systems, frame, said)
    _say_epoch(found, table, epoch, said)
    _say_motions(found, table, said)
    return found


def _with_system(found: dict[str, Any], own: tuple[str, str] | None, whole: tuple[str, str]) -> dict[str, Any]:
    """What the file says of all its positions, where it says nothing of these."""
    if own and own[0]:
        return found
    frame = _FRAMES.get(bare_name(whole[0]), whole[0])
    year = re.fullmatch(r"\s*[JB]?(\d{4}(?:\.\d+)?)\s*", whole[1])
    return {
        **found,
        "frame": frame or found["frame"],
        "epoch": float(year[1]) if year and found["epoch"] is None else found["epoch"],
    }


# --------------------------------------------------------------------------- columns in degrees


def _in_degrees(table: Any, chosen: tuple[str, str] | None, said: str, ra_unit: str) -> tuple[str, str] | None:
    """The columns of positions, if they must be named to be found; what is text or hours is turned to degrees first."""
    from astropy import units as u

    ra, dec = chosen or _by_name(table)
    if ra is None or dec is None:
        return _from_parts(table, said)
    text = [n for n in (ra, dec) if getattr(table[n], "dtype", None) is not None and table[n].dtype.kind == "U"]
    if len(text) == 2:
        if chosen is None and position_of_numbers(table):
            return None
        return _from_text(table, ra, dec, said, ra_unit)
    for name in (ra, dec):
        if getattr(table[name], "dtype", None) is None or table[name].dtype.kind not in "fiu":
            if chosen is None:
                return None
            raise InputError(
                f"Column {name!r} of {said} does not hold positions.",
                remedy="Name columns of degrees or of sexagesimal text.",
            )
    unit = getattr(table[ra], "unit", None)
    hours = unit is not None and unit in (u.hourangle, u.hour)
    if unit is None and ra_unit == "auto":
        _refuse_doubtful_hours(table, ra, dec, said)
    if hours or (unit is None and ra_unit == "hourangle"):
        _set_unit(table, ra, u.hourangle)
    return (ra, dec) if chosen is not None or hours or ra_unit == "hourangle" or not position_of_numbers(table) else None  # fmt: skip


def position_of_numbers(table: Any) -> bool:
    """Whether positions are found by UCD, or by the names that archives use, without more being done."""
    bare = table[:5]  # a copy, to which units may be given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return position_of(bare, {}) is not None


def _by_name(table: Any) -> tuple[str, str] | tuple[None, None]:
    """A pair of columns that are called as positions are; the better names first, and both of one sort."""
    plain: dict[str, str] = {}
    for name in table.colnames:
        plain.setdefault(bare_name(name), str(name))
    for ra, dec in zip(RA_NAMES, DEC_NAMES, strict=False):
        if ra in plain and dec in plain:
            return plain[ra], plain[dec]
    one, two = next((n for n in RA_NAMES if n in plain), None), next((n for n in DEC_NAMES if n in plain), None)
    return (plain[one], plain[two]) if one and two else (None, None)


def _from_text(table: Any, ra: str, dec: str, said: str, ra_unit: str) -> tuple[str, str]:
    """Columns of degrees from sexagesimal text; a cell that cannot be read is masked, and told."""
    import numpy as np

    hours = ra_unit != "deg"
    values = []
    for name, factor in ((ra, 15.0 if hours else 1.0), (dec, 1.0)):
        cells = np.asarray(getattr(table[name], "data", table[name])).astype(str)
        mask = np.asarray(getattr(table[name], "mask", np.zeros(len(cells), dtype=bool)))
        degrees = np.array(
            [np.nan if m else sexagesimal(c) * factor for c, m in zip(cells, mask, strict=True)], dtype=float
        )
        values.append(degrees)
        unreadable = int((~np.isfinite(degrees) & ~mask & (np.char.strip(cells) != "")).sum())
        if unreadable == len(cells) and len(cells):
            raise InputError(
                f"Column {name!r} of {said} holds text that is no position, such as {cells[0]!r}.",
                remedy="Write positions in degrees, or as 12:34:56.7 and -01:23:45.",
            )
        if unreadable:
            warnings.warn(
                f"{unreadable} cells of {name} in {said} could not be read as positions; they are left empty.",
                stacklevel=3,
            )
    return _added(table, values[0], values[1], f"from {ra}", f"from {dec}")


def sexagesimal(text: str) -> float:
    """Degrees (or hours) of ``12:34:56.7``, ``12 34 56.7``, ``12h34m56.7s`` or ``-01d23m45s``; NaN where it is none of these."""
    match = re.fullmatch(
        r"\s*([+\-−]?)\s*(\d{1,3})\s*[:\sh°d]\s*(\d{1,2})(?:\s*[:\sm'′]\s*(\d{1,2}(?:\.\d*)?)?\s*[s\"″]?|(\.\d+)\s*[m'′]?)?\s*",
        text,
    )
    if not match:
        return float("nan")
    minutes = float(match[3] + (match[5] or ""))
    seconds = float(match[4] or 0.0)
    if minutes >= 60.0 or seconds > 60.0:
        return float("nan")
    value = float(match[2]) + minutes / 60.0 + seconds / 3600.0
    return -value if match[1] in ("-", "−") else value


def _from_parts(table: Any, said: str) -> tuple[str, str] | None:
    """Columns of degrees from the columns of hours, minutes and seconds that tables of journals and of the CDS have."""
    import numpy as np

    plain = {n.lower().replace("_", ""): str(n) for n in table.colnames}
    if not {"rah", "ram", "ras", "ded", "dem"} <= set(plain):
        return None

    def numbers(key: str) -> Any:
        column = table[plain[key]]
        data = getattr(column, "unmasked", column)
        data = np.asarray(getattr(data, "value", data))
        if data.dtype.kind not in "fiu":
            raise InputError(
                f"Column {plain[key]!r} of {said} does not hold numbers.", remedy="Name other columns of positions."
            )
        return np.where(getattr(column, "mask", False), np.nan, data.astype(float))

    ra = 15.0 * (numbers("rah") + numbers("ram") / 60.0 + numbers("ras") / 3600.0)
    seconds = numbers("des") if "des" in plain else 0.0
    degrees = numbers("ded")
    sign = np.where(np.signbit(degrees), -1.0, 1.0)
    if "de-" in plain:
        column = table[plain["de-"]]
        signs = np.asarray(getattr(column, "data", column)).astype(str)
        sign = np.where(np.char.strip(signs) == "-", -1.0, 1.0)
    dec = sign * (np.abs(degrees) + numbers("dem") / 60.0 + seconds / 3600.0)
    return _added(table, ra, dec, "from RAh, RAm and RAs", "from DEd, DEm and DEs")


def _added(table: Any, ra: Any, dec: Any, ra_words: str, dec_words: str) -> tuple[str, str]:
    """Add positions in degrees, and give the names of the new columns."""
    import numpy as np
    from astropy.units import Quantity
    from astropy.utils.masked import Masked

    names = []
    for name, values, words, ucd in (
        ("ra", ra, ra_words, "pos.eq.ra;meta.main"),
        ("dec", dec, dec_words, "pos.eq.dec;meta.main"),
    ):
        free = next(
            c for c in (name, f"{name}_deg", *(f"{name}_deg_{i}" for i in range(2, len(table.colnames) + 3))) if c.lower() not in {n.lower() for n in table.colnames}
        )  # fmt: skip
        mask = ~np.isfinite(values)
        quantity = Quantity(np.where(mask, np.nan, values), "deg")
        table[free] = Masked(quantity, mask=mask) if mask.any() else quantity
        table[free].info.description = f"{'right ascension' if name == 'ra' else 'declination'}, {words}"
        table[free].info.meta = {"ucd": ucd}
        names.append(free)
    return names[0], names[1]


def _refuse_doubtful_hours(table: Any, ra: str, dec: str, said: str) -> None:
    """Refuse right ascensions without a unit that are as hours are: from 0 to 24 and spread over most of that, all over the sky."""
    import numpy as np

    both = []
    for name in (ra, dec):
        column = table[name]
        plain = getattr(column, "unmasked", column)
        values = np.asarray(getattr(plain, "value", plain)).astype(float)
        both.append(np.where(np.asarray(getattr(column, "mask", np.zeros(len(values), dtype=bool))), np.nan, values))
    there = np.isfinite(both[0]) & np.isfinite(both[1])
    across, up = both[0][there], both[1][there]
    if len(across) < _FEWEST_HOURS or across.min() < 0.0 or across.max() >= 24.0:
        return
    if np.ptp(across) > _HOURS_SPREAD and np.ptp(up) > _DEGREES_SPREAD:
        raise InputError(
            f"Right ascensions in {ra} of {said} run from {across.min():.3g} to {across.max():.3g} without a unit: they may be hours or degrees.",
            remedy=f"Say which, with ra_unit=hourangle or ra_unit=deg (or units={ra}=deg).",
        )


def _mark_main(table: Any, chosen: tuple[str, str]) -> dict[str, str]:
    """Let the two columns be the ones that are found, and give the UCDs that were taken away for it."""
    hidden = {}
    for name in table.colnames:
        meta = dict(table[name].info.meta or {})
        ucd = str(meta.get("ucd", ""))
        if name in chosen or ucd.lower().startswith(("pos.eq.ra", "pos.eq.dec", "pos_eq_ra", "pos_eq_dec")):
            hidden[name] = ucd
            meta["ucd"] = ("pos.eq.ra;meta.main", "pos.eq.dec;meta.main")[chosen.index(name)] if name in chosen else ""
            table[name].info.meta = meta
    return hidden


def _drop_strange_years(table: Any) -> None:
    """Give a column of epochs without a unit, such as ``ref_epoch``, its years; other columns stay."""
    from astropy import units as u

    for name in table.colnames:
        column = table[name]
        if name.lower() == "ref_epoch" and getattr(column, "unit", None) is None and column.dtype.kind in "fiu":
            _set_unit(table, name, u.yr)


def _set_unit(table: Any, name: str, unit: Any) -> None:
    """A column with a unit, as tables are kept: numbers with a point as quantities, whole numbers as they are."""
    import numpy as np
    from astropy.units import Quantity
    from astropy.utils.masked import Masked

    column = table[name]
    info = column.info.description, dict(column.info.meta or {})
    data = getattr(column, "unmasked", column)
    data = np.asarray(getattr(data, "value", data))
    mask = np.asarray(getattr(column, "mask", np.zeros(len(column), dtype=bool)))
    if data.dtype.kind == "f":
        quantity = Quantity(np.where(mask, np.nan, data), unit, dtype=data.dtype)
        table[name] = Masked(quantity, mask=mask) if mask.any() else quantity
    else:
        plain = table[name].copy()
        plain.unit = unit
        table.replace_column(name, plain)
    table[name].info.description, table[name].info.meta = info


# --------------------------------------------------------------------------- what is said, and what is not


def _check_degrees(table: Any, found: dict[str, Any], said: str) -> None:
    import numpy as np

    column = table[found["dec"]]
    degrees = getattr(column, "unmasked", column)
    degrees = np.asarray(degrees.to_value("deg") if hasattr(degrees, "to_value") else degrees, dtype=float)
    mask = np.asarray(getattr(column, "mask", np.zeros(len(column), dtype=bool)))
    if (np.abs(degrees[~mask]) > 90.0).any():
        raise InputError(
            f"Column {found['dec']!r} of {said} goes beyond 90 degrees, so it holds no declinations.",
            remedy="Name the columns of positions with ra_column and dec_column.",
        )


def _say_frame(
    found: dict[str, Any], table: Any, systems: dict[str, tuple[str, str]], given: str | None, said: str
) -> None:
    """The frame: what a person says, what the file says, or ICRS with a warning."""
    stated = (systems.get(str(found["ra"])) or ("", ""))[0] or (systems.get("") or ("", ""))[0]
    words = " ".join(str(table[found["ra"]].info.description or "").split())
    if not stated and re.search(r"\bICRS\b", words + " " + str(found["ra"]), re.IGNORECASE):
        stated = found["frame"] = "ICRS"
    elif not stated and (m := re.search(r"\b(FK[45])\b", words)):
        stated = found["frame"] = m[1]
    elif not stated and re.search(r"(b1950|1950)", bare_name(str(found["ra"]))):
        stated = found["frame"] = "FK4"
    if given is not None:
        if stated and _FRAMES.get(bare_name(given), given) != found["frame"]:
            raise InputError(
                f"{said} says that its positions are in {found['frame']}, and frame says {given}.",
                remedy="Leave frame out; it is for files that do not say.",
            )
        found["frame"] = _FRAMES.get(bare_name(given), given)
    elif not stated:
        warnings.warn(f"{said} does not say the frame of its positions; ICRS was taken.", stacklevel=3)


def _say_epoch(found: dict[str, Any], table: Any, given: float | None, said: str) -> None:
    """The epoch: what the file says, what a person says, or none, which is told."""
    import numpy as np

    if found["epoch"] is None and (m := _EPOCH_IN_WORDS.search(str(table[found["ra"]].info.description or ""))):
        found["epoch"] = float(m[1])
    if found["epoch"] is None and "designation" in table.colnames and len(table):
        first = " ".join(str(table["designation"][0]).split()[:2])
        found["epoch"] = _GAIA_EPOCHS.get(first)
    if given is not None:
        if isinstance(found["epoch"], float) and abs(found["epoch"] - given) > 1e-6:
            raise InputError(
                f"{said} says that its positions are of {found['epoch']:g}, and epoch says {given:g}.",
                remedy="Leave epoch out; it is for files that do not say.",
            )
        if isinstance(found["epoch"], str):
            column = table[found["epoch"]]
            values = np.asarray(getattr(getattr(column, "unmasked", column), "value", column), dtype=float)
            if len(values) and (np.abs(values[np.isfinite(values)] - given) > 1e-6).any():
                raise InputError(
                    f"{said} gives epochs in its column {found['epoch']}, and epoch says {given:g}.",
                    remedy="Leave epoch out; it is for files that do not say.",
                )
        else:
            found["epoch"] = float(given)
    if found["epoch"] is None:
        warnings.warn(
            f"{said} does not say at which epoch its positions are, and none was assumed; give epoch where it is known.",
            stacklevel=3,
        )


def _say_motions(found: dict[str, Any], table: Any, said: str) -> None:
    """Tell of proper motions, parallaxes and velocities that have no unit and so cannot be used."""
    names = {bare_name(n): n for n in table.colnames}
    for role in _MOTIONS:
        name = names.get(bare_name(role)) or {"pmdec": names.get("pmde"), "parallax": names.get("plx")}.get(role)
        if found.get(role) is None and name is not None and getattr(table[name], "unit", None) is None and getattr(table[name], "dtype", None) is not None and table[name].dtype.kind in "fiu":  # fmt: skip
            warnings.warn(
                f"{said} gives no unit for {name}, so it is a plain number and not used as a {role}; units={name}=... says it.",
                stacklevel=3,
            )
