"""When a request is repeated, and after how long a wait."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnomon.agents.language.wire import Outcome


# The server may be there again, or free again, in a moment; of other statuses below 500 it says the same again.
_STATUSES = (408, 409, 429)
# What went wrong in the middle of a reply may go right once; a model that runs on will most likely run on again.
_ONCE = ("cut", "fault", "repetition", "length", "padding")

FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
LONGEST_RETRY_AFTER = 30.0
"""A server that asks for a longer wait is not asked again: the person hears of it instead of waiting for it."""


@dataclass
class Patience:
    """Counts the failures of one question.

    Parameters
    ----------
    retries : int
        How often a request may be repeated.
    """

    retries: int
    _failures: int = 0
    _cuts: int = 0

    def wait(self, outcome: Outcome) -> float | None:
        """Seconds to wait before the request is repeated; None where it is not.

        Waits double from 0.5 s to 8 s and are drawn from the upper half of that, so that clients which failed together do
        not come back together.  Where a server says how long to wait, that is the wait.
        """
        if not self._may_help(outcome):
            return None
        self._failures += 1
        if self._failures > self.retries:
            return None
        if outcome.retry_after is not None:
            return outcome.retry_after if outcome.retry_after <= LONGEST_RETRY_AFTER else None
        longest = min(FIRST_WAIT * 2 ** (self._failures - 1), LONGEST_WAIT)
        return random.uniform(longest / 2, longest)

    def _may_help(self, outcome: Outcome) -> bool:
        if outcome.ended in _ONCE:
            self._cuts += 1
            return self._cuts == 1
        return outcome.ended in ("connection", "silence") or is_passing(outcome.status)


def is_passing(status: int | None) -> bool:
    """Whether a status may be another one in a moment."""
    return status is not None and (status in _STATUSES or status >= 500)
