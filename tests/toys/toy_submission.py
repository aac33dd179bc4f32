"""A tool of somebody else that submits and knows nothing of packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon_toys import COMMON, note, table

from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, Measurements


@tool(effects=("submit",), examples=("Submit the toy", "提交玩具"), **COMMON)
def toy_submit(light_curve: LightCurve, action: str = "submit") -> Annotated[Measurements, "submitted"]:
    """Submit a toy.

    Parameters
    ----------
    light_curve : LightCurve
        What to submit.
    action : str
        What it calls what it does.

    Returns
    -------
    Measurements
        One row.
    """
    note(f"toy_submit {action}")
    return table(1, float(len(light_curve)))
