"""Magnitudes in the five bands of SDSS: reading them, what of them is missing, and how well they are measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

BANDS = ("u", "g", "r", "i", "z")
# What stands outside is a failed measurement or the sign of one: SDSS writes -9999, and limits near 24.8 where there is no flux.
BRIGHTEST_MAG, FAINTEST_MAG = 5.0, 24.0
# Magnitudes of point sources that are 95 % complete, near 5 standard deviations (Abazajian et al. 2009, doi:10.1088/0067-0049/182/2/543, table 1).
LIMITS_MAG = (22.0, 22.2, 22.2, 21.3, 20.5)
# Uniformity of the calibration (Padmanabhan et al. 2008, doi:10.1086/524677).
CALIBRATION_MAG = (0.02, 0.01, 0.01, 0.01, 0.01)


def typical_errors(magnitudes: np.ndarray) -> np.ndarray:
    """What the error of an SDSS magnitude is about: calibration, and photon noise of the sky.

    Parameters
    ----------
    magnitudes : ndarray (n, 5)
        u, g, r, i, z [mag]; NaN gives NaN.

    Returns
    -------
    ndarray (n, 5)
        Standard errors [mag].
    """
    import numpy as np

    # Beyond 40 mag below the limit an error is as good as infinite, and powers of ten would overflow.
    below = np.minimum(magnitudes - np.array(LIMITS_MAG), 40.0)
    noise = 0.2 * 2.5 / np.log(10.0) * 10.0 ** (0.4 * below)
    return np.asarray(np.hypot(np.array(CALIBRATION_MAG), noise))


def measured(magnitudes: np.ndarray) -> np.ndarray:
    """Magnitudes with NaN for those that cannot be measurements."""
    import numpy as np

    given = np.asarray(magnitudes, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        real = np.isfinite(given) & (given > BRIGHTEST_MAG) & (given < FAINTEST_MAG)
    return np.where(real, given, np.nan)


def extra_errors(magnitudes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """How much worse magnitudes are measured than those of the training set are, in quadrature.

    Parameters
    ----------
    magnitudes, errors : ndarray (n, 5)
        [mag]; an error that is NaN is taken for a typical one.

    Returns
    -------
    ndarray (n, 5)
        [mag]; zero for a typical error or a smaller one.

    Raises
    ------
    InputError
        Where an error is negative.
    """
    import numpy as np

    given = np.asarray(errors, dtype=np.float64)
    if (given < 0).any():
        raise InputError(
            f"{int((given < 0).any(axis=1).sum())} objects have a negative magnitude error.",
            remedy="Give positive errors, or leave those out that are not known.",
        )
    more = np.nan_to_num(given**2 - typical_errors(measured(magnitudes)) ** 2, nan=0.0)
    return np.asarray(np.sqrt(np.clip(more, 0.0, 1.0)))  # beyond one magnitude nothing is known anyway


def photometry_inputs(columns: Mapping[str, Any], name: str) -> dict[str, np.ndarray]:
    """Inputs of the models of redshift from columns of a table.

    Parameters
    ----------
    columns : mapping of str to array
        ``u_mag`` to ``z_mag``, of which some may be absent, and ``u_mag_err`` to ``z_mag_err`` where errors are known.
    name : str
        Of the table, for errors.

    Returns
    -------
    dict of str to ndarray (n, 5)
        ``magnitudes`` and ``magnitude_errors`` [mag]; NaN where not known.

    Raises
    ------
    InputError
        Where no band is there.
    """
    import numpy as np

    held = [b for b in BANDS if f"{b}_mag" in columns]
    if not held:
        raise InputError(
            f"{name} has none of the columns {', '.join(f'{b}_mag' for b in BANDS)}.",
            remedy="Give a table with magnitudes in the bands of SDSS.",
        )
    count = len(columns[f"{held[0]}_mag"])
    magnitudes = np.full((count, len(BANDS)), np.nan)
    errors = magnitudes.copy()
    for place, band in enumerate(BANDS):
        if f"{band}_mag" in columns:
            magnitudes[:, place] = np.asarray(columns[f"{band}_mag"], dtype=np.float64)
        if f"{band}_mag_err" in columns:
            errors[:, place] = np.asarray(columns[f"{band}_mag_err"], dtype=np.float64)
    return {"magnitudes": measured(magnitudes).astype(np.float32), "magnitude_errors": errors.astype(np.float32)}


def colours_and_magnitude(magnitudes: np.ndarray) -> np.ndarray:
    """The four colours of neighbouring bands, and r; NaN where a band is missing; shape (n, 5)."""
    import numpy as np

    given = np.asarray(magnitudes, dtype=np.float64)
    return np.column_stack([given[:, :4] - given[:, 1:], given[:, 2]])


def fillings(magnitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How a band that is missing follows, on average, from those that are there.

    Expectations of a normal distribution given some of its numbers, for each of the 32 sets of bands.

    Parameters
    ----------
    magnitudes : ndarray (n, 5)
        Of the training set; rows with NaN are left out.

    Returns
    -------
    matrices : ndarray (32, 5, 5)
        By the number whose bit ``b`` says that band ``b`` is there.
    offsets : ndarray (32, 5)
        All five magnitudes are ``matrix @ given + offset``, with anything finite in place of what is missing.

    Raises
    ------
    InputError
        Where fewer than ten rows are complete.
    """
    import numpy as np

    whole = np.asarray(magnitudes, dtype=np.float64)
    whole = whole[np.isfinite(whole).all(axis=1)]
    if len(whole) < 10:
        raise InputError(
            f"Only {len(whole)} objects have all five magnitudes.", remedy="Train on objects measured in all bands."
        )
    mean, covariance = np.median(whole, axis=0), np.cov(whole.T)
    size = len(BANDS)
    matrices, offsets = np.zeros((2**size, size, size)), np.zeros((2**size, size))
    for code in range(2**size):
        here = np.array([bool(code >> b & 1) for b in range(size)])
        matrix = np.zeros((size, size))
        matrix[here, here] = 1.0
        if here.any() and not here.all():
            matrix[np.ix_(~here, here)] = np.linalg.solve(
                covariance[np.ix_(here, here)], covariance[np.ix_(here, ~here)]
            ).T
        matrices[code] = matrix
        offsets[code] = np.where(here, 0.0, mean - matrix @ mean)
    return matrices, offsets


def read_columns(path: Path) -> dict[str, Any]:
    """Columns of a Parquet or CSV file.

    Raises
    ------
    InputError
        Where it cannot be read as one.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(f"There is no file {path.name} with magnitudes.", remedy="Name the folder of the data sets.")
    try:
        table = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name} is not a table that can be read: {error}.", remedy="Give Parquet or CSV."
        ) from error
    return {str(c): table[c].to_numpy() for c in table.columns}
