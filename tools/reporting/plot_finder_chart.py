"""Drawing a finder chart: the field around a target as the observer sees it, with the instrument's field and its slit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, SIGNALS
from gnomon.tools.reporting.sky_axes import draw_compass, draw_scale, outlined, set_title, style_sky
from gnomon.tools.sky_notation import angle, sexagesimal
from gnomon.tools.source_columns import magnitudes_of, places_of

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Image, SourceTable, Target

_PIXELS = 700  # of a side
_HAIR, _GAP = 0.055, 0.025  # of the side: a line of the cross-hair, and the free room in its middle
_LARGEST, _SMALLEST = 90.0, 2.0  # areas of symbols, points squared
_MARKED = 3  # stars to which offsets are told
_NEAR = 0.08  # of the side; nearer stars are hidden by the cross-hair, and further ones than 0.45 lie at the edge
_FAR = 0.45
_NO_DATA = "#cfe0ee"
_BRIGHTEST = 0.997  # as in plot_image


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.0,
    seconds_per_1000_rows=0.05,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Calabretta & Greisen 2002, Representations of celestial coordinates in FITS, doi:10.1051/0004-6361:20021327",
    ),
    examples=(
        "Draw a finder chart from the Gaia stars with the field of view of the camera",
        "Finder chart for spectroscopy: show the slit at position angle 45 degrees",
        "Chart for the night assistant with the slit, 1.8 arcsec wide, and offset stars",
        "Show the instrument's field around the target on the star chart",
        "Which bright stars can I offset from? Draw them on a chart",
        "Make a chart from the catalogue, no image, north up and east to the left, with a scale bar",
        "Overlay the slit and the 10 arcmin field on the image",
        "Observing chart of the afterglow with its error circle",
        "用 Gaia 星画证认图，标出相机视场",
        "画光谱观测用的证认图，标出位置角 45 度的狭缝",
        "给夜班助手的找星图，标出狭缝和偏置星",
        "在星图上画出仪器视场和目标",
        "用星表画找星图，上北左东，带比例尺",
        "在图像上叠加狭缝和视场框",
        "画余辉的找星图，标出误差圆",
    ),
    summary_zh="由星表或图像画证认图：上北左东，标出目标、仪器视场、狭缝、误差圆、比例尺和偏置星。",
    method="A finder chart of {size} was drawn on a tangent plane with north up and east to the left, from the supplied catalogue or image.",
    method_zh="在切平面上画出 {size} 见方的证认图，上北左东，源自所给的星表或图像。",
)
def plot_finder_chart(
    target: Target,
    sources: SourceTable | None = None,
    image: Image | None = None,
    size: Annotated[float, "arcmin", "(0, 600]"] = 10.0,
    field_width: Annotated[float, "arcmin", "(0, 600]"] | None = None,
    field_height: Annotated[float, "arcmin", "(0, 600]"] | None = None,
    slit_width: Annotated[float, "arcsec", "(0, 3600]"] | None = None,
    slit_length: Annotated[float, "arcsec", "(0, 36000]"] | None = None,
    position_angle: Annotated[float, "deg", "[-360, 360]"] = 0.0,
    error: Annotated[float, "arcmin", "(0, 600]"] | None = None,
) -> Figure:
    """Draw a finder chart around a target from stars of a catalogue, from an image, or from both.

    Parameters
    ----------
    target : Target
        One object; it is in the middle, under the cross-hair.
    sources : SourceTable, optional
        Stars with positions; larger symbols are brighter where a column has magnitudes.
    image : Image, optional
        With a WCS on the sky, of any orientation; it is resampled to the nearest pixel, so that north is up and east to the left.
    size : float
        Side of the chart, arcmin.
    field_width, field_height : float, optional
        Of the instrument, arcmin; a square where only the width is given.
    slit_width, slit_length : float, optional
        Of the slit, arcsec; both or neither.
    position_angle : float
        Of the slit and of the field's height, degrees from north through east.
    error : float, optional
        Radius of the error circle, arcmin.

    Returns
    -------
    Figure
        One panel on the tangent plane, north up and east to the left; up to three stars have numbers, and the caption says how far each is from the target, so that
        a telescope can be moved from there.  The caption is in English and Chinese.

    Raises
    ------
    InputError
        Where there is neither a catalogue nor an image, more than one target, or half of a slit.
    EmptyResult
        Where no star and no pixel with a value is in the chart.

    References
    ----------
    Tangent plane: Calabretta & Greisen 2002, doi:10.1051/0004-6361:20021327.
    """
    from astropy.visualization.wcsaxes import WCSAxes
    from matplotlib.figure import Figure as _Figure

    if sources is None and image is None:
        raise InputError(
            "A finder chart needs a catalogue or an image.",
            remedy="Search Gaia around the target, or fetch an image of the field.",
        )
    if (slit_width is None) != (slit_length is None):
        raise InputError("A slit has a width and a length, and one of them is missing.", remedy="Give both.")
    ra, dec, name = _target(target)
    chart = _plane(ra, dec, size)
    figure = _Figure(figsize=(7.2, 7.2))
    axes = WCSAxes(figure, (0.14, 0.10, 0.82, 0.82), wcs=chart)
    figure.add_axes(axes)
    drawn = 0
    if image is not None:
        drawn += _draw_image(axes, image, chart)
    stars = None if sources is None else _stars(sources, chart, ra, dec)
    if stars is not None:
        drawn += len(stars["x"])
    if not drawn:
        raise EmptyResult(
            "No star and no pixel with a value is in the chart.",
            remedy="Ask for a larger chart, or for other data of this field.",
            zh="图内没有恒星，也没有有数值的像元。",
        )
    marked = [] if stars is None else _draw_stars(axes, stars, image is not None)
    axes.set_xlim(-0.5, _PIXELS - 0.5)
    axes.set_ylim(-0.5, _PIXELS - 0.5)
    scale = size / 60.0 / _PIXELS  # deg a pixel
    height = field_width if field_height is None else field_height
    if field_width is not None and height is not None:
        _box(axes, field_width / 60.0 / scale, height / 60.0 / scale, position_angle, SIGNALS[2], "-", 1.3)
    if slit_width is not None and slit_length is not None:
        _box(axes, slit_width / 3600.0 / scale, slit_length / 3600.0 / scale, position_angle, SIGNALS[0], "-", 1.1)
    if error is not None:
        _circle(axes, error / 60.0 / scale)
    _cross_hair(axes)
    style_sky(axes.coords[0], axes.coords[1], ("Right ascension (ICRS)", "Declination (ICRS)"))
    draw_compass(axes, (0.0, 1.0), (-1.0, 0.0), 0.085)
    draw_scale(axes, scale, _PIXELS)
    set_title(axes, name)
    told = {
        "size": size, "width": field_width, "height": height, "slit": None if slit_width is None else (slit_width, slit_length), "angle": position_angle,
        "error": error, "stars": None if stars is None else len(stars["x"]), "band": "" if stars is None else stars["band"],
    }  # fmt: skip
    figure.set_label(_caption(name, ra, dec, told, marked, image, sources))
    return figure


def _target(target: Any) -> tuple[float, float, str]:
    import numpy as np

    if len(target) != 1:
        raise InputError(f"A finder chart is of one target, and there are {len(target)}.", remedy="Draw one for each.")
    ra, dec, frame = places_of(target)
    if not (np.isfinite(ra[0]) and np.isfinite(dec[0])):
        raise InputError("The target has no position.", remedy="Give its right ascension and declination.")
    place = _icrs(ra, dec, frame)
    name = str(target["name"][0]) if "name" in target.colnames else ""
    return float(place[0][0]), float(place[1][0]), name


def _icrs(longitude: Any, latitude: Any, frame: str) -> tuple[Any, Any]:
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    if frame.upper() == "ICRS":
        return longitude, latitude
    try:
        place = SkyCoord(longitude * u.deg, latitude * u.deg, frame=frame.lower()).icrs
    except ValueError as wrong:
        raise InputError(f"Positions in the frame {frame!r} cannot be drawn.", remedy="Give them in ICRS.") from wrong
    return place.ra.deg, place.dec.deg


def _plane(ra: float, dec: float, size: float) -> Any:
    """A tangent plane with north up, east to the left, and the target in the middle."""
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [0.5 * (_PIXELS + 1)] * 2
    wcs.wcs.cdelt = [-size / 60.0 / _PIXELS, size / 60.0 / _PIXELS]
    wcs.wcs.radesys = "ICRS"
    wcs.array_shape = (_PIXELS, _PIXELS)
    return wcs


def _draw_image(axes: Any, image: Any, chart: Any) -> int:
    """Draw the image's pixel nearest to each place of the chart; returns how many have a value."""
    import numpy as np
    from astropy.visualization import AsinhStretch, ImageNormalize, ZScaleInterval
    from matplotlib import colormaps

    data = np.asarray(image.data, dtype=float)
    lost = ~np.isfinite(data)
    if image.mask is not None:
        lost |= np.broadcast_to(np.asarray(image.mask, dtype=bool), data.shape)
    rows, columns = np.mgrid[0:_PIXELS, 0:_PIXELS]
    x, y = image.wcs.world_to_pixel(chart.pixel_to_world(columns, rows))
    with np.errstate(invalid="ignore"):
        inside = (
            np.isfinite(x)
            & np.isfinite(y)
            & (x > -0.5)
            & (y > -0.5)
            & (x < data.shape[1] - 0.5)
            & (y < data.shape[0] - 0.5)
        )
    shown = np.full((_PIXELS, _PIXELS), np.nan)
    at = np.rint(y[inside]).astype(int), np.rint(x[inside]).astype(int)
    shown[inside] = np.where(lost[at], np.nan, data[at])
    values = shown[np.isfinite(shown)]
    if not len(values):
        return 0
    low, high = ZScaleInterval().get_limits(values)
    high = max(float(high), float(np.quantile(values, _BRIGHTEST)))
    norm = ImageNormalize(vmin=low, vmax=high if high > low else low + 1.0, stretch=AsinhStretch(0.1), clip=False)
    colours = colormaps["gray_r"].with_extremes(bad=_NO_DATA)
    axes.imshow(np.ma.masked_invalid(shown), origin="lower", cmap=colours, norm=norm, interpolation="nearest", zorder=0)
    return len(values)


def _stars(sources: Any, chart: Any, ra: float, dec: float) -> dict[str, Any]:
    """The sources in the chart: pixels, magnitudes (NaN where there is none), and east and north of the target in arcsec."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    longitude, latitude, frame = places_of(sources)
    magnitude, band = magnitudes_of(sources)
    good = np.isfinite(longitude) & np.isfinite(latitude) & (np.abs(latitude) <= 90.0)
    at = np.flatnonzero(good)
    a, d = _icrs(longitude[at], latitude[at], frame)
    place = SkyCoord(a * u.deg, d * u.deg, frame="icrs")
    middle = SkyCoord(ra * u.deg, dec * u.deg, frame="icrs")
    # Sources on the other half of the sky have no place on a tangent plane.
    near = place.separation(middle).deg < 20.0
    at, place = at[near], place[near]
    x, y = chart.world_to_pixel(place)
    inside = (x >= -0.5) & (y >= -0.5) & (x <= _PIXELS - 0.5) & (y <= _PIXELS - 0.5)
    east, north = middle.spherical_offsets_to(place[inside])
    value = np.full(int(inside.sum()), np.nan) if magnitude is None else magnitude[at][inside]
    return {
        "x": x[inside],
        "y": y[inside],
        "magnitude": value,
        "band": band,
        "east": east.arcsec,
        "north": north.arcsec,
    }


def _draw_stars(axes: Any, stars: dict[str, Any], over: bool) -> list[tuple[float, float, float]]:
    """Draw the stars; returns (east, north, magnitude) of those that have numbers."""
    import numpy as np

    x, y, magnitude = stars["x"], stars["y"], stars["magnitude"]
    area = np.full(len(x), _SMALLEST * 3.0)
    known = np.isfinite(magnitude)
    if known.any():
        bright, faint = float(magnitude[known].min()), float(magnitude[known].max())
        share = (faint - magnitude) / (faint - bright) if faint > bright else np.ones(len(x))
        area = np.where(known, _SMALLEST + (_LARGEST - _SMALLEST) * np.nan_to_num(share) ** 2, _SMALLEST)
    look: dict[str, Any] = {"facecolors": "none", "edgecolors": SIGNALS[5], "linewidths": 0.9} if over else {"color": "black", "linewidths": 0}  # fmt: skip
    axes.scatter(x, y, s=area, zorder=2, **look)
    middle = 0.5 * (_PIXELS - 1)
    far = np.hypot(x - middle, y - middle) / _PIXELS
    usable = np.flatnonzero(known & (far > _NEAR) & (far < _FAR))
    marked = []
    for number, n in enumerate(usable[np.argsort(magnitude[usable], kind="stable")][:_MARKED], start=1):
        axes.annotate(
            str(number), (x[n], y[n]), (7, 7), textcoords="offset points", fontsize=FONT + 1, color=SIGNALS[1],
            path_effects=outlined(), zorder=6,
        )  # fmt: skip
        marked.append((float(stars["east"][n]), float(stars["north"][n]), float(magnitude[n])))
    return marked


def _box(axes: Any, width: float, height: float, turned: float, colour: str, line: str, thick: float) -> None:
    """A rectangle around the middle, its height turned from north through east; east is to the left."""
    middle, a = 0.5 * (_PIXELS - 1), math.radians(turned)
    corners = [(sx * width / 2, sy * height / 2) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    x = [middle + u * math.cos(a) - v * math.sin(a) for u, v in corners]
    y = [middle + u * math.sin(a) + v * math.cos(a) for u, v in corners]
    axes.plot(x, y, line, color=colour, linewidth=thick, path_effects=outlined(thick + 1.4), scalex=False, scaley=False, zorder=4)  # fmt: skip


def _circle(axes: Any, radius: float) -> None:
    from matplotlib.patches import Circle

    middle = 0.5 * (_PIXELS - 1)
    axes.add_patch(
        Circle((middle, middle), radius, fill=False, edgecolor=SIGNALS[3], linewidth=1.3, linestyle="--", zorder=4)
    )


def _cross_hair(axes: Any) -> None:
    middle, near, far = 0.5 * (_PIXELS - 1), _GAP * _PIXELS, (_GAP + _HAIR) * _PIXELS
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        axes.plot(
            [middle + near * dx, middle + far * dx], [middle + near * dy, middle + far * dy], color=SIGNALS[1], linewidth=1.5,
            path_effects=outlined(3.0), solid_capstyle="butt", scalex=False, scaley=False, zorder=5,
        )  # fmt: skip


def _caption(
    name: str,
    ra: float,
    dec: float,
    told: dict[str, Any],
    marked: list[tuple[float, float, float]],
    image: Any,
    sources: Any,
) -> str:
    place = " ".join(sexagesimal(ra, dec, 2))
    side = angle(told["size"] / 60.0)
    steps = [
        (
            f"Finder chart{f' of {name}' if name else ''}, {place} (ICRS), {side} on a side; north is up and east to the left.",
            f"{name + ' 的' if name else ''}证认图，{place}（ICRS），边长 {side}；上北左东。",
        ),
        ("The cross-hair is the target.", "十字为目标。"),
    ]
    if told["width"] is not None:
        box = f"{angle(told['width'] / 60.0)} × {angle(told['height'] / 60.0)}"
        steps.append((f"Green: the instrument's field, {box}.", f"绿色：仪器视场 {box}。"))
    if told["slit"] is not None:
        wide, long = (angle(s / 3600.0) for s in told["slit"])
        steps.append((f"Blue: the slit, {wide} × {long}.", f"蓝色：狭缝 {wide} × {long}。"))
    if told["width"] is not None or told["slit"] is not None:
        steps.append(
            (f"Position angle {told['angle']:g}°, from north through east.", f"位置角 {told['angle']:g}°（由北向东）。")
        )
    if told["error"] is not None:
        radius = angle(told["error"] / 60.0)
        steps.append((f"Dashed: the error circle, {radius}.", f"虚线：误差圆，半径 {radius}。"))
    if told["stars"] is not None:
        catalogue = str(sources.meta.get("catalogue") or "")
        larger, larger_zh = (
            (f"; larger is brighter in {told['band']}", f"，越大 {told['band']} 越亮") if told["band"] else ("", "")
        )
        steps.append(
            (
                f"{told['stars']} sources{f' of {catalogue}' if catalogue else ''}, at the epoch of the catalogue{larger}.",
                f"{catalogue + ' 的 ' if catalogue else ''}{told['stars']} 个源，取星表历元{larger_zh}。",
            )
        )
    for number, (east, north, magnitude) in enumerate(marked, start=1):
        way = f"{abs(east):.1f}″ {'E' if east >= 0 else 'W'}, {abs(north):.1f}″ {'N' if north >= 0 else 'S'}"
        steps.append(
            (
                f"Star {number} ({magnitude:.2f} mag) is {way} of the target.",
                f"星 {number}（{magnitude:.2f} 等）在目标 {way}。",
            )
        )
    if image is not None:
        survey = str(image.meta.get("survey") or "")
        steps.append(
            (
                f"Image{f': {survey}' if survey else ''}, negative, nearest pixels.",
                f"图像{f'：{survey}' if survey else ''}，负像，取最近像元。",
            )
        )
    return both(" ".join(s for s, _ in steps), "".join(s for _, s in steps))
