"""One-dimensional spectra in the forms in which archives keep them, as columns with units, and what their wavelengths mean.

Read are tables with a row for each sample, tables with one row of arrays (ESO's data products), images of one axis with a WCS, and VOTables of
the IVOA spectrum model.  Columns are found by utype, then by UCD, then by name.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.products.fits_files import FitsFile, plain_header
from gnomon.tools.errors import BrokenReply

if TYPE_CHECKING:
    from collections.abc import Iterable

_UTYPES = {
    "wavelength": ("data.spectralaxis.value",),
    "flux": ("data.fluxaxis.value",),
    "error": ("data.fluxaxis.accuracy.staterror", "data.fluxaxis.accuracy.staterrhigh"),
    "quality": ("data.fluxaxis.accuracy.qualitystatus", "data.fluxaxis.quality"),
}
_UCDS = {
    "wavelength": r"em\.(wl|freq|energy)(;.*)?",
    "flux": r"(phot\.(flux|fluence|count).*|spect)",
    "error": r"stat\.error;(phot\.flux|phot\.fluence|spect).*",
    "quality": r"meta\.code\.qual(;.*)?",
}
# In lower case without blanks, dashes and underscores; the better choice first.
_NAMES = {
    "wavelength": ("wavelength", "wave", "lambda", "wavelengths", "wavel", "loglam", "logwave", "spectralaxis", "spectralvalue", "frequency", "freq", "energy"),
    "flux": ("flux", "fluxcal", "fluxreduced", "fluxvalue", "fluxdensity", "flam", "intensity", "spectrum", "data"),
    "error": ("fluxerr", "fluxerror", "err", "error", "eflux", "sigma", "uncertainty", "fluxerrred", "errreduced", "ivar", "invvar"),
    "quality": ("quality", "qual", "mask", "dq", "flags", "andmask"),
}  # fmt: skip
_LOGARITHMIC = frozenset({"loglam", "logwave"})
_INVERSE = frozenset({"ivar", "invvar"})
_NOT_A_MASK = frozenset({"andmask", "ormask"})  # of SDSS, whose bits mostly tell of harmless things
_FRAMES = {
    "topocent": "topocentric", "barycent": "barycentric", "heliocen": "heliocentric", "geocentr": "geocentric", "source": "rest frame",
    "lsrk": "local standard of rest", "lsrd": "local standard of rest",
}  # fmt: skip
_WORDS = {
    "ang": "Angstrom",
    "angstroms": "Angstrom",
    "a": "Angstrom",
    "ergs": "erg",
    "microns": "micron",
    "counts": "ct",
    "adu": "adu",
}
_MOST_SAMPLES = 20_000_000


@dataclass
class Column:
    """A column of a file: its name, what it says it is, and its values."""

    name: str
    data: Any
    unit: str = ""
    ucd: str = ""
    utype: str = ""

    @property
    def plain(self) -> str:
        """The name in lower case without blanks, dashes and underscores."""
        return re.sub(r"[\s_.\-]+", "", self.name).lower()


@dataclass
class RawSpectrum:
    """A spectrum as it stands in a file.

    Attributes
    ----------
    wavelength : astropy.units.Quantity
        As given, in a unit of length.
    flux : astropy.units.Quantity
    error : numpy.ndarray
        In the unit of the flux; NaN where not known.
    bad : numpy.ndarray of bool
    quality : numpy.ndarray of int or None
    medium : str or None
        ``vacuum`` or ``air``; None where the file does not say.
    frame : str or None
        Whose motion the wavelengths are corrected for.
    header : dict
    flux_unit : str or None
        As stated.
    """

    wavelength: Any
    flux: Any
    error: Any
    bad: Any
    quality: Any
    medium: str | None
    frame: str | None
    header: dict[str, Any] = field(default_factory=dict)
    flux_unit: str | None = None


def spectrum_of_fits(file: FitsFile, *, wavelength_unit: str = "", flux_unit: str = "") -> RawSpectrum:
    """The spectrum in a FITS file.

    Parameters
    ----------
    file : FitsFile
    wavelength_unit, flux_unit : str
        What the service says about units, where the file does not.

    Raises
    ------
    BrokenReply
        Where no spectrum is found in it.
    """
    with file.open() as hdus:
        first = plain_header(hdus[0].header)
        for hdu in hdus:
            header = {**first, **plain_header(hdu.header)}
            if type(hdu).__name__ in ("BinTableHDU", "TableHDU") and hdu.header.get("NAXIS2", 0):
                roles = _roles(_fits_columns(hdu))
                if {"wavelength", "flux"} <= set(roles):
                    return assembled(roles, header, file.service, wavelength_unit, flux_unit)
            elif hdu.is_image and hdu.header.get("NAXIS", 0) >= 1:
                lengths = [int(hdu.header.get(f"NAXIS{n + 1}", 0)) for n in range(hdu.header["NAXIS"])]
                if lengths[0] > 1 and all(n == 1 for n in lengths[1:]) and "CRVAL1" in hdu.header:
                    roles = _linear(hdu, file)
                    return assembled(roles, header, file.service, wavelength_unit, flux_unit)
    raise file.broken("holds no spectrum with wavelengths and fluxes")


def spectrum_of_votable(content: bytes, service: str, *, wavelength_unit: str = "", flux_unit: str = "") -> RawSpectrum:
    """The spectrum in a VOTable, of the IVOA spectrum model or with columns that say what they are.

    Raises
    ------
    BrokenReply
        Where it cannot be read, or no spectrum is found in it.
    """
    import numpy as np
    from astropy.io import votable

    from gnomon.tools.reading.column_tables import BROKEN_CONTENT

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of faults of form, of which nearly all documents have some
        try:
            document = votable.parse(io.BytesIO(content))
            tables = [(t, t.to_table(use_names_over_ids=True)) for t in document.iter_tables() if len(t.array)]
        except BROKEN_CONTENT as error:
            raise BrokenReply(
                f"{service} sent a VOTable that cannot be read ({type(error).__name__}).", remedy="Ask again later.", retryable=True
            ) from error  # fmt: skip
    for element, table in tables:
        columns = [
            Column(
                f.name,
                np.ma.filled(np.ma.asarray(table[f.name]).astype(float), np.nan) if table[f.name].dtype.kind in "fiu" else None,
                str(f.unit or ""), str(f.ucd or "").lower(), _plain_utype(str(f.utype or "")),
            )
            for f in element.fields
        ]  # fmt: skip
        roles = _roles([c for c in columns if c.data is not None])
        if {"wavelength", "flux"} <= set(roles):
            header = {p.name: p.value for p in element.params if isinstance(p.value, str | int | float)}
            header = {k: v.item() if hasattr(v, "item") else v for k, v in header.items()}
            return assembled(roles, header, service, wavelength_unit, flux_unit)
    raise BrokenReply(
        f"{service} sent a table that holds no spectrum with wavelengths and fluxes.", remedy="Take another product or service."
    )  # fmt: skip


def _plain_utype(utype: str) -> str:
    # ESO marks further columns of one role with a prefix of its own.
    text = utype.lower()
    return "" if text.startswith("eso:") else re.sub(r"^([a-z0-9]+:)?(spectrum\.)?", "", text)


def _fits_columns(hdu: Any) -> list[Column]:
    import numpy as np

    columns = []
    rows = int(hdu.header["NAXIS2"])
    for number, c in enumerate(hdu.columns, start=1):
        if not c.name or re.match(r"\d*[ACMX]", str(c.format)):
            continue
        values: Any = np.asarray(hdu.data[c.name])
        if values.dtype.kind == "O":  # arrays of varying length
            values = np.asarray(values[0]) if rows == 1 else None
        elif rows == 1 and values.ndim == 2:
            values = values[0]
        if values is None or values.ndim != 1 or values.dtype.kind not in "fiu":
            continue
        columns.append(
            Column(
                c.name, values.astype(float) if values.dtype.kind == "f" else values, str(c.unit or ""),
                str(hdu.header.get(f"TUCD{number}", "")).lower(), _plain_utype(str(hdu.header.get(f"TUTYP{number}", ""))),
            )
        )  # fmt: skip
    return columns


def _roles(columns: Iterable[Column]) -> dict[str, Column]:
    """Which column is the wavelength, the flux, its uncertainty and its quality."""
    listed = list(columns)
    found: dict[str, Column] = {}
    for role in _UTYPES:
        by_utype = (c for u in _UTYPES[role] for c in listed if c.utype == u)
        by_ucd = (c for c in listed if re.fullmatch(_UCDS[role], c.ucd))
        by_name = (c for n in _NAMES[role] for c in listed if c.plain == n)
        chosen = next((c for group in (by_utype, by_ucd, by_name) for c in group), None)
        if chosen is not None and all(chosen is not c for c in found.values()):
            found[role] = chosen
    if "flux" in found:
        found = {r: c for r, c in found.items() if len(c.data) == len(found["flux"].data)}
    return found


def _linear(hdu: Any, file: FitsFile) -> dict[str, Column]:
    """Wavelengths of an image of one axis, from its WCS or from IRAF's keywords."""
    import numpy as np
    from astropy.wcs import WCS, WcsError

    header = hdu.header
    flux = np.ravel(np.asarray(hdu.data)).astype(float)
    kind = str(header.get("CTYPE1", "")).strip().upper()
    pixels = np.arange(len(flux), dtype=float)
    unit = str(header.get("CUNIT1", "")).strip()
    if header.get("DC-FLAG") == 1 or kind in ("LOG", "LOGLAM", "WAVE-WAV"):
        step = header.get("CDELT1", header.get("CD1_1"))
        if not isinstance(step, int | float):
            raise file.broken("does not say how its wavelengths grow")
        log = float(header["CRVAL1"]) + (pixels + 1.0 - float(header.get("CRPIX1", 1.0))) * float(step)
        return {
            "wavelength": Column("wavelength", 10.0**log, unit),
            "flux": Column("flux", flux, _text(header, "BUNIT")),
        }
    if kind[:4] in ("WAVE", "AWAV", "FREQ", "ENER"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of dates that astropy completes
            try:
                wcs = WCS(header).sub([1])
                values = wcs.all_pix2world(pixels, 0)[0]
            except WcsError as error:
                raise file.broken("has wavelengths that cannot be computed") from error
        ucd = {"FREQ": "em.freq", "ENER": "em.energy", "AWAV": "em.wl;obs.atmos", "WAVE": "em.wl;vacuum"}[kind[:4]]
        return {"wavelength": Column("wavelength", values, str(wcs.wcs.cunit[0]), ucd), "flux": Column("flux", flux, _text(header, "BUNIT"))}  # fmt: skip
    step = header.get("CDELT1", header.get("CD1_1"))
    if not isinstance(step, int | float) or not step:
        raise file.broken("does not say how its wavelengths grow")
    values = float(header["CRVAL1"]) + (pixels + 1.0 - float(header.get("CRPIX1", 1.0))) * float(step)
    return {"wavelength": Column("wavelength", values, unit), "flux": Column("flux", flux, _text(header, "BUNIT"))}


def _text(header: Any, key: str) -> str:
    return str(header.get(key, "")).strip()


def unit_of(text: str) -> Any:
    """A unit as archives write it; None where it is not known or not stated."""
    from astropy import units as u

    if not text.strip():
        return None
    # "Ang", "ergs" and the like, each as a word by itself.
    spelt = re.sub(r"[A-Za-z]+", lambda m: _WORDS.get(m[0].lower(), m[0]) if m[0].lower() in _WORDS else m[0], text.strip())  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of several slashes, which mean what they always mean
        for form in (spelt, spelt.replace("**", "^"), spelt.replace(".", " ")):
            for way in (None, "vounit", "ogip", "cds"):
                try:
                    return u.Unit(form, format=way)
                except (ValueError, TypeError):
                    continue
    return None


def assembled(roles: dict[str, Column], header: dict[str, Any], service: str, wavelength_unit: str, flux_unit: str) -> RawSpectrum:  # fmt: skip
    """A spectrum of its columns.

    Parameters
    ----------
    roles : dict of str to Column
        ``wavelength`` and ``flux``, perhaps ``error`` and ``quality``.  A column called ivar is an inverse variance, and one called loglam a logarithm.
    header : dict
    service : str
    wavelength_unit, flux_unit : str
        Where the columns do not state theirs.

    Raises
    ------
    BrokenReply
        Where lengths differ, or wavelengths have no unit of one.
    """
    import numpy as np
    from astropy import units as u

    wave, flux = roles["wavelength"], roles["flux"]
    if len(wave.data) != len(flux.data) or not len(flux.data) or len(flux.data) > _MOST_SAMPLES:
        raise BrokenReply(
            f"{service} sent a spectrum of {len(wave.data):,} wavelengths and {len(flux.data):,} fluxes.", remedy="Take another product."
        )  # fmt: skip
    values = np.asarray(wave.data, dtype=float)
    if wave.plain in _LOGARITHMIC and not (unit_of(wave.unit) or u.one).is_equivalent(u.m):
        values, length = 10.0**values, u.AA
    else:
        stated = unit_of(wave.unit) or unit_of(wavelength_unit)
        if stated is None or not stated.is_equivalent(u.m, equivalencies=u.spectral()):
            raise BrokenReply(
                f"{service} sent a spectrum whose wavelengths are in {wave.unit or 'no unit'!r}, so they cannot be used.",
                remedy="Take another product or service.",
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            length = u.AA
            values = (values * stated).to_value(u.AA, equivalencies=u.spectral())
    text = flux.unit or _text(header, "BUNIT") or flux_unit
    unit = unit_of(text)
    fluxes = np.asarray(flux.data, dtype=float)
    error, bad, quality = np.full(len(fluxes), np.nan), ~np.isfinite(fluxes), None
    if "error" in roles:
        column = roles["error"]
        given = np.asarray(column.data, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = 1.0 / np.sqrt(given) if column.plain in _INVERSE else given
        own = unit_of(column.unit)
        if column.plain not in _INVERSE and own is not None and unit is not None and own != unit and own.is_equivalent(unit):  # fmt: skip
            error = error * own.to(unit)
        unknown = ~(np.isfinite(error) & (error > 0.0))
        # An infinite or negative uncertainty is how pipelines mark a sample that was not measured.
        bad = bad | unknown if not unknown.all() else bad
        error = np.where(unknown, np.nan, error)
    if "quality" in roles and np.asarray(roles["quality"].data).dtype.kind in "iuf":
        given = np.nan_to_num(np.asarray(roles["quality"].data, dtype=float), nan=1.0)
        quality = given.astype(np.int64)
        if roles["quality"].plain not in _NOT_A_MASK:
            bad = bad | (quality != 0)
    return RawSpectrum(
        wavelength=values * length, flux=fluxes * (unit or u.dimensionless_unscaled), error=error, bad=bad, quality=quality,
        medium=_medium(wave, header), frame=_frame(header), header=header, flux_unit=text or None,
    )  # fmt: skip


def _medium(wave: Column, header: dict[str, Any]) -> str | None:
    """Whether wavelengths are those in vacuum or in air, where the file says."""
    from astropy import units as u

    if re.match(r"em\.(freq|energy)", wave.ucd) or (unit_of(wave.unit) or u.m).is_equivalent(u.Hz):
        return "vacuum"
    vacuum = header.get("VACUUM")
    if isinstance(vacuum, bool | int):
        return "vacuum" if vacuum else "air"
    if isinstance(vacuum, str) and vacuum.strip().upper()[:1] in ("T", "F"):
        return "vacuum" if vacuum.strip().upper()[0] == "T" else "air"
    said = f"{wave.name} {header.get('AIRORVAC', '')}".lower()
    if "obs.atmos" in wave.ucd or re.search(r"\bair\b|_air\b", said):
        return "air"
    if "vacuum" in wave.ucd or re.search(r"\bvac|_vac", said):
        return "vacuum"
    return None


def _frame(header: dict[str, Any]) -> str | None:
    system = str(header.get("SPECSYS", "")).strip().lower()
    if system:
        return _FRAMES.get(system, system)
    return "heliocentric" if "HELIO_RV" in header else None


def vacuum_of_air(air: Any) -> Any:
    """Wavelengths in vacuum of wavelengths in standard air.

    Parameters
    ----------
    air : numpy.ndarray of float
        Angstrom.

    Returns
    -------
    numpy.ndarray of float
        Angstrom; below 2000, where wavelengths are never given in air, as they are.

    References
    ----------
    Refractive index of standard air (15 C, 101325 Pa, 450 ppm CO2): Ciddor 1996, doi:10.1364/AO.35.001566.
    """
    import numpy as np

    air = np.asarray(air, dtype=float)
    vacuum = air.copy()
    for _ in range(4):  # the index changes so slowly that each round gains four digits
        with np.errstate(divide="ignore", invalid="ignore"):
            square = (vacuum * 1e-4) ** -2.0  # of the wavenumber in inverse micrometres
            vacuum = air * (1.0 + 5.792105e-2 / (238.0185 - square) + 1.67917e-3 / (57.362 - square))
    return np.where(air < 2000.0, air, vacuum)
