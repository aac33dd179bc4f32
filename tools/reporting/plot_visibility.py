"""Drawing when targets can be observed, all sites on one axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.requests import Requests, read_requests_document
from gnomon.tools.observing.documents.telescopes import Telescopes, read_telescopes_document
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.visibility.earth import DAY
from gnomon.tools.observing.visibility.paths import place_of
from gnomon.tools.observing.visibility.sky import Sky, altitude_azimuth, separation
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, QUIET, SIGNALS, WIDTH, style_axes
from gnomon.tools.reporting.sky_axes import CHINESE_FONTS

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Visibility

_UNIX_ZERO = 40587.0  # MJD of 1970-01-01, from which matplotlib counts
_SITES = 8  # panels of a page
_LONGEST = 3.0  # days, of which curves can still be told apart
_POINTS = 600  # of each curve
# The Sun's centre at the ends of civil, nautical and astronomical twilight (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013, ch. 14).
_TWILIGHTS = (0.0, -6.0, -12.0, -18.0)
_SHADES = ("#ffffff", "#f1f3f7", "#e2e7ef", "#d3dae6", "#c3cddd")


@dataclass(frozen=True)
class _Drawn:
    """What is drawn: rows of windows, names and numbers of targets, sites, and the span that is shown [s]."""

    rows: Any
    names: list[str]
    sites: list[str]
    left_out: tuple[int, int]
    span: tuple[float, float]
    whole: float


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.5,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Wong 2011, Points of view: Color blindness, doi:10.1038/nmeth.1618",
    ),
    examples=(
        "Plot the visibility of my targets from all sites",
        "Draw the altitude of the target through the night at each observatory",
        "Show the observing windows on one UTC axis",
        "Make an airmass chart for Xinglong, Lijiang and La Palma",
        "A figure of when each target is up, with twilight and the Moon",
        "Plot the visibility windows with the distance of the Moon",
        "Chart the windows of tonight's requests",
        "Visualise where and when the afterglow can be observed",
        "画出我的目标在各台址的可见性",
        "画目标整夜的地平高度曲线，每个台址一栏",
        "把各台址的可观测时段画在同一世界时轴上",
        "画出兴隆、丽江和拉帕尔马的高度图",
        "画出目标何时升起，标出晨昏蒙影和月亮",
        "把可观测时段和月距画成图",
        "今晚的观测申请的时段图",
        "画出余辉在何时何地可以观测",
    ),
    summary_zh="把各台址的可观测时段、高度曲线、夜间阴影和月距画在同一世界时轴上。",
    method="Windows were drawn on altitude curves of each site over one axis of UTC, with twilight and the Moon.",
    method_zh="在同一世界时轴上绘出各台址的高度曲线和可观测时段，并标出晨昏蒙影与月亮。",
)
def plot_visibility(visibility: Visibility) -> Figure:
    """Draw the altitude of targets at every site on one axis of UTC, with windows, twilight, the Moon, and the distance of the Moon.

    Parameters
    ----------
    visibility : Visibility
        As `compute_visibility` makes it: rows with windows, and the documents in ``meta``.  At most six targets are drawn, those with most time in windows,
        at up to eight sites and over at most three days, from the first window; the caption says what was left out.

    Returns
    -------
    Figure
        One panel a site, thick lines where some telescope there has a window for the target, and one with the Moon's distance; the caption is in English
        and Chinese.

    Raises
    ------
    EmptyResult
        Where there is no row.
    InputError
        Where the table carries no documents.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    if not len(visibility):
        raise EmptyResult("There is nothing to draw.", remedy="Ask for visibility of a target.", zh="没有可画的内容。")
    telescopes, requests = _documents(visibility.meta)
    drawn = _chosen(visibility, telescopes, requests)
    labels = _labels(requests)
    wanted = {labels[r.key]: r.target for r in requests.requests.values()}
    sky = Sky(
        requests.span[0], drawn.whole, {k: telescopes.sites[k] for k in drawn.sites}, [wanted[n] for n in drawn.names]
    )
    seconds = np.linspace(*drawn.span, _POINTS)
    count = len(drawn.sites)
    figure = _Figure(figsize=(WIDTH, 1.55 * count + 2.2), layout="constrained")
    panels = figure.subplots(count + 1, 1, sharex=True, squeeze=False, height_ratios=[1.0] * count + [0.9])[:, 0]
    for axes, key in zip(panels[:-1], drawn.sites, strict=True):
        _site(axes, sky, key, telescopes, drawn, seconds)
    _moon(panels[-1], sky, drawn, seconds)
    _time_axis(panels[-1], sky, drawn)
    panels[0].set_xlim(*_dates(sky.start, np.array(drawn.span)))
    _legend(figure, drawn, {label: key for key, label in reversed(labels.items())})
    figure.set_label(_caption(drawn, telescopes))
    return figure


def _documents(meta: dict[str, Any]) -> tuple[Telescopes, Requests]:
    told, wished = meta.get("telescopes"), meta.get("requests")
    if not isinstance(told, dict) or not isinstance(wished, dict):
        raise InputError("The table of visibility carries no documents.", remedy="Make it with compute_visibility.")
    return read_telescopes_document(told), read_requests_document(wished)


def _labels(requests: Requests) -> dict[str, str]:
    """What the target of each request is called: its name, with the request where two targets share one."""
    places: dict[str, set[object]] = {}
    for request in requests.requests.values():
        places.setdefault(request.target.name, set()).add(place_of(request.target))
    return {
        r.key: r.target.name if len(places[r.target.name]) == 1 else f"{r.target.name} ({r.key})"
        for r in requests.requests.values()
    }


def _chosen(visibility: Any, telescopes: Telescopes, requests: Requests) -> _Drawn:
    """The targets and sites with most time in windows, and the days in which those lie."""
    import numpy as np

    labels = _labels(requests)
    names = np.array([labels[str(key)] for key in visibility["request"]], dtype=str)
    sites = np.array(visibility["site"], dtype=str)
    start, end = ((visibility[n].to_value("d") - requests.span[0]) * DAY for n in ("start", "end"))
    whole = (requests.span[1] - requests.span[0]) * DAY
    length = np.where(np.isfinite(start), end - start, 0.0)

    def most(values: Any, limit: int) -> tuple[list[str], int]:
        known = list(dict.fromkeys(values.tolist()))
        times = {v: float(length[values == v].sum()) for v in known}
        kept = set(sorted(known, key=lambda v: -times[v])[:limit])  # sorted keeps the order of equal ones
        return [v for v in known if v in kept], len(known) - len(kept)

    shown, names_out = most(names, len(SIGNALS))
    places, sites_out = most(sites, _SITES)
    rows = np.isfinite(start) & np.isin(names, shown) & np.isin(sites, places)
    begin, finish = 0.0, whole
    if whole > _LONGEST * DAY:
        first = float(start[rows].min()) if rows.any() else 0.0
        begin = float(np.clip(first - 7200.0, 0.0, whole - _LONGEST * DAY))
        finish = begin + _LONGEST * DAY
    # From east to west, so that nights follow each other down the page.
    order = sorted(places, key=lambda s: -((telescopes.sites[s].longitude + 180.0) % 360.0))
    windows = [(str(n), str(s), float(a), float(b)) for n, s, a, b in zip(names[rows], sites[rows], start[rows], end[rows], strict=True)]  # fmt: skip
    return _Drawn(windows, shown, order, (names_out, sites_out), (begin, finish), whole)


def _dates(start: float, seconds: Any) -> Any:
    return start - _UNIX_ZERO + seconds / DAY


def _site(axes: Any, sky: Sky, key: str, telescopes: Telescopes, drawn: _Drawn, seconds: Any) -> None:
    import numpy as np

    when = _dates(sky.start, seconds)
    sun = altitude_azimuth(sky.bodies.local("sun", sky.observers[key], seconds))[0]
    level = np.searchsorted(-np.array(_TWILIGHTS), -sun)
    for number in range(1, len(_SHADES)):
        axes.fill_between(
            when, 0, 1, where=level >= number, transform=axes.get_xaxis_transform(), color=_SHADES[number], linewidth=0, zorder=0,
        )  # fmt: skip
    moon = altitude_azimuth(sky.bodies.local("moon", sky.observers[key], seconds))[0]
    axes.plot(when, np.where(moon > 0, moon, np.nan), ":", color="black", linewidth=0.9, zorder=2)
    for number, name in enumerate(drawn.names):
        altitude = altitude_azimuth(sky.local(number, key, seconds))[0]
        colour = SIGNALS[number]
        axes.plot(when, np.where(altitude > 0, altitude, np.nan), color=colour, linewidth=0.7, zorder=3)
        for _, _, a, b in (r for r in drawn.rows if r[0] == name and r[1] == key):
            if b <= drawn.span[0] or a >= drawn.span[1]:
                continue
            inside = np.linspace(max(a, drawn.span[0]), min(b, drawn.span[1]), 80)
            up = altitude_azimuth(sky.local(number, key, inside))[0]
            axes.plot(
                _dates(sky.start, inside), up, color=colour, linewidth=2.6, solid_capstyle="butt", zorder=4 + number
            )
    lowest = sorted({t.limits.altitude_min for t in telescopes.telescopes.values() if t.site == key})
    for limit in lowest:
        axes.axhline(limit, color=QUIET, linewidth=0.7, linestyle=(0, (4, 3)), zorder=1)
    axes.set_ylim(0, 90)
    axes.set_yticks([0, 30, 60, 90])
    axes.set_ylabel("Altitude [°]")
    style_axes(axes)
    sizes = sorted({t.aperture for t in telescopes.telescopes.values() if t.site == key}, reverse=True)
    told = ", ".join(f"{s:.3g} m" for s in sizes[:6]) + (" …" if len(sizes) > 6 else "")
    _write(axes, f"{telescopes.sites[key].name} ({told})")


def _write(axes: Any, text: str) -> None:
    """A name above a panel, where it hides nothing."""
    shown, family = _readable(text)
    axes.set_title(shown, loc="left", fontsize=FONT - 0.5, fontfamily=family, pad=2.5, parse_math=False)


def _readable(text: str, otherwise: str = "") -> tuple[str, list[str]]:
    """A text and the fonts that have its letters; where no font has some, `otherwise`, else the text without those: half a name is another name."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    known = FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap()
    family = ["DejaVu Sans"]
    if all(ord(c) in known for c in text):
        return text, family
    there = {f.name for f in font_manager.fontManager.ttflist}
    found = next((f for f in CHINESE_FONTS if f in there), None)
    if found is not None:
        return text, [*family, found]
    if otherwise and all(ord(c) in known for c in otherwise):
        return otherwise, family
    return " ".join("".join(c if ord(c) in known else " " for c in text).split()), family


def _moon(axes: Any, sky: Sky, drawn: _Drawn, seconds: Any) -> None:
    """The angle from the Moon: a line for each target at the first site, thick in the windows of any site."""
    import numpy as np

    when = _dates(sky.start, seconds)
    for number, name in enumerate(drawn.names):
        colour = SIGNALS[number]
        first = drawn.sites[0]
        moon = sky.bodies.local("moon", sky.observers[first], seconds)
        axes.plot(when, separation(sky.local(number, first, seconds), moon), color=colour, linewidth=0.7)
        for _, site, a, b in (r for r in drawn.rows if r[0] == name):
            inside = np.linspace(max(a, drawn.span[0]), min(b, drawn.span[1]), 40)
            if inside[-1] > inside[0]:
                moon = sky.bodies.local("moon", sky.observers[site], inside)
                axes.plot(
                    _dates(sky.start, inside), separation(sky.local(number, site, inside), moon), color=colour, linewidth=2.2,
                    solid_capstyle="butt",
                )  # fmt: skip
    lit = sky.bodies.illumination(np.array(drawn.span))
    low, high = axes.get_ylim()
    axes.set_ylim(max(0.0, low - 5), min(180.0, high + 5))
    style_axes(axes)
    axes.set_ylabel("Moon [°]")
    share = f"{100 * lit[0]:.0f} %" if abs(lit[1] - lit[0]) < 0.01 else f"{100 * lit[0]:.0f} → {100 * lit[1]:.0f} %"
    _write(axes, f"Distance from the Moon ({share} lit)")


def _time_axis(axes: Any, sky: Sky, drawn: _Drawn) -> None:
    from matplotlib import dates
    from matplotlib.ticker import NullLocator

    locator: Any = dates.AutoDateLocator(minticks=5, maxticks=13)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(f"UTC, from {text_of(sky.start + drawn.span[0] / DAY)[:10]}")


def _legend(figure: Any, drawn: _Drawn, keys: dict[str, str]) -> None:
    """Names of targets; the key of a request where no font here has the name."""
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=SIGNALS[n], linewidth=2.6) for n in range(len(drawn.names))]
    lines.append(Line2D([], [], color="black", linewidth=0.9, linestyle=":"))
    told = [_readable(name, keys[name]) for name in drawn.names] + [_readable("Moon")]
    legend = figure.legend(
        lines, [t if len(t) <= 24 else t[:23] + "…" for t, _ in told], loc="outside upper center", ncols=min(4, len(told)),
        fontsize=FONT - 0.5, frameon=False, handlelength=1.6,
    )  # fmt: skip
    for text, (_, family) in zip(legend.get_texts(), told, strict=True):
        text.set_fontfamily(family)
        text.set_parse_math(False)


def _caption(drawn: _Drawn, telescopes: Telescopes) -> str:
    sites = [telescopes.sites[s] for s in drawn.sites]
    english = [
        f"Altitude of {', '.join(drawn.names)} at {', '.join(s.name for s in sites)} against UTC.",
        "Thick: windows in which all limits hold on some telescope there; thin: above the horizon; dotted: the Moon; dashed: lowest altitudes of telescopes.",
        "Grey deepens with civil, nautical and astronomical twilight and the night; below: angle from the Moon.",
    ]
    chinese = [
        f"{'、'.join(drawn.names)} 在{'、'.join(s.name_zh or s.name for s in sites)}的高度随世界时的变化。",
        "粗线：该台址某台望远镜满足全部限制的时段；细线：在地平线上；点线：月亮；虚线：望远镜的最低高度。",
        "灰色由浅入深为民用、航海、天文晨昏蒙影和夜晚；下方：与月亮的角距。",
    ]
    if not drawn.rows:
        english.append("No target has a window.")
        chinese.append("没有目标有可观测时段。")
    targets, places = drawn.left_out
    if targets or places:
        english.append(f"Not drawn, having less time in windows: targets {targets}, sites {places}.")
        chinese.append(f"因可观测时间较少而未画：{targets} 个目标，{places} 个台址。")
    if drawn.span[1] - drawn.span[0] < drawn.whole - 1.0:
        english.append(f"Drawn are {_LONGEST:g} days of {drawn.whole / DAY:.1f}.")
        chinese.append(f"共 {drawn.whole / DAY:.1f} 天，只画其中 {_LONGEST:g} 天。")
    return both(" ".join(english), "".join(chinese))
