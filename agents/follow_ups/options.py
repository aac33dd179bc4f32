"""Options: what a conversation offers to choose from, each with what choosing it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gnomon.tools.errors import UsageError


@dataclass(frozen=True)
class Option:
    """One thing offered.

    Parameters
    ----------
    label : str
        How it is told, in the language of the conversation.
    act : dict
        What choosing it does, as small JSON: ``do`` is ``hear`` (a text, as an intent), ``say`` (a text, as if it had been typed), ``ask`` (a text, as a question), ``take`` (a plan),
        ``set`` (arguments), ``add`` or ``leave_out`` (tools), ``take_up`` (a run), ``forget`` (edits of a run) or ``answer`` (what completes an open question).
    """

    label: str
    act: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return {"label": self.label, "act": self.act}


class Unclear(UsageError):
    """What was said can mean several things, or lacks something; these may be meant.

    Parameters
    ----------
    what : str
        One plain sentence, in the language of the conversation.
    options : sequence of Option
    """

    def __init__(self, what: str, options: Sequence[Option] = ()) -> None:
        super().__init__(what)
        self.options = tuple(options)


class Refusal(Unclear):
    """What was said cannot be done, and nothing was; there is nothing to answer."""
