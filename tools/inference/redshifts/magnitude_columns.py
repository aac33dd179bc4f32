"""Which columns of a catalogue are magnitudes in the bands of SDSS, and which their errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.inference.redshifts.photometry import BANDS, BRIGHTEST_MAG, measured, photometry_inputs
from gnomon.tools.source_columns import numbers_of

if TYPE_CHECKING:
    import numpy as np

# How catalogues name magnitudes and their errors, those measured with the same profile in all bands first, as the training set has them.
_SCHEMES = (
    ("{b}_mag", ("{b}_mag_err", "{b}_mag_error", "e_{b}_mag")),
    ("modelMag_{b}", ("modelMagErr_{b}",)),
    ("{b}mag", ("e_{b}mag", "{b}magErr")),
    ("{b}", ("err_{b}", "{b}_err", "e_{b}")),
    ("mag_{b}", ("mag_err_{b}", "magerr_{b}")),
    ("cModelMag_{b}", ("cModelMagErr_{b}",)),
    ("petroMag_{b}", ("petroMagErr_{b}",)),
    ("{b}pmag", ("e_{b}pmag",)),
    ("psfMag_{b}", ("psfMagErr_{b}",)),
)


def magnitudes_in(sources: Any, columns: Sequence[str] | None = None) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Magnitudes of sources, with their errors where there are such.

    Parameters
    ----------
    sources : ObjectTable
        Any.
    columns : sequence of str, optional
        The columns of u, g, r, i and z, in this order; found by name when not given.

    Returns
    -------
    inputs : dict of str to ndarray (n, 5)
        As `photometry_inputs`.
    used : dict of str to str
        Column of each band that was found.

    Raises
    ------
    InputError
        Where a column is not there, holds no numbers, or no band is found.
    """
    import numpy as np

    if columns is not None:
        used = _as_said(sources, list(columns))
        errors: tuple[str, ...] = ()
    else:
        used, errors = _found(sources)
    folded = {str(n).lower(): str(n) for n in reversed(sources.colnames)}
    held: dict[str, np.ndarray] = {}
    for band, name in used.items():
        held[f"{band}_mag"] = _numbers(sources, name)
        for pattern in errors:
            error = folded.get(pattern.format(b=band).lower())
            if error is not None:
                given = _numbers(sources, error)
                # Catalogues write -9999 where there is no error.
                held[f"{band}_mag_err"] = np.where(given >= 0, given, np.nan)
                break
    return photometry_inputs(held, "The table"), used


def _as_said(sources: Any, columns: list[str]) -> dict[str, str]:
    if len(columns) != len(BANDS):
        raise InputError(
            f"{len(columns)} columns of magnitudes were named, and there are five bands.",
            remedy="Name those of u, g, r, i and z, in this order.",
        )
    missing = [c for c in columns if c not in sources.colnames]
    if missing:
        raise InputError(
            f"The sources have no column {', '.join(map(repr, missing))}.",
            remedy="Their columns are " + ", ".join(sources.colnames[:30]) + ".",
        )
    return dict(zip(BANDS, columns, strict=True))


def _found(sources: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    """The scheme that names most bands; of those that name as many, the first."""
    folded = {str(n).lower(): str(n) for n in reversed(sources.colnames)}
    best: tuple[dict[str, str], tuple[str, ...]] = ({}, ())
    for pattern, errors in _SCHEMES:
        here = {b: folded[pattern.format(b=b).lower()] for b in BANDS if pattern.format(b=b).lower() in folded}
        here = {b: name for b, name in here.items() if _magnitude(sources, name)}
        # One letter may be anything, and `z` is most often the redshift: a band by itself is no evidence of magnitudes.
        if pattern == "{b}" and len(here) < 2:
            continue
        if len(here) > len(best[0]):
            best = here, errors
    if not best[0]:
        raise InputError(
            "No column of the sources is known as a magnitude in u, g, r, i or z of SDSS.",
            remedy="Name the five columns with magnitude_columns; the columns are "
            + ", ".join(map(str, sources.colnames[:30]))
            + ".",
        )
    return best


def _magnitude(sources: Any, name: str) -> bool:
    """Whether a column holds numbers, more than half of which, of those that are given at all, can be magnitudes."""
    import numpy as np

    column = sources[name]
    if getattr(getattr(column, "dtype", None), "kind", "O") not in "fiu" or len(getattr(column, "shape", (0,))) != 1:
        return False
    given = numbers_of(column)
    given = given[np.isfinite(given) & (given > -90.0)]
    return len(given) == 0 or bool(np.mean(given > BRIGHTEST_MAG) > 0.5)


def _numbers(sources: Any, name: str) -> np.ndarray:
    import numpy as np

    column = sources[name]
    if getattr(getattr(column, "dtype", None), "kind", "O") not in "fiu" or len(getattr(column, "shape", (0,))) != 1:
        raise InputError(f"The column {name!r} holds no numbers.", remedy="Name columns of magnitudes.")
    return np.asarray(numbers_of(column), dtype=np.float64)


def bands_there(inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Number of bands with a magnitude, for each object; shape (n,)."""
    import numpy as np

    return np.asarray(np.isfinite(measured(inputs["magnitudes"])).sum(axis=1))
