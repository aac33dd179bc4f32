"""Tokens of a person's for services that want to know who asks."""

from __future__ import annotations

import os

from gnomon.tools.transport import noted

# Stands where a token was when the answer was recorded: what is played back is found without it.
_ON_RECORD = "0"


def credential(*variables: str) -> str:
    """The token in the first of these environment variables that holds one, or "" where there is none.

    Whether there is one is written down with the replies, and never the token itself, so that who has none plays back what was asked with
    one, and the other way round.

    Parameters
    ----------
    *variables : str
        Names of environment variables.
    """
    held = next((t for t in (os.environ.get(v, "").strip() for v in variables) if t), "")
    there = noted(f"credential {variables[0]}", lambda: "given" if held else "none")
    return (held or _ON_RECORD) if there == "given" else ""
