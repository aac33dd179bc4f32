"""Small tools for tests: each does one thing that an engine must be able to bear.

Each call adds a line to the file that GNOMON_TOY_LOG names, so that a test can count what really ran.
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, File, LightCurve, Measurements, Periodogram, TransitCandidates, Weights

CITATION = ("Nobody 2020, Journal of Tests 1, 1, doi:10.1000/182",)
COMMON: dict[str, Any] = {
    "version": "1.0",
    "seconds": 0.1,
    "citations": CITATION,
    "summary_zh": "玩具工具。",
    "method": "A toy was used.",
    "method_zh": "使用了玩具。",
}


def note(name: str) -> None:
    log = os.environ.get("GNOMON_TOY_LOG")
    if log:
        with Path(log).open("a") as stream:
            stream.write(f"{name}\n")


def table(n: int, slope: float) -> LightCurve:
    import numpy as np
    from astropy.table import QTable
    from astropy.units import d

    time_ = np.arange(n, dtype=float)
    return QTable({"time": time_ * d, "flux": 1.0 + slope * time_, "flux_err": np.full(n, 0.1)})


def recognises_toy(path: Path) -> dict[str, Any] | None:
    with Path(path).open("rb") as stream:
        head = stream.read(4)
    return {"confidence": 1.0, "found": "a toy", "rows": 5} if head == b"TOY\n" else None


@tool(effects=("compute",), examples=("Read a toy", "读取玩具"), recognises=recognises_toy, **COMMON)
def toy_read(file: File) -> LightCurve:
    """Read a toy file.

    Parameters
    ----------
    file : File
        A file whose first line is TOY and whose second is a whole number.

    Returns
    -------
    LightCurve
        That many rows.

    Raises
    ------
    InputError
        Where the second line is not a number.
    """
    note("toy_read")
    lines = Path(file).read_text().splitlines()
    if len(lines) < 2 or not lines[1].isdigit():
        raise InputError(f"{Path(file).name} has no number of rows on its second line.", remedy="Write one.")
    return table(int(lines[1]), 0.0)


@tool(effects=("compute",), examples=("Tilt the toy", "倾斜玩具"), **COMMON)
def toy_tilt(
    light_curve: LightCurve, slope: float = 0.5, pause: Annotated[float, "s"] = 0.0
) -> Annotated[LightCurve, "tilted"]:
    """Tilt a toy.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    slope : float
        Dimensionless change a row.
    pause : float
        Seconds to wait.

    Returns
    -------
    LightCurve
        Of the same length.
    """
    note("toy_tilt")
    time.sleep(pause)
    return table(len(light_curve), slope)


@tool(effects=("compute",), examples=("Wait with the toy", "等待玩具"), **COMMON)
def toy_wait(light_curve: LightCurve, pause: Annotated[float, "s"] = 1.0, label: str = "") -> Periodogram:
    """Wait, then make a table.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    pause : float
        Seconds to wait.
    label : str
        Makes two calls different.

    Returns
    -------
    Periodogram
        Three rows.
    """
    import numpy as np
    from astropy.table import QTable
    from astropy.units import d

    note(f"toy_wait {label}".strip())
    time.sleep(pause)
    print("a library that talks")  # noqa: T201
    return QTable({"period": np.arange(1.0, 4.0) * d, "power": np.arange(3.0) + len(label)})


@tool(effects=("compute",), examples=("Measure the toy", "测量玩具的长度"), **COMMON)
def toy_measure(light_curve: Annotated[LightCurve, "tilted"]) -> Measurements:
    """Measure a toy.

    Parameters
    ----------
    light_curve : LightCurve
        Any that was tilted.

    Returns
    -------
    Measurements
        Its length and mean.
    """
    import numpy as np
    from astropy.table import Table

    note("toy_measure")
    warnings.warn("The toy is small.", stacklevel=1)
    mean = float(np.mean(light_curve["flux"]))
    return Table(
        {
            "quantity": ["length", "mean_flux"],
            "of": ["toy", "toy"],
            "value": [float(len(light_curve)), mean],
            "lower": [np.nan, mean - 0.1],
            "upper": [np.nan, mean + 0.1],
            "level": [np.nan, 0.6827],
            "unit": ["", ""],
        }
    )


@tool(effects=("compute",), examples=("Break the toy", "弄坏玩具"), **COMMON)
def toy_break(light_curve: LightCurve, how: str = "input") -> Annotated[Periodogram, "broken"]:
    """Fail in one of several ways.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    how : str
        ``input``, ``bug``, ``crash``, ``empty`` or ``wrong``.

    Returns
    -------
    Periodogram
        Never a good one.

    Raises
    ------
    InputError
        When asked to.
    """
    note("toy_break")
    if how == "input":
        raise InputError("The toy is broken.", remedy="Take another.")
    if how == "empty":
        raise EmptyResult("The box is empty.", remedy="Look elsewhere.", zh="盒子是空的。")
    if how == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "bug":
        raise ZeroDivisionError("by zero")
    return light_curve  # not a periodogram: the kind's check must catch it


@tool(effects=("compute",), examples=("Follow the broken toy", "跟随坏玩具"), **COMMON)
def toy_follow(periodogram: Annotated[Periodogram, "broken"]) -> TransitCandidates:
    """Wait for what breaks.

    Parameters
    ----------
    periodogram : Periodogram
        Never there.

    Returns
    -------
    TransitCandidates
        Never.
    """
    note("toy_follow")
    raise AssertionError("must not run")


@tool(effects=("spend",), examples=("Send the toy away", "寄出玩具"), **COMMON)
def toy_send(
    light_curve: LightCurve, address: str, pause: Annotated[float, "s"] = 0.0
) -> Annotated[Measurements, "sent"]:
    """Act on the world.

    Parameters
    ----------
    light_curve : LightCurve
        What to send.
    address : str
        Where to.
    pause : float
        Seconds to wait after it was sent.

    Returns
    -------
    Measurements
        One row.
    """
    from astropy.table import Table

    note(f"toy_send {address}")
    time.sleep(pause)
    return Table(
        {
            "quantity": ["sent"],
            "of": [address],
            "value": [1.0],
            "lower": [1.0],
            "upper": [1.0],
            "level": [1.0],
            "unit": [""],
        }
    )


@tool(effects=("compute",), examples=("Draw the toy", "画出玩具"), comparison="view", **COMMON)
def toy_draw(light_curve: Annotated[LightCurve, "tilted"]) -> Figure:
    """Draw a toy.

    Parameters
    ----------
    light_curve : LightCurve
        Any that was tilted.

    Returns
    -------
    Figure
        Flux against time.
    """
    from matplotlib.figure import Figure

    note("toy_draw")
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot(light_curve["time"].value, light_curve["flux"])
    figure.set_label("A toy.")
    return figure


@tool(effects=("compute",), examples=("Guess with the toy", "用玩具猜"), ended_by="seconds", **COMMON)
def toy_guess(
    light_curve: LightCurve, seconds: Annotated[float, "s", "(0, 10]"] | None = None
) -> Annotated[Periodogram, "guessed"]:
    """Make something else every time, which no tool may do unless the clock ends it.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    seconds : float, optional
        How long to guess.

    Returns
    -------
    Periodogram
        One row.
    """
    from astropy.table import QTable
    from astropy.units import d

    note("toy_guess")
    return QTable({"period": [1.0] * d, "power": [float(time.time_ns() % 1_000_003)]})


@tool(effects=("compute", "read_network"), examples=("Ask about the toy", "查询玩具"), **COMMON)
def toy_ask(light_curve: LightCurve, address: str) -> Annotated[Periodogram, "asked"]:
    """Ask a service twice.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    address : str
        Of the service.

    Returns
    -------
    Periodogram
        What it answered.
    """
    import requests
    from astropy.table import QTable
    from astropy.units import d

    note("toy_ask")
    first = requests.get(f"{address}/power", params={"rows": len(light_curve)}, timeout=10).json()
    second = requests.post(f"{address}/power", json={"rows": 1}, timeout=10).json()
    return QTable({"period": [1.0, 2.0] * d, "power": [float(first), float(second)]})


@tool(
    effects=("compute",),
    examples=("Score the toy", "给玩具打分"),
    weights={"weights": ("toy_weights.npy", "f967c8b7622b4ec3cf5799b63db76804232797f825d74c763230336bbd2c1e0e")},
    **COMMON,
)
def toy_score(light_curve: LightCurve, weights: Weights) -> Annotated[Periodogram, "scored"]:
    """Score a toy with trained weights.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    weights : Weights
        Four numbers.

    Returns
    -------
    Periodogram
        A row for each weight.
    """
    import numpy as np
    from astropy.table import QTable
    from astropy.units import d

    note("toy_score")
    trained = np.load(weights)
    return QTable({"period": np.arange(1.0, 1 + len(trained)) * d, "power": trained * len(light_curve)})
