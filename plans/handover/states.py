"""The states of a hand-over and of its payloads, and the moves between them."""

from __future__ import annotations

from collections.abc import Iterable

STATES = (
    "draft",
    "checked",
    "offered",
    "approved",
    "submitted",
    "acknowledged",
    "executing",
    "done",
    "failed",
    "expired",
    "withdrawn",
)

# From `submitted` on, only what a facility says moves a hand-over; before, only what people do, and the clock.
MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"checked", "expired", "withdrawn"}),
    "checked": frozenset({"offered", "expired", "withdrawn"}),
    "offered": frozenset({"approved", "expired", "withdrawn"}),
    "approved": frozenset({"submitted", "expired", "withdrawn"}),
    # Back to `approved` where no facility took any of it; and what one of them refused may be sent again later.
    "submitted": frozenset({"approved", "acknowledged", "executing", "done", "failed", "expired", "withdrawn"}),
    "acknowledged": frozenset({"submitted", "executing", "done", "failed", "expired", "withdrawn"}),
    "executing": frozenset({"submitted", "done", "failed", "expired", "withdrawn"}),
    "done": frozenset(),
    "failed": frozenset(),
    "expired": frozenset(),
    "withdrawn": frozenset(),
}
ENDED = frozenset(s for s, moves in MOVES.items() if not moves)
UNSENT = frozenset({"draft", "checked", "offered", "approved"})
# What of it is at a facility, or may be, moves by what the facility says.
AT_FACILITY = frozenset(STATES) - UNSENT - ENDED

# Of one payload.  `sending` was written down before the first byte left, and stays where nobody knows whether it arrived.
PAYLOAD_STATES = (
    "unsent",
    "sending",
    "refused",
    "acknowledged",
    "executing",
    "done",
    "failed",
    "expired",
    "withdrawn",
)
# A refused payload was never accepted, so that it spends nothing; all others from `sending` on may have.  One is `unsent` again
# where whoever was to send it knows that nothing of it left.
_SPENDING = frozenset(PAYLOAD_STATES) - {"unsent", "refused", "withdrawn"}
_PAYLOAD_MOVES: dict[str, frozenset[str]] = {
    "unsent": frozenset({"sending"}),
    "sending": frozenset(PAYLOAD_STATES),
    "refused": frozenset({"refused", "sending"}),
    "acknowledged": frozenset(PAYLOAD_STATES) - {"unsent", "refused", "sending"},
    "executing": frozenset({"executing", "done", "failed", "expired", "withdrawn"}),
}


# A payload in one of these has been observed, in part at least.
BEGUN = frozenset({"executing", "done", "failed"})


def spends(payload_state: str, *, began: bool) -> bool:
    """Whether a payload counts against budgets; one that was withdrawn does only if its observing had begun."""
    return payload_state in _SPENDING or (payload_state == "withdrawn" and began)


def may_move(old: str, new: str) -> bool:
    """Whether a payload may go from one state to another; what has ended stays as it is."""
    return (old == new and new in PAYLOAD_STATES) or new in _PAYLOAD_MOVES.get(old, frozenset())


def overall(payload_states: Iterable[str], *, began: bool = False) -> str:
    """The state of a hand-over that was submitted, from those of its payloads.

    One payload of which nobody knows keeps the whole ``submitted``: only asking the facility helps.  Where none has anything of it, it is ``approved`` as before.

    Parameters
    ----------
    payload_states : iterable of str
    began : bool
        Whether the observing of any of them has begun, be it ended since: what waits its turn beside it keeps the whole ``executing``.
    """
    states = set(payload_states)
    if states <= {"unsent", "refused"}:
        return "approved"
    if states & {"sending", "unsent"}:
        return "submitted"
    if "executing" in states or ("acknowledged" in states and (began or states & BEGUN)):
        return "executing"
    if "acknowledged" in states:
        return "acknowledged"
    for word in ("done", "expired", "withdrawn"):  # some of it was observed; else why not, where all agree
        if word in states and (word == "done" or states <= {word, "refused"}):
            return word
    return "failed"
