"""Tables of the Virtual Observatory, kept whole: units, UCDs, descriptions, masks, exact identifiers, and where the positions are."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

# Positions and motions by their UCD, the more definite ones first: https://www.ivoa.net/documents/UCD1+/.
_BY_UCD: dict[str, tuple[str, ...]] = {
    "ra": ("pos.eq.ra;meta.main", "pos_eq_ra_main", "pos.eq.ra"),
    "dec": ("pos.eq.dec;meta.main", "pos_eq_dec_main", "pos.eq.dec"),
    "pmra": ("pos.pm;pos.eq.ra", "pos_eq_pmra", "pos.eq.pmra"),
    "pmdec": ("pos.pm;pos.eq.dec", "pos_eq_pmdec", "pos.eq.pmdec"),
    "parallax": ("pos.parallax.trig", "pos.parallax", "pos_parallax_trig"),
    "radial_velocity": ("spect.dopplerveloc.opt", "spect.dopplerveloc", "phys.veloc;pos.heliocentric", "phys.veloc"),
    "epoch": ("meta.ref;time.epoch", "time.epoch;meta.ref", "time.epoch", "time_epoch"),
}
_BY_NAME: dict[str, tuple[str, ...]] = {
    "ra": ("ra", "ra_icrs", "raj2000", "_raj2000", "ramean", "raICRS".lower(), "s_ra"),
    "dec": ("dec", "de_icrs", "dej2000", "_dej2000", "decmean", "deicrs", "s_dec"),
    "pmra": ("pmra",),
    "pmdec": ("pmdec", "pmde"),
    "parallax": ("parallax", "plx"),
    "radial_velocity": ("radial_velocity", "rv", "rv_value"),
    "epoch": ("ref_epoch", "epoch"),
}
_UNITS = {"ra": "deg", "dec": "deg", "pmra": "mas/yr", "pmdec": "mas/yr", "parallax": "mas", "radial_velocity": "km/s", "epoch": "yr"}  # fmt: skip
_FRAMES = {"eq_fk5": "FK5", "fk5": "FK5", "eq_fk4": "FK4", "fk4": "FK4", "galactic": "Galactic", "icrs": "ICRS"}


def kept_table(element: Any, votable: Any, service: str) -> Any:
    """A table of a reply as a `SourceTable`, with nothing of it lost.

    Parameters
    ----------
    element : astropy.io.votable.tree.TableElement
    votable : astropy.io.votable.tree.VOTableFile
        The document that it stands in; its coordinate systems are looked up there.
    service : str
        For warnings.

    Returns
    -------
    astropy.table.QTable
        Numbers with a unit that is known are quantities; a unit that astropy does not know stays in
        ``info.meta["unit_in_reply"]`` and is warned of.  UCDs are in ``info.meta["ucd"]``.  Whole numbers stay whole, also beside missing ones;
        what the reply marks as missing, and every NaN, is masked.  Arrays of varying length become JSON text.
        ``meta["position"]`` as the kind says, or None where no positions are found.
    """
    from astropy.table import QTable

    raw = element.to_table(use_names_over_ids=True)
    table = QTable()
    strange: list[str] = []
    for field, name in zip(element.fields, raw.colnames, strict=True):
        column, unit_in_reply = kept_column(raw[name])
        table[name] = column
        info = table[name].info
        info.description = " ".join((field.description or "").split()) or None
        told: dict[str, str] = {}
        if field.ucd:
            told["ucd"] = str(field.ucd)
        if unit_in_reply:
            told["unit_in_reply"] = unit_in_reply
            strange.append(f"{name} [{unit_in_reply}]")
        info.meta = told
    if strange:
        warnings.warn(
            f"{service} gives units that are not known here, so these columns are plain numbers: {', '.join(strange)}.",
            stacklevel=2,
        )
    bare = [n for n in table.colnames if _wants_unit(table[n])]
    if bare:
        warnings.warn(
            f"{service} gives no unit for {', '.join(bare)}, which can hardly be without one; they are plain numbers here.",
            stacklevel=2,
        )
    table.meta["position"] = position_of(table, _systems(element, votable), service)
    return table


def kept_column(column: Any) -> tuple[Any, str]:
    """One column of a reply in the form in which tables are kept, and its unit as text where that unit is not known."""
    import numpy as np
    from astropy.table import Column, MaskedColumn
    from astropy.units import Quantity, UnrecognizedUnit
    from astropy.utils.masked import Masked

    data = np.asarray(getattr(column, "data", column))
    mask = np.array(getattr(column, "mask", False)) | np.zeros(data.shape, dtype=bool)
    unit = getattr(column, "unit", None)
    if data.dtype.kind == "O":
        data, mask = _texts(data, mask)
    elif data.dtype.kind == "S":
        data = np.char.decode(data, "utf-8", "replace")
    elif data.dtype.kind == "c":
        data, mask = _texts(data.astype(object), mask)
    if data.dtype.kind == "f":
        mask = mask | np.isnan(data)
    if data.dtype.kind == "U":
        data = np.where(mask, "", data)
    known = unit is not None and not isinstance(unit, UnrecognizedUnit) and str(unit) != ""
    if known and data.dtype.kind == "f":
        quantity = Quantity(np.where(mask, np.nan, data), unit, dtype=data.dtype)
        return (Masked(quantity, mask=mask) if mask.any() else quantity), ""
    if known and data.dtype.kind in "iu":
        # A whole number with a unit (a count of days, an identifier gone astray) loses nothing as a plain column.
        plain = MaskedColumn(data, mask=mask, unit=unit) if mask.any() else Column(data, unit=unit)
        return plain, ""
    plain = MaskedColumn(data, mask=mask) if mask.any() else Column(data)
    return plain, str(unit) if unit is not None and str(unit) and not known else ""


def _texts(data: Any, mask: Any) -> tuple[Any, Any]:
    """Values of varying length as text: text as it is, arrays as JSON; what is empty is missing."""
    import numpy as np

    told = []
    for value in data:
        if isinstance(value, bytes):
            told.append(value.decode("utf-8", "replace"))
        elif value is None or isinstance(value, str):
            told.append(value or "")
        else:
            array = np.ma.asarray(value)
            told.append(json.dumps(array.tolist(), default=str) if array.size else "")
    texts = np.array(told, dtype=str) if told else np.array([], dtype="U1")
    mask = mask.reshape(len(told), -1).all(axis=1) if mask.ndim > 1 and len(told) else np.ravel(mask)[: len(told)]
    return texts, mask | (texts == "")


def _systems(element: Any, votable: Any) -> dict[str, tuple[str, str]]:
    """For each column that names one, the frame and the epoch of its coordinate system."""
    found = {}
    for field in element.fields:
        if not field.ref:
            continue
        try:
            system = votable.get_coosys_by_id(field.ref)
        except KeyError:
            continue
        found[field.name] = (str(system.system or ""), str(system.epoch or ""))
    return found


def position_of(table: Any, systems: dict[str, tuple[str, str]], service: str = "The service") -> dict[str, Any] | None:
    """Which columns say where the sources are, in which frame and at which epoch.

    Parameters
    ----------
    table : astropy.table.QTable
        With UCDs in ``info.meta``.
    systems : dict
        Frame and epoch of the coordinate system of columns, as the reply names it; may be empty.
    service : str
        For warnings.

    Returns
    -------
    dict or None
        As the kind says; None where no right ascension and declination are found.
    """
    found = {role: _column(table, role) for role in _BY_UCD}
    if found["ra"] is None or found["dec"] is None:
        return None
    bare = [found[role] for role in ("ra", "dec") if getattr(table[found[role]], "unit", None) is None]
    if bare:
        warnings.warn(
            f"{service} gives no unit for {' and '.join(map(str, bare))}; they were taken as degrees, as positions in such tables must be.",
            stacklevel=2,
        )
        for name in bare:
            table[name] = _with_unit(table[name], "deg")
    system, epoch_text = systems.get(str(found["ra"]), ("", ""))
    frame = _FRAMES.get(system.lower(), system or "ICRS")
    epoch: float | str | None = found.pop("epoch")
    if epoch is not None and not _is_epoch(table[epoch]):
        epoch = None
    if epoch is None:
        epoch = _year(epoch_text)
    if epoch is None:
        words = table[found["ra"]].info.description or ""
        said = re.search(r"epoch\s*=?\s*J?(\d{4}(?:\.\d+)?)", words, re.IGNORECASE)
        epoch = float(said[1]) if said else None
    return {"ra": found["ra"], "dec": found["dec"], "frame": frame, "epoch": epoch, **{k: v for k, v in found.items() if k not in ("ra", "dec")}}  # fmt: skip


def _column(table: Any, role: str) -> str | None:
    ucds = {name: str(table[name].info.meta.get("ucd", "")).lower() for name in table.colnames if table[name].info.meta}
    for wanted in _BY_UCD[role]:
        for name in table.colnames:
            if ucds.get(name) == wanted and _fits(table[name], role):
                return str(name)
    if role in ("ra", "dec"):
        for name in table.colnames:
            if ucds.get(name, "").startswith(_BY_UCD[role][-1]) and _fits(table[name], role):
                return str(name)
    for wanted in _BY_NAME[role]:
        for name in table.colnames:
            if name.lower() == wanted and _fits(table[name], role):
                return str(name)
    return None


def _fits(column: Any, role: str) -> bool:
    """Whether a column has numbers, in a unit that such a quantity may have."""
    from astropy.units import Unit

    if getattr(column, "dtype", None) is None or column.dtype.kind not in "fiu":
        return False
    unit = getattr(column, "unit", None)
    return role in ("ra", "dec", "epoch") if unit is None else bool(Unit(unit).is_equivalent(Unit(_UNITS[role])))


def _wants_unit(column: Any) -> bool:
    """Whether a column of numbers measures something that has a unit, and has none."""
    if getattr(column, "unit", None) is not None or column.dtype.kind != "f":
        return False
    meta = column.info.meta or {}
    ucd = str(meta.get("ucd", "")).lower()
    if "unit_in_reply" in meta or (ucd.startswith("stat.") and not ucd.startswith("stat.error")):
        return False
    return ucd.removeprefix("stat.error;").startswith(
        ("phot.flux", "phot.mag", "pos.pm", "pos.parallax", "pos.distance", "pos.angdistance", "phys.temperature", "phys.mass", "phys.size", "time.period", "time.duration")
    )  # fmt: skip


def _with_unit(column: Any, unit: str) -> Any:
    import numpy as np
    from astropy.units import Quantity
    from astropy.utils.masked import Masked

    mask = np.asarray(getattr(column, "mask", np.zeros(len(column), dtype=bool)))
    quantity = Quantity(np.asarray(column, dtype=float), unit)
    told = Masked(quantity, mask=mask) if mask.any() else quantity
    told.info.description = column.info.description
    told.info.meta = dict(column.info.meta or {})
    return told


def _is_epoch(column: Any) -> bool:
    """Whether the numbers are years, and not days of some calendar."""
    import numpy as np

    values = np.asarray(getattr(column, "unmasked", column).value if hasattr(column, "unit") and column.unit is not None else column, dtype=float)  # fmt: skip
    finite = values[np.isfinite(values)]
    return bool(finite.size == 0 or ((finite > 1500.0) & (finite < 2500.0)).all())


def _year(text: str) -> float | None:
    said = re.fullmatch(r"\s*[JB]?(\d{4}(?:\.\d+)?)\s*", text)
    return float(said[1]) if said else None
