"""Eight statistics of a pulsar candidate, and what can be told from them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

# Lyon et al. 2016, 2016MNRAS.459.1104L, section 4.2 and table 4: of the integrated pulse profile, and of signal-to-noise ratio against
# dispersion measure.
STATISTICS = ("ip_mean", "ip_std", "ip_kurt", "ip_skew", "dm_mean", "dm_std", "dm_kurt", "dm_skew")
MEANINGS = {
    "ip_mean": "mean of the integrated pulse profile",
    "ip_std": "standard deviation of the integrated pulse profile",
    "ip_kurt": "third moment of the integrated pulse profile; HTRU2 calls it its excess kurtosis",
    "ip_skew": "fourth moment of the integrated pulse profile; HTRU2 calls it its skewness",
    "dm_mean": "mean of the curve of signal-to-noise ratio against dispersion measure",
    "dm_std": "standard deviation of that curve",
    "dm_kurt": "third moment of that curve; HTRU2 calls it its excess kurtosis",
    "dm_skew": "fourth moment of that curve; HTRU2 calls it its skewness",
}
# The same under the long names of the UCI repository's copy.
_OTHER_NAMES = {
    "meanoftheintegratedprofile": "ip_mean",
    "standarddeviationoftheintegratedprofile": "ip_std",
    "excesskurtosisoftheintegratedprofile": "ip_kurt",
    "skewnessoftheintegratedprofile": "ip_skew",
    "meanofthedmsnrcurve": "dm_mean",
    "standarddeviationofthedmsnrcurve": "dm_std",
    "excesskurtosisofthedmsnrcurve": "dm_kurt",
    "skewnessofthedmsnrcurve": "dm_skew",
}
_LEAST = 0.05  # of a kurtosis above its bound, before its logarithm is taken


def read_statistics(columns: Mapping[str, Any], where: str) -> np.ndarray:
    """The eight statistics from the columns of a table.

    Parameters
    ----------
    columns : mapping of str to array
        Under the names of `STATISTICS`, or the long ones of the UCI copy of HTRU2, whatever their case and punctuation.
    where : str
        Name of the table, for errors.

    Returns
    -------
    numpy.ndarray of float64, shape (candidates, 8)
        NaN where a value is missing.

    Raises
    ------
    InputError
        Where a column is missing or holds no numbers.
    """
    import re

    import numpy as np

    names: dict[str, str] = {}
    for name in columns:
        plain = re.sub(r"[^a-z0-9]", "", str(name).lower())
        short = {re.sub(r"[^a-z0-9]", "", s): s for s in STATISTICS}.get(plain) or _OTHER_NAMES.get(plain)
        if short:
            names.setdefault(short, name)
    missing = [s for s in STATISTICS if s not in names]
    if missing:
        raise InputError(
            f"{where} lacks {', '.join(missing)} of the eight statistics of a pulsar candidate.",
            remedy=f"Give a table with the columns {', '.join(STATISTICS)}.",
        )
    read = []
    for short in STATISTICS:
        column = columns[names[short]]
        filled = column.filled(np.nan) if hasattr(column, "filled") and np.asarray(column).dtype.kind == "f" else column
        try:
            read.append(np.asarray(getattr(filled, "value", filled), dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The column {names[short]!r} of {where} holds something that is no number.", remedy="Give numbers."
            ) from error
    return np.stack(read, axis=1)


def joint_statistics(statistics: np.ndarray) -> np.ndarray:
    """The statistics on even scales, and what follows from several together.

    A kurtosis is never below one plus the square of the skewness (Pearson 1916); how far it is above tells a single narrow pulse from
    noise.  In HTRU2 the columns named skewness obey this bound as kurtosis, and those named kurtosis as skewness: their names are
    exchanged, as they are here.

    Parameters
    ----------
    statistics : numpy.ndarray, shape (candidates, 8)
        As `read_statistics` gives them.

    Returns
    -------
    numpy.ndarray of float32, shape (candidates, 15)
        NaN where one that is needed is missing.

    References
    ----------
    Bound: Pearson 1916, doi:10.1098/rsta.1916.0009.  Bimodality coefficient: SAS/STAT, and Pfister et al. 2013,
    doi:10.3389/fpsyg.2013.00700.
    """
    import numpy as np

    ip_mean, ip_std, ip_third, ip_fourth, dm_mean, dm_std, dm_third, dm_fourth = statistics.T
    parts = [np.arcsinh(statistics)]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = [_log(dm_mean), _log(dm_std) - _log(dm_mean), _log(ip_std) - _log(ip_mean)]
        for third, fourth in ((ip_third, ip_fourth + 3.0), (dm_third, dm_fourth + 3.0)):
            ratios += [
                (third**2 + 1.0) / np.where(fourth == 0, np.nan, fourth),
                np.log(np.maximum(fourth - third**2, _LEAST)),
            ]
    return np.column_stack([*parts, *ratios]).astype(np.float32)


def _log(value: np.ndarray) -> np.ndarray:
    """Logarithm; far below everything usual where there is none, so that the guard sees it."""
    import numpy as np

    return np.where(np.isnan(value), np.nan, np.log(np.maximum(value, 1e-6)))
