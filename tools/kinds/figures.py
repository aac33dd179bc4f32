"""Figures: stored as PNG, the caption inside the file."""

from __future__ import annotations

import hashlib
import io
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gnomon.tools.kinds import KindInfo

DPI = 150
_rendered: weakref.WeakKeyDictionary[Figure, bytes] = weakref.WeakKeyDictionary()


def _png(value: Figure) -> bytes:
    if value not in _rendered:
        stream = io.BytesIO()
        # No software name and no date: the same picture must give the same bytes.
        value.savefig(stream, format="png", dpi=DPI, metadata={"Software": None, "Description": value.get_label()})
        _rendered[value] = stream.getvalue()
    return _rendered[value]


def suffix(value: Figure) -> str:
    """Always ``.png``."""
    return ".png"


def write(value: Figure, path: Path) -> None:
    """Write the picture with its caption."""
    path.write_bytes(_png(value))


def caption(path: Path) -> str:
    """The caption stored in a picture's file."""
    from PIL import Image

    with Image.open(path) as image:
        return str(image.info.get("Description", ""))


def read(path: Path) -> Figure:
    """The picture as a figure of the same size and caption."""
    import numpy as np
    from matplotlib.figure import Figure
    from PIL import Image

    with Image.open(path) as image:
        figure = Figure(figsize=(image.width / DPI, image.height / DPI), dpi=DPI)
        figure.figimage(np.asarray(image.convert("RGBA")))
        figure.set_label(str(image.info.get("Description", "")))
    return figure


def digest(value: Figure) -> str:
    """SHA-256 of the rendered picture."""
    return hashlib.sha256(_png(value)).hexdigest()


def parts(value: Figure) -> dict[str, Any]:
    """Size and caption of a figure; its numbers lie in the tables it was drawn from.

    Parameters
    ----------
    value : matplotlib.figure.Figure
        With the caption as its label.

    Returns
    -------
    dict
        ``form`` is ``figure``.  ``header`` has no ``columns``, and as ``meta`` the ``caption``, ``width`` and
        ``height`` [pixels] and the digest of the ``picture``.  ``columns`` and ``masks`` are empty.
    """
    width, height = value.get_size_inches() * DPI
    meta = {"caption": str(value.get_label()), "width": round(width), "height": round(height), "picture": digest(value)}
    return {"form": "figure", "header": {"meta": meta, "columns": []}, "columns": {}, "masks": {}}


def preview(value: Figure) -> str:
    """Size and caption."""
    width, height = value.get_size_inches() * DPI
    return f"{width:.0f} x {height:.0f} pixels: {value.get_label()}"


def check(value: Any, kind: KindInfo) -> str | None:
    """Whether it is a matplotlib figure with a caption."""
    if type(value).__name__ != "Figure":
        return f"a {kind.name} must be a matplotlib.figure.Figure, and this is a {type(value).__name__}"
    if not str(value.get_label()).strip():
        return f"a {kind.name} must have a caption; call set_label on it"
    return None
