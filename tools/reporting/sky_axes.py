"""How figures of the sky look: right ascension and declination on the axes, a bar that says how large things are, and which way is north."""

from __future__ import annotations

import math
from typing import Any

from gnomon.tools.reporting.light_curve_axes import FONT
from gnomon.tools.sky_notation import angle

# Fonts with Chinese characters that systems have, tried where a name needs them.
CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", "SimHei", "Noto Sans CJK JP")  # fmt: skip
# Lengths of a bar, degrees: round numbers of arcseconds, arcminutes and degrees.
BARS = (
    *(n / 3600.0 for n in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)),
    *(n / 60.0 for n in (1, 2, 5, 10, 20, 30)),
    *(1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
)


def set_title(axes: Any, text: str) -> None:
    """Write a name above a panel, as it is: nothing in it is taken for mathematics, and one that no font has is left to the caption.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel.
    text : str
        The name; may be empty.
    """
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    shown = " ".join(str(text).split())
    if not shown:
        return
    known = FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap()
    family = ["DejaVu Sans"]
    if any(ord(c) not in known for c in shown):
        there = {f.name for f in font_manager.fontManager.ttflist}
        found = next((f for f in CHINESE_FONTS if f in there), None)
        if found is None:
            return
        family.append(found)
    axes.set_title(shown[:80], fontsize=FONT + 1, fontfamily=family, parse_math=False)


def style_sky(longitude: Any, latitude: Any, names: tuple[str, str], hours: bool = True) -> None:
    """Write longitudes below and latitudes at the left of a panel that has coordinates.

    Parameters
    ----------
    longitude, latitude : astropy.visualization.wcsaxes.CoordinateHelper
        Of the panel, or of another frame laid over it.
    names : tuple of str
        What to write at its axes.
    hours : bool
        Whether longitudes are right ascensions, written in hours.
    """
    for coordinate, name, places in ((longitude, names[0], "bt"), (latitude, names[1], "lr")):
        coordinate.set_axislabel(name, fontsize=FONT)
        coordinate.set_ticklabel(size=FONT, exclude_overlapping=True)
        coordinate.set_ticks(direction="in", color="black")
        coordinate.display_minor_ticks(True)
        coordinate.set_ticks_position(places)
        coordinate.set_ticklabel_position(places[0])
        coordinate.set_axislabel_position(places[0])
    longitude.set_format_unit("hourangle" if hours else "deg")


def outlined(width: float = 2.2) -> list[Any]:
    """Give lines and letters a white edge, so that they can be seen on any background.

    Parameters
    ----------
    width : float
        Of the edge, points.

    Returns
    -------
    list
        For ``path_effects``.
    """
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="white")]


def bar_length(degrees: float) -> float:
    """Choose the length of a bar for a picture.

    Parameters
    ----------
    degrees : float
        Width of the picture.

    Returns
    -------
    float
        Degrees, a round number, at most about a quarter of the width.
    """
    fitting = [b for b in BARS if b <= 0.26 * degrees]
    return fitting[-1] if fitting else BARS[0]


def draw_scale(axes: Any, degrees_per_pixel: float, width: float) -> None:
    """Draw a bar of a round length into the lower left corner.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel, in which a pixel is one unit.
    degrees_per_pixel : float
        Scale.
    width : float
        Pixels that the panel is wide.
    """
    length = bar_length(degrees_per_pixel * width)
    share = length / (degrees_per_pixel * width)
    axes.plot(
        [0.05, 0.05 + share], [0.06, 0.06], transform=axes.transAxes, color="black", linewidth=1.8,
        path_effects=outlined(4.0), solid_capstyle="butt", zorder=6,
    )  # fmt: skip
    axes.text(
        0.05 + share / 2, 0.075, angle(length), transform=axes.transAxes, ha="center", va="bottom", fontsize=FONT,
        path_effects=outlined(), zorder=6,
    )  # fmt: skip


def draw_compass(axes: Any, north: tuple[float, float], east: tuple[float, float], side: float) -> None:
    """Draw arrows to the north and to the east into the lower right corner.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel.
    north, east : tuple of float
        Directions on the paper, to the right and upwards, of length one.
    side : float
        Length of the arrows as a share of the panel's width.
    """
    from matplotlib.patches import FancyArrowPatch

    # The corner from which both arrows stay inside.
    across, up = north[0] + east[0], north[1] + east[1]
    x = 0.90 if across <= 0 else 0.90 - 1.2 * side
    y = 0.07 if up >= 0 else 0.07 + 1.2 * side
    for (dx, dy), name in ((north, "N"), (east, "E")):
        arrow = FancyArrowPatch(
            (x, y), (x + side * dx, y + side * dy), transform=axes.transAxes, arrowstyle="-|>", mutation_scale=8,
            linewidth=1.2, color="black", shrinkA=0, shrinkB=0, zorder=6,
        )  # fmt: skip
        arrow.set_path_effects(outlined(3.2))
        axes.add_patch(arrow)
        axes.text(
            x + 1.3 * side * dx, y + 1.3 * side * dy, name, transform=axes.transAxes, ha="center", va="center",
            fontsize=FONT, path_effects=outlined(), zorder=6,
        )  # fmt: skip


def directions(wcs: Any, x: float, y: float) -> tuple[tuple[float, float], tuple[float, float], float] | None:
    """Find which way is north and east in an image.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        With two axes on the sky, in any frame.
    x, y : float
        Where, in pixels counted from 0.

    Returns
    -------
    tuple or None
        Directions of north and east in pixels, of length one, and how many degrees a pixel is; None where the place is not on the sky.
    """
    import numpy as np
    from astropy import units as u
    from astropy.wcs.utils import proj_plane_pixel_scales

    scale = float(np.mean(proj_plane_pixel_scales(wcs)))
    here = wcs.pixel_to_world(x, y).icrs
    if not (np.isfinite(here.ra.deg) and np.isfinite(here.dec.deg)):
        return None
    step = 0.5 * scale * u.deg
    found = []
    for bearing in (0.0, 90.0):
        there = here.directional_offset_by(bearing * u.deg, step)
        px, py = wcs.world_to_pixel(there)
        dx, dy = float(px) - x, float(py) - y
        length = math.hypot(dx, dy)
        if not math.isfinite(length) or length == 0.0:
            return None
        found.append((dx / length, dy / length))
    return found[0], found[1], scale
