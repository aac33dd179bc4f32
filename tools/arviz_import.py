"""ArviZ, imported so that processes which do it at the same time do not harm one another."""

from __future__ import annotations

import sys
import warnings
from typing import Any

# A process fails only if another one finishes the same two calls between its own two.
_ATTEMPTS = 5


def import_arviz() -> Any:
    """The library `arviz`.

    On its first import of a day ArviZ 0.23 announces its successor, and notes that it did so in a file of the user's cache:
    written beside it and then renamed, under one name for all processes. Of two that import it at the same moment one finds
    the file renamed already, and its import ends in a `FileNotFoundError`. The note is there then, so that importing again
    succeeds. The announcement itself says nothing about a result and is left out.

    Returns
    -------
    module
        `arviz`

    Raises
    ------
    FileNotFoundError
        Where importing fails so again and again.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        for attempt in range(_ATTEMPTS):
            try:
                import arviz

                return arviz
            except FileNotFoundError:
                sys.modules.pop("arviz", None)  # what failed half-way is not to be found by the next attempt
                if attempt == _ATTEMPTS - 1:
                    raise
    raise AssertionError("the loop returns or raises")
