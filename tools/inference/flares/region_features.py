"""Features of active regions for classifiers: large numbers as logarithms, signs left out where the Sun has no preference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.inference.flares.active_regions import KEYWORDS

if TYPE_CHECKING:
    import numpy as np

_EXTENSIVE = ("TOTUSJH", "TOTBSQ", "TOTPOT", "TOTUSJZ", "ABSNJZH", "SAVNCPP", "USFLUX", "AREA_ACR", "MEANPOT")
_FORCES = ("TOTFX", "TOTFY", "TOTFZ")
# Left and right, north and south: a flare does not know which.
_EITHER_SIGN = ("TOTFX", "TOTFY", "EPSX", "EPSY", "MEANJZH", "MEANJZD", "MEANALP")
_SMALL_FORCE = 300.0  # 1e20 dyne; about where TOTFZ of a quiet region lies
_QUIET_FLUX = 0.05  # 1e-6 W/m2; a flare of class A5, the background


def keyword_features(keywords: np.ndarray) -> np.ndarray:
    """Features of magnetic parameters.

    Parameters
    ----------
    keywords : ndarray (n, 25)
        As `KEYWORDS`; NaN stays NaN.

    Returns
    -------
    ndarray of float64 (n, 25)
        In the same order.
    """
    import numpy as np

    made = np.array(keywords, dtype=np.float64)
    for name in _EXTENSIVE:
        column = KEYWORDS.index(name)
        made[:, column] = np.log10(np.maximum(made[:, column], 1e-3))
    for name in _FORCES:
        column = KEYWORDS.index(name)
        made[:, column] = np.arcsinh(made[:, column] / _SMALL_FORCE)
    for name in _EITHER_SIGN:
        made[:, KEYWORDS.index(name)] = np.abs(made[:, KEYWORDS.index(name)])
    return made


def history_features(history: np.ndarray) -> np.ndarray:
    """Logarithms of numbers and fluxes of earlier flares; shape (n, 8), NaN where not known."""
    import numpy as np

    given = np.asarray(history, dtype=np.float64)
    return np.column_stack([np.log1p(given[:, :4]), np.log10(_QUIET_FLUX + given[:, 4:])])


def sunspot_features(sunspots: np.ndarray) -> np.ndarray:
    """Spots, with areas and numbers as logarithms; shape (n, 8), NaN where not known."""
    import numpy as np

    given = np.array(sunspots, dtype=np.float64)
    given[:, 0] = np.log10(5.0 + given[:, 0])
    given[:, 2] = np.log1p(given[:, 2])
    return given
