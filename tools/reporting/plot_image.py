"""Drawing an image of the sky as a finding chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import SIGNALS
from gnomon.tools.reporting.sky_axes import directions, draw_compass, draw_scale, outlined, set_title, style_sky
from gnomon.tools.sky_notation import angle, sexagesimal

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Image

_SIDE = 6.3  # inches
_HAIR, _GAP = 0.055, 0.022  # of the shorter side: a line of the cross-hair, and the free room in its middle
_NO_DATA = "#cfe0ee"
# Brightest share of the pixels that is drawn as black alike; stars would else leave nothing for what is faint.
_BRIGHTEST = 0.997
_SOFTENING = 0.1  # of the asinh stretch: below this share of the range it is straight (Lupton, Gunn & Szalay 1999, doi:10.1086/301004)


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.5,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Greisen & Calabretta 2002, Representations of world coordinates in FITS, doi:10.1051/0004-6361:20021326",
        "Lupton, Gunn & Szalay 1999, A modified magnitude system (asinh scaling), doi:10.1086/301004",
    ),
    examples=(
        "Show me the image",
        "Draw the picture of the field",
        "Make a finding chart",
        "Finding chart of the target, 5 arcmin, please",
        "Plot the sky image with coordinates on the axes",
        "Display the DSS cut-out with a cross-hair at the object",
        "Show the field with north up and east to the left",
        "Draw the image with a scale bar",
        "Let me see what the galaxy looks like",
        "A chart for the telescope, with RA and Dec ticks",
        "Render the FITS image",
        "Show the picture in a logarithmic stretch",
        "Display the picture of the sky that is in this file",
        "显示图像",
        "画出这个天区的图",
        "做一张证认图",
        "给我目标的寻星图，5 角分",
        "画带坐标轴的天区图像",
        "显示 DSS 截图并标出目标",
        "把文件里的天区图像显示出来",
        "画上北左东的视场图",
        "画出带比例尺的图像",
        "看看这个星系长什么样",
        "给望远镜用的证认图，标上赤经赤纬",
        "把 FITS 图像画出来",
        "用对数拉伸显示图像",
    ),
    summary_zh="把天区图像画成证认图：赤经赤纬坐标、上北左东、比例尺和目标十字。",
    method="The image was drawn with its coordinates, as a negative in an {stretch} stretch.",
    method_zh="图像按其坐标绘成负像，拉伸方式：{stretch}。",
)
def plot_image(image: Image, stretch: Literal["asinh", "linear", "log", "sqrt"] = "asinh") -> Figure:
    """Draw an image of the sky as a finding chart.

    It is turned and mirrored by whole quarters so that north is up and east to the left as nearly as can be, pixels untouched; arrows show
    where they really are.  Stars are black on white.

    Parameters
    ----------
    image : Image
        With a WCS in any frame on the sky; masked and infinite pixels are drawn in pale blue.  ``meta["position"]`` (``ra``, ``dec`` [deg],
        ICRS) is where the cross-hair goes.
    stretch : {"asinh", "linear", "log", "sqrt"}
        How brightness becomes grey, between the level that zscale finds below the sky and the brightest 0.3 percent.

    Returns
    -------
    Figure
        One panel with right ascension and declination at its axes; the caption, in English and Chinese, has the survey, the place, the size and the time.

    Raises
    ------
    EmptyResult
        Where no pixel has a value.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  asinh: Lupton, Gunn & Szalay 1999, doi:10.1086/301004.  zscale: that of IRAF,
    Tody 1986, 1986SPIE..627..733T.
    """
    import numpy as np
    from astropy.visualization import AsinhStretch, ImageNormalize, LinearStretch, LogStretch, SqrtStretch
    from astropy.visualization.wcsaxes import WCSAxes
    from matplotlib import colormaps
    from matplotlib.figure import Figure as _Figure

    data, wcs = np.asarray(image.data, dtype=float), image.wcs
    lost = ~np.isfinite(data)
    if image.mask is not None:
        lost |= np.broadcast_to(np.asarray(image.mask, dtype=bool), data.shape)
    if lost.all():
        raise EmptyResult(
            "The image has no pixel with a value to draw.",
            remedy="Take another survey or another place.",
            zh="图像中没有有数值的像元，无法绘制。",
        )
    data, lost, wcs, compass = _upright(data, lost, wcs)
    height, width = data.shape
    low, high = _limits(data[~lost])
    ways = {"asinh": AsinhStretch(_SOFTENING), "linear": LinearStretch(), "log": LogStretch(), "sqrt": SqrtStretch()}
    colours = colormaps["gray_r"].with_extremes(bad=_NO_DATA)
    long = max(height, width)
    figure = _Figure(figsize=(_SIDE * max(width / long, 0.45) + 0.9, _SIDE * max(height / long, 0.3) + 0.8))
    axes = WCSAxes(figure, (0.15, 0.11, 0.82, 0.82), wcs=wcs)
    figure.add_axes(axes)
    axes.imshow(
        np.ma.array(data, mask=lost), origin="lower", cmap=colours, interpolation="nearest" if long < 400 else "antialiased",
        norm=ImageNormalize(vmin=low, vmax=high, stretch=ways[stretch], clip=False), zorder=0,
    )  # fmt: skip
    frame = _label_axes(axes, wcs)
    if compass is not None:
        north, east, scale = compass
        if north[1] < 0:
            axes.invert_yaxis()
        if east[0] > 0:
            axes.invert_xaxis()
        on_paper = [(d[0] * (-1 if east[0] > 0 else 1), d[1] * (-1 if north[1] < 0 else 1)) for d in (north, east)]
        draw_compass(axes, on_paper[0], on_paper[1], 0.085)
        draw_scale(axes, scale, width)
    marked = _cross_hair(axes, image.meta.get("position"), wcs, width, height)
    set_title(axes, str(image.meta.get("object") or ""))
    figure.set_label(_caption(image, wcs, compass, data.shape, lost, (low, high), stretch, marked, frame))
    return figure


def _upright(data: Any, lost: Any, wcs: Any) -> tuple[Any, Any, Any, Any]:
    """The image with its rows and columns exchanged where east or west is up, and which way north and east then are."""
    height, width = data.shape
    found = directions(wcs, (width - 1) / 2, (height - 1) / 2)
    distorted = any(getattr(wcs, name) is not None for name in ("sip", "cpdis1", "cpdis2", "det2im1", "det2im2"))
    if found is not None and abs(found[0][0]) > abs(found[0][1]) and not distorted:
        data, lost, wcs = data.T, lost.T, wcs.swapaxes(0, 1)
        found = directions(wcs, (height - 1) / 2, (width - 1) / 2)
    return data, lost, wcs, found


def _limits(values: Any) -> tuple[float, float]:
    """The levels that are white and black."""
    import numpy as np
    from astropy.visualization import ZScaleInterval

    low, high = ZScaleInterval().get_limits(values)
    high = max(float(high), float(np.quantile(values, _BRIGHTEST)))
    return float(low), high if high > low else float(low) + 1.0


def _label_axes(axes: Any, wcs: Any) -> str:
    """Right ascension and declination at the axes, whatever the frame of the image; returns the name of their frame."""
    from astropy.wcs.utils import wcs_to_celestial_frame

    frame = wcs_to_celestial_frame(wcs)
    own = frame.name.upper()
    if own in ("ICRS", "FK5", "FK4"):
        longitude, latitude = axes.coords[wcs.wcs.lng], axes.coords[wcs.wcs.lat]
        style_sky(longitude, latitude, (f"Right ascension ({own})", f"Declination ({own})"))
        return own
    for coordinate in (axes.coords[0], axes.coords[1]):
        coordinate.set_ticks_visible(False)
        coordinate.set_ticklabel_visible(False)
        coordinate.set_axislabel("")
        coordinate.set_auto_axislabel(False)
    overlay = axes.get_coords_overlay("icrs")
    style_sky(overlay[0], overlay[1], ("Right ascension (ICRS)", "Declination (ICRS)"))
    return "ICRS"


def _cross_hair(axes: Any, position: Any, wcs: Any, width: int, height: int) -> bool:
    """Four lines around the object; False where it is not known or not in the image."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.wcs import NoConvergence, WcsError

    if not isinstance(position, dict) or position.get("ra") is None or position.get("dec") is None:
        return False
    try:
        place = SkyCoord(float(position["ra"]) * u.deg, float(position["dec"]) * u.deg, frame="icrs")
        x, y = (float(v) for v in wcs.world_to_pixel(place))
    except (NoConvergence, WcsError, ValueError, TypeError):
        return False
    if not (np.isfinite([x, y]).all() and -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
        return False
    side = min(width, height)
    near, far = _GAP * side, (_GAP + _HAIR) * side
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        axes.plot(
            [x + near * dx, x + far * dx], [y + near * dy, y + far * dy], color=SIGNALS[1], linewidth=1.5,
            path_effects=outlined(3.0), solid_capstyle="butt", scalex=False, scaley=False, zorder=5,
        )  # fmt: skip
    return True


def _caption(
    image: Any, wcs: Any, compass: Any, shape: tuple[int, int], lost: Any, limits: tuple[float, float], stretch: str, marked: bool, frame: str
) -> str:  # fmt: skip
    from astropy.wcs.utils import proj_plane_pixel_scales

    meta, (height, width) = image.meta, shape
    name, survey = str(meta.get("object") or ""), str(meta.get("survey") or "")
    taken = str((meta.get("header") or {}).get("DATE-OBS") or "").strip()[:10]
    across, up = (float(s) * n for s, n in zip(proj_plane_pixel_scales(wcs), (width, height), strict=True))
    size = f"{angle(across)} × {angle(up)}"
    middle = wcs.pixel_to_world((width - 1) / 2, (height - 1) / 2).icrs
    ra, dec = sexagesimal(float(middle.ra.deg), float(middle.dec.deg), 1)
    epoch = (meta.get("position") or {}).get("epoch")
    unit = f" {image.unit}" if image.unit is not None and str(image.unit) else ""
    levels = f"{limits[0]:.4g} … {limits[1]:.4g}{unit}"
    missing = int(lost.sum())
    steps = [
        (
            f"Image{f' of {name}' if name else ''}{f' from {survey}' if survey else ''}, {size}, centred on {ra} {dec} (ICRS).",
            f"{survey + ' 的' if survey else ''}{name + ' ' if name else ''}图像，{size}，中心 {ra} {dec}（ICRS）。",
        )
    ]
    if taken:
        steps.append((f"Taken on {taken}.", f"拍摄于 {taken}。"))
    if marked:
        when = f" at epoch {float(epoch):.1f}" if epoch is not None else ""
        when_zh = f"在历元 {float(epoch):.1f} 的位置" if epoch is not None else "的位置"
        steps.append((f"The cross-hair is the place of the object{when}.", f"十字为目标{when_zh}。"))
    if compass is not None:
        steps.append(("N and E point north and east.", "N、E 指向北和东。"))
    if frame != "ICRS":
        steps.append((f"The axes are those of the file's frame, {frame}.", f"坐标轴为文件所用参考架 {frame}。"))
    steps.append((f"Negative, {stretch} stretch over {levels}.", f"负像，{stretch} 拉伸，范围 {levels}。"))
    if missing:
        steps.append((f"Pale blue: {missing} pixels without data.", f"淡蓝色：{missing} 个无数据像元。"))
    if meta.get("resampled"):
        steps.append(
            (
                "Resampled: for looking and finding, not for photometry.",
                "图像经重采样，适于观看和证认，不适于测光。",
            )
        )
    return both(" ".join(s for s, _ in steps), "".join(s for _, s in steps))
