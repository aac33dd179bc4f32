"""Sky maps in FITS files: multi-order (UNIQ) and flat HEALPix, in NESTED or RING order.

Formats: the maps of gravitational-wave alerts (https://emfollow.docs.ligo.org/userguide, ligo.skymap), of Fermi-GBM and of other missions that follow
them; headers as the HEALPix convention has them (Górski et al. 2005, doi:10.1086/427976).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.cells import DEEPEST, area_of, check_cells, order_of
from gnomon.tools.observing.sky_maps.flat_maps import check_ordering, joined_cells, nested_values, order_of_side
from gnomon.tools.reading.file_bytes import read_bytes, shown_name, unpacked_size

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 1 << 32  # bytes
_HEAD = 1 << 17  # bytes in which the headers of any such map lie
_PROBABILITY = ("PROB", "PROBABILITY", "PROBDENSITY", "PROBDENS")
_FAR = ("DISTMU", "DISTSIGMA", "DISTNORM")
_PIXELS = ("PIXEL", "PIX", "IPIX", "INDEX", "HPXINDEX")
_UNSEEN = -1.6375e30  # of HEALPix: no value here
_OFF, _WRONG = 1e-4, 0.02  # by how much a map's probability may differ from one in silence, and with a warning
# How headers name equatorial and galactic coordinates, by their first letter; HEALPix has C, G and E (ecliptic).
_FRAMES = {"C": "ICRS", "Q": "ICRS", "I": "ICRS", "R": "ICRS", "F": "ICRS", "G": "galactic"}


@dataclass(frozen=True)
class MapFile:
    """What a file of a sky map holds.

    Parameters
    ----------
    uniq : numpy.ndarray of int, shape (n,)
        Cells.
    density : numpy.ndarray of float, shape (n,)
        Probability per steradian, of which the whole is one.
    far : dict of str to numpy.ndarray
        ``distmu``, ``distsigma`` [Mpc] and ``distnorm`` [1/Mpc2]; empty where the map has no distances.
    header : dict
        Plain values of the table's header.
    form : str
        ``multi-order``, ``flat NESTED`` or ``flat RING``.
    warnings : tuple of str
        What a reader should know of it.
    """

    uniq: Any
    density: Any
    far: dict[str, Any]
    header: dict[str, Any]
    form: str
    warnings: tuple[str, ...] = field(default=())


def sky_map_table(hdus: Any) -> Any:
    """The first extension that is a sky map by its columns.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        Of a file.

    Returns
    -------
    astropy.io.fits.BinTableHDU or None
    """
    from astropy.io import fits

    for hdu in hdus:
        if not isinstance(hdu, fits.BinTableHDU):
            continue
        names = {n.upper() for n in hdu.columns.names}
        healpix = str(hdu.header.get("PIXTYPE", "")).strip().upper() == "HEALPIX" or "NSIDE" in hdu.header
        if ("UNIQ" in names or healpix) and any(p in names for p in _PROBABILITY):
            return hdu
    return None


def head_of(path: Path) -> Any:
    """The header of a file's sky map, without reading the map.

    Parameters
    ----------
    path : pathlib.Path
        Of the file, which may be anything.

    Returns
    -------
    astropy.io.fits.Header or None
        None where the file is no sky map.
    """
    import io

    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError

    try:
        start = read_bytes(path, _HEAD)
    except InputError:
        return None
    if not start.startswith(b"SIMPLE  ="):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the file ends early: only its beginning was taken
        try:
            with fits.open(io.BytesIO(start), lazy_load_hdus=True) as hdus:
                found = sky_map_table(hdus[:2])
                return None if found is None else found.header
        except (OSError, ValueError, TypeError, IndexError, KeyError, VerifyError):
            return None


def read_map_file(path: Path, ordering: str = "header") -> MapFile:
    """Read a sky map and check it.

    Parameters
    ----------
    path : pathlib.Path
        Of the file, which may be packed with gzip.
    ordering : {"header", "nested", "ring"}
        How the pixels of a flat map are numbered, where the header is wrong or does not say.

    Returns
    -------
    MapFile

    Raises
    ------
    InputError
        Where the file is no sky map, is cut off, or its numbers cannot be probabilities.
    """
    import io

    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError

    name = shown_name(path)
    if path.is_file() and unpacked_size(path) > _LARGEST:
        raise InputError(f"{name} has {unpacked_size(path) / 1e9:.1f} GB.", remedy="Attach the multi-order map of the same event, which is far smaller.")  # fmt: skip
    content = read_bytes(path)
    if not content.startswith(b"SIMPLE  ="):
        raise InputError(f"{name} is no FITS file, so it is no sky map.", remedy="Attach a HEALPix sky map in FITS.")
    damaged = InputError(f"{name} is damaged or was cut off before its end.", remedy="Get the file again.")
    with warnings.catch_warnings():
        # Whether all bytes are there is found out below; units of a header in the wrong letters are no news.
        warnings.simplefilter("ignore")
        try:
            with fits.open(io.BytesIO(content), lazy_load_hdus=False) as hdus:
                table = sky_map_table(hdus)
                if table is None:
                    if len(hdus) == 1 and len(content) % 2880:
                        raise damaged
                    raise InputError(
                        f"{name} has no table of HEALPix cells with a column PROBDENSITY or PROB.",
                        remedy="Attach a sky map as alerts of gravitational waves and gamma-ray bursts carry it.",
                    )
                bytes_needed = int(table.header["NAXIS1"]) * int(table.header["NAXIS2"])
                if table.fileinfo()["datLoc"] + bytes_needed > len(content):
                    raise damaged
                columns = {n.upper(): table.data[n] for n in table.columns.names}
                header = {k: v for k, v in table.header.items() if isinstance(v, str | int | float | bool)}
        except (OSError, ValueError, TypeError, IndexError, KeyError, VerifyError) as error:
            raise damaged from error
    frame = _frame(header, name)
    if "UNIQ" in columns:
        if frame != "ICRS":
            raise InputError(f"{name} is a multi-order map in {frame} coordinates, whose cells are no cells of the equatorial sky.", remedy="Attach the map in equatorial coordinates (COORDSYS = 'C').")  # fmt: skip
        return _multi_order(columns, header, name)
    return _flat(columns, header, name, ordering, frame)


def _frame(header: dict[str, Any], name: str) -> str:
    said = str(header.get("COORDSYS") or "C").strip().upper()
    if said.startswith("E") and said[:2] != "EQ":
        raise InputError(f"{name} is in ecliptic coordinates (COORDSYS = {said!r}).", remedy="Convert the map to equatorial coordinates first.")  # fmt: skip
    if said.startswith("EQ"):
        return "ICRS"
    if said[0] not in _FRAMES:
        raise InputError(f"{name} says COORDSYS = {said!r}, which is not known.", remedy="Convert the map to equatorial coordinates (COORDSYS = 'C').")  # fmt: skip
    return _FRAMES[said[0]]


def _numbers(column: Any) -> Any:
    """A column as one run of numbers; older maps have 1024 pixels a row."""
    import numpy as np

    return np.asarray(column, dtype=np.float64).reshape(-1)


def _multi_order(columns: dict[str, Any], header: dict[str, Any], name: str) -> MapFile:
    import numpy as np

    uniq = np.asarray(columns["UNIQ"], dtype=np.int64).reshape(-1)
    check_cells(uniq, name)
    order = order_of(uniq)
    sequence = np.argsort((uniq - (np.int64(4) << (2 * order))) << (2 * (DEEPEST - order)), kind="stable")
    given = next((p for p in ("PROBDENSITY", "PROBDENS") if p in columns), None)
    if given is not None:
        density = _numbers(columns[given])
    else:
        density = _numbers(columns[next(p for p in _PROBABILITY if p in columns)]) / area_of(order)
    far = {n.lower(): _numbers(columns[n])[sequence] for n in _FAR} if all(n in columns for n in _FAR) else {}
    density, said = _probabilities(density[sequence], area_of(order[sequence]), name)
    return MapFile(uniq[sequence], density, _distances(far), header, "multi-order", said)


def _flat(columns: dict[str, Any], header: dict[str, Any], name: str, ordering: str, frame: str) -> MapFile:
    import numpy as np

    claimed = str(header.get("ORDERING") or "").strip().upper()
    told = {"nested": "NESTED", "ring": "RING"}.get(ordering, "NESTED" if claimed.startswith("NEST") else claimed)
    if told not in ("NESTED", "RING"):
        raise InputError(f"{name} does not say whether its pixels are in NESTED or RING order.", remedy="Say ordering=nested or ordering=ring.")  # fmt: skip
    given = next(p for p in _PROBABILITY if p in columns)
    values = {"density": _numbers(columns[given])}
    if all(n in columns for n in _FAR):
        values |= {n.lower(): _numbers(columns[n]) for n in _FAR}
    pixel = next((_numbers(columns[p]).astype(np.int64) for p in _PIXELS if p in columns), None)
    explicit = pixel is not None and str(header.get("INDXSCHM") or "").strip().upper() == "EXPLICIT"
    rows = len(values["density"])
    side = int(header.get("NSIDE") or round((rows / 12.0) ** 0.5))
    order = order_of_side(side, name)
    if explicit and pixel is not None:
        if len(np.unique(pixel)) != len(pixel) or pixel.min() < 0 or pixel.max() >= 12 * side**2:
            raise InputError(f"{name} has pixels twice, or such as NSIDE {side} does not have.", remedy="Get the file again.")  # fmt: skip
        for key, value in values.items():
            whole = np.full(12 * side**2, np.inf if key == "distmu" else 1.0 if key == "distsigma" else 0.0)
            whole[pixel] = value
            values[key] = whole
    elif rows != 12 * side**2:
        raise InputError(
            f"{name} has {rows} pixels, and a whole map of NSIDE {side} has {12 * side**2}.", remedy="Get the file again; it may be cut off."
        )  # fmt: skip
    if ordering == "header":
        check_ordering(values["density"], order, told, name)
    values = {key: nested_values(value, order, told, frame) for key, value in values.items()}
    density = values.pop("density")
    if given in ("PROB", "PROBABILITY"):
        density = density / float(area_of(order))
    density, said = _probabilities(density, float(area_of(order)), name)
    far = _distances(values)
    pixels, orders, joined = joined_cells(order, {"density": density, **far})
    density = joined.pop("density")
    return MapFile((np.int64(4) << (2 * orders)) + pixels, density, joined, header, f"flat {told}", said)


def _probabilities(density: Any, area: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Densities of which the whole is one, and what had to be done for that."""
    import numpy as np

    said: list[str] = []
    unseen = np.isclose(density, _UNSEEN, rtol=1e-3) | np.isnan(density)
    if unseen.all():
        raise InputError(f"{name} has no values at all.", remedy="Get the file again.")
    if unseen.any():
        said.append(
            both(
                f"{int(unseen.sum())} cells of {name} have no value and were taken as holding no probability.",
                f"{name} 中 {int(unseen.sum())} 个像素没有数值，按概率为零处理。",
            )
        )
        density = np.where(unseen, 0.0, density)
    if not np.isfinite(density).all() or (density < 0).any():
        raise InputError(f"{name} has probabilities that are negative or not finite.", remedy="Get the file again; these are no probabilities.")  # fmt: skip
    total = float((density * area).sum())
    if abs(total - 1.0) > _WRONG:
        raise InputError(
            f"The probability in {name} adds up to {total:.4g} in place of 1.",
            remedy="Get the file again; the map is cut off, not normalised, or its column is not a probability.",
        )
    if abs(total - 1.0) > _OFF:
        said.append(
            both(
                f"The probability in {name} adds up to {total:.5f}; it was scaled to 1.",
                f"{name} 的概率总和为 {total:.5f}，已归一化。",
            )
        )
    return density / total, tuple(said)


def _distances(far: dict[str, Any]) -> dict[str, Any]:
    """Distances as the convention has them where there is none: mu infinite, sigma 1, norm 0; NaN is such a place too."""
    import numpy as np

    if not far:
        return {}
    mu, sigma, norm = (np.array(far[n], dtype=float) for n in ("distmu", "distsigma", "distnorm"))
    none = ~np.isfinite(mu) | ~np.isfinite(sigma) | ~np.isfinite(norm) | (norm <= 0) | (sigma <= 0) | (mu < -1e30)
    mu[none], sigma[none], norm[none] = np.inf, 1.0, 0.0
    return {"distmu": mu, "distsigma": sigma, "distnorm": norm}
