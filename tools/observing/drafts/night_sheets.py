"""A page for the night at a telescope: where targets stand, what to do when, and what in place of it."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from gnomon.tools.observing.documents.telescopes import Telescope
from gnomon.tools.observing.drafts.circumstances import Backup, Circumstances, Night
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.observing_lists import (
    backup_text,
    dropped_text,
    emptied,
    exposures_text,
    wished_text,
)
from gnomon.tools.observing.drafts.outside_text import file_stem, plain
from gnomon.tools.observing.drafts.places import clock, colons, local_text, moment, place_at
from gnomon.tools.observing.drafts.plan import DAY, Plan, Stay
from gnomon.tools.observing.drafts.sheet_fonts import chinese_font, families, printable

_PAPER = (11.69, 8.27)  # inches, A4 across
_LEFT, _WIDTH = 0.045, 0.91
_TOP, _LINE = 0.955, 0.0172  # of the page's height
_SMALL, _TYPE, _TITLE = 6.4, 7.4, 13.0  # points
_CHART = (0.66, 0.225)  # bottom and height of the panel of altitudes on the first page
_FIRST, _NEXT = 24, 43  # visits on the first page of a night and on further ones
_FOOT = 0.05  # of the page's height, below which only notes stand
_ACROSS = 190  # characters of small type
_STEP = 300.0  # s between points of a curve
_DARK, _TWILIGHT, _QUIET = "#dfe6ee", "#f3efe2", "#666666"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#3a7ca5")
# Where columns begin, in parts of the width, and their names in both languages.
_COLUMNS = (
    (0.000, "#", ""),
    (0.022, "Local", "当地"),
    (0.112, "UTC", "世界时"),
    (0.202, "Target", "目标"),
    (0.345, "RA (ICRS)", "赤经"),
    (0.425, "Dec", "赤纬"),
    (0.500, "Instrument: exposures", "终端与曝光"),
    (0.725, "Airmass", "大气质量"),
    (0.825, "Moon", "月亮"),
    (0.887, "Turn", "转动"),
    (0.945, "Done", "完成"),
)


def night_sheets(plan: Plan) -> list[Draft]:
    """A PDF for each telescope that has visits: one page a night, and further ones where there are more visits than it holds; a page that says so where the last change took all.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Chinese is written where a font with its characters is installed.  Where there is none, names in Chinese give way to keys, and the sheet and the
        draft's warnings say so.  The same plan gives the same bytes on the same machine.
    """
    night = Night(plan)
    return [_sheet(plan, stays, night) for stays in plan.by_telescope.values()] + [
        _nothing(plan, k) for k in emptied(plan)
    ]


def _sheet(plan: Plan, stays: tuple[Stay, ...], night: Night) -> Draft:
    wanted = Wanted(plan.details, "sheet")
    key = stays[0].telescope.key
    spare = [_spare(b, stays[0].site.zone, wanted) for b in night.backups(key)]
    about = dict(zip((s.key for s in stays), night.circumstances[key], strict=True))

    def drawn() -> Iterator[Any]:
        for _, one in groupby(stays, lambda s: _night_of(s.planned.start, s.site.longitude)):
            tonight = tuple(one)
            rows = _rows(tonight, tuple(about[s.key] for s in tonight), wanted)
            pages = [rows[:_FIRST]] + [rows[n : n + _NEXT] for n in range(_FIRST, len(rows), _NEXT)]
            for number, part in enumerate(pages, start=1):
                last = spare if number == len(pages) else []
                yield _page(plan, tonight, night, part, last, number, len(pages), wanted)

    return _bound(stays[0].telescope, drawn(), wanted)


def _nothing(plan: Plan, key: str) -> Draft:
    """The page of a telescope from which the last change took everything."""
    telescope = plan.telescopes.telescopes[key]
    site = plan.telescopes.sites[telescope.site]
    wanted = Wanted(plan.details, "sheet")

    def drawn() -> Iterator[Any]:
        from matplotlib.figure import Figure

        figure = Figure(figsize=_PAPER)
        _head(figure, plan, telescope, 1, 1, wanted)
        where = f"{_shown(plain(site.name), site.key, wanted)} ({site.zone})"
        _write(figure, 0.0, _TOP - 0.022, f"{where}: nothing is planned here any more.", _TYPE)
        for n, line in enumerate(textwrap.wrap(_shown(dropped_text(plan, key), "", wanted), _ACROSS)):
            _write(figure, 0.0, _TOP - 0.06 - n * _LINE, line, _SMALL, weight="bold")
        yield figure

    return _bound(telescope, drawn(), wanted)


def _bound(telescope: Telescope, pages: Iterator[Any], wanted: Wanted) -> Draft:
    """The pages, as they are drawn, in one file."""
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages

    content = io.BytesIO()
    title = plain(f"{telescope.name}: night sheet")
    with (
        matplotlib.rc_context({"pdf.fonttype": 42, "font.family": families()}),
        PdfPages(content, metadata={"CreationDate": None, "Title": title}) as pdf,
    ):
        for page in pages:
            pdf.savefig(page)
    return Draft(
        "sheet", telescope.key, f"{file_stem(telescope.key)}.pdf", "application/pdf", content.getvalue(), tuple(wanted.missing), tuple(wanted.warnings)
    )  # fmt: skip


def _head(figure: Any, plan: Plan, telescope: Telescope, number: int, pages: int, wanted: Wanted) -> None:
    """The telescope's name, and which draft this is."""
    title = plain(telescope.name)
    if chinese_font() is not None and telescope.name_zh:
        title = f"{title}  {plain(telescope.name_zh)}"
    _write(figure, 0.0, _TOP, _shown(title, telescope.key, wanted), _TITLE, weight="bold")
    which = f"DRAFT, schedule {plan.digest[:16]}, page {number} of {pages}"
    _write(figure, 1.0, _TOP + 0.006, which, _TYPE, right=True, colour=_QUIET)


def _night_of(mjd: float, longitude: float) -> str:
    """The date on which a night begins at a longitude [deg], after the mean Sun: nights do not hang on what the clocks of a country say."""
    east = (longitude + 180.0) % 360.0 - 180.0
    return moment(mjd + east / 360.0 - 0.5).strftime("%Y-%m-%d")


def _page(
    plan: Plan, stays: tuple[Stay, ...], night: Night, rows: list[tuple[str, ...]], spare: list[str], number: int, pages: int, wanted: Wanted
) -> Any:  # fmt: skip
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PAPER)
    telescope, site = stays[0].telescope, stays[0].site
    _head(figure, plan, telescope, number, pages, wanted)
    begin, end = stays[0].planned.start, stays[-1].planned.end
    observer = plan.details.of("observer", "sheet", telescope.key)
    people = ", ".join(observer) if isinstance(observer, list) else observer
    second = f"Night of {_night_of(begin, site.longitude)} at {_shown(plain(site.name), site.key, wanted)} ({site.zone}), {len(stays)} visit{'' if len(stays) == 1 else 's'}, {clock(begin, '%Y-%m-%d %H:%M')} to {clock(end, '%Y-%m-%d %H:%M')} UTC"
    _write(
        figure,
        0.0,
        _TOP - 0.022,
        second + (f". Observer: {_shown(plain(people), 'see the list', wanted)}" if people else ""),
        _TYPE,
    )
    bottom = _TOP - 0.06
    if number == 1:
        _chart(figure, stays, night)
        bottom = _CHART[0] - 0.075
    _table(figure, rows, bottom)
    at = bottom - _LINE * (len(rows) + 1.8)
    gone = dropped_text(plan, telescope.key)
    if gone and number == pages:
        for line in textwrap.wrap(_shown(gone, "", wanted), _ACROSS)[:3]:
            _write(figure, 0.0, at, line, _SMALL, weight="bold")
            at -= _LINE
        at -= 0.6 * _LINE
    if spare:
        heading = "In place of what fails, the most wished first (UTC in which it could be made):"
        _write(figure, 0.0, at, heading + (" 备用目标" if chinese_font() else ""), _SMALL, weight="bold")
        room = max(int((at - _FOOT) / _LINE) - 1, 0)
        if len(spare) > room:
            spare = [*spare[: room - 1], f"… {len(spare) - max(room - 1, 0)} more in the observing list"]
        for n, line in enumerate(spare):
            _write(figure, 0.0, at - _LINE * (n + 1), line, _SMALL)
    _write(
        figure,
        0.0,
        0.035,
        "Airmass at the start, in the middle and at the end; the Moon's distance and lit part; turn: to get to the target from the one before.",
        _SMALL,
        colour=_QUIET,
    )
    if chinese_font() is None and (telescope.name_zh or wanted.warnings):
        _write(
            figure,
            0.0,
            0.02,
            "No font with Chinese characters is installed here; names in Chinese are replaced by keys.",
            _SMALL,
            colour=_QUIET,
        )
    return figure


def _rows(stays: tuple[Stay, ...], about: tuple[Circumstances, ...], wanted: Wanted) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for n, (stay, its) in enumerate(zip(stays, about, strict=True), start=1):
        ra, dec = colons(*place_at(stay.request.target, stay.planned.start), 2)
        local = [local_text(t, stay.site.zone, "%H:%M:%S") for t in (stay.planned.start, stay.planned.end)]
        utc = [clock(t, "%H:%M:%S") for t in (stay.planned.start, stay.planned.end)]
        done = {"done": "x", "failed": "failed", "running": "now"}.get(stay.planned.state, "☐")
        exposed = f"{stay.instrument.key}: {plain(exposures_text(stay))}"
        rows.append(
            (
                str(n), "–".join(local), "–".join(utc), _shown(stay.target_name, stay.request.key, wanted)[:26], ra, dec,
                _shown(exposed, stay.instrument.key, wanted)[:44], "–".join(f"{a:.2f}" for a in its.airmass),
                f"{its.moon_separation:.0f}° {its.moon_illumination:.0%}", f"{its.turning:.0f} s", done,
            )
        )  # fmt: skip
    return rows


def _spare(backup: Backup, zone: str, wanted: Wanted) -> str:
    ra, dec = colons(*place_at(backup.request.target, backup.start), 2)
    name = _shown(plain(backup.request.target.name), backup.request.key, wanted)
    exposed = _shown(plain(wished_text(backup.visit)), backup.visit.mode, wanted)
    times = f"{clock(backup.start, '%H:%M')}–{clock(backup.end, '%H:%M')}"
    return (
        f"{times}  {name[:30]}  {ra} {dec}  priority {backup.request.priority:g}, {backup.duration / 60:.0f} min, {backup.instrument}: {exposed[:50]} "
        f"({plain(backup_text(backup))[:90]}); local {local_text(backup.start, zone, '%H:%M')}"
    )  # fmt: skip


def _table(figure: Any, rows: list[tuple[str, ...]], top: float) -> None:
    chinese = chinese_font() is not None
    for x, name, name_zh in _COLUMNS:
        _write(figure, x, top, f"{name} {name_zh}".strip() if chinese else name, _SMALL, weight="bold")
    for n, row in enumerate(rows):
        at = top - _LINE * (n + 1.1)
        if n % 2 == 0:
            _shade(figure, at - 0.3 * _LINE, _LINE)
        for (x, _, _), text in zip(_COLUMNS, row, strict=True):
            _write(figure, x, at, text, _SMALL)


def _shade(figure: Any, bottom: float, height: float) -> None:
    from matplotlib.patches import Rectangle

    figure.add_artist(
        Rectangle((_LEFT, bottom), _WIDTH, height, transform=figure.transFigure, color="#f4f4f4", zorder=-1)
    )


def _chart(figure: Any, stays: tuple[Stay, ...], night: Night) -> None:
    """Altitude against UTC: each target faint through the night, strong while it is observed."""
    import numpy as np

    site, telescope = stays[0].site, stays[0].telescope
    axes = figure.add_axes((_LEFT + 0.02, _CHART[0], _WIDTH - 0.02, _CHART[1]))
    span = night.plan.requests.span
    first = max(night.seconds(stays[0].planned.start) - 3600.0, 0.0)
    last = min(night.seconds(stays[-1].planned.end) + 3600.0, (span[1] - span[0]) * DAY)
    grid = np.linspace(first, last, max(int((last - first) / _STEP) + 1, 8))
    limit = telescope.limits.sun_altitude_max
    for altitude, colour in ((limit, _TWILIGHT), (-18.0, _DARK)):
        for begin, end in night.tracks.night(site.key, altitude):
            axes.axvspan(max(begin, first) / 3600.0, min(end, last) / 3600.0, color=colour, linewidth=0, zorder=0)
    for n, index in enumerate(dict.fromkeys(night.tracks.target_index(s.request.key) for s in stays)):
        colour = _COLOURS[n % len(_COLOURS)]
        axes.plot(
            grid / 3600.0,
            night.tracks.altitude_azimuth(index, site.key, grid)[0],
            color=colour,
            linewidth=0.5,
            alpha=0.35,
        )
        for stay in (s for s in stays if night.tracks.target_index(s.request.key) == index):
            inside = np.linspace(night.seconds(stay.planned.start), night.seconds(stay.planned.end), 12)
            height = night.tracks.altitude_azimuth(index, site.key, inside)[0]
            axes.plot(inside / 3600.0, height, color=colour, linewidth=3.0, solid_capstyle="butt")
            axes.annotate(str(stays.index(stay) + 1), (float(inside[5]) / 3600.0, float(height[5])), (0, 4), textcoords="offset points", ha="center", fontsize=_SMALL)  # fmt: skip
    moon = night.tracks.moon(site.key, grid)[0][:, 2]
    axes.plot(
        grid / 3600.0,
        np.degrees(np.arcsin(np.clip(moon, -1.0, 1.0))),
        color="black",
        linewidth=0.8,
        linestyle=":",
        label="Moon",
    )
    axes.axhline(telescope.limits.altitude_min, color=_QUIET, linewidth=0.8, linestyle="--", label="lower limit")
    axes.set_xlim(first / 3600.0, last / 3600.0)
    axes.set_ylim(0.0, 90.0)
    axes.set_yticks(range(0, 91, 15))
    _clock(axes, span[0], first / 3600.0, last / 3600.0, site.zone)
    axes.set_ylabel("altitude [°]", fontsize=_SMALL)
    axes.tick_params(labelsize=_SMALL, direction="in")
    axes.legend(fontsize=_SMALL, loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, ncols=2)


def _clock(axes: Any, start: float, first: float, last: float, zone: str) -> None:
    """Whole hours of UTC, and under them the clock of the site."""
    import math

    offset = (start * 24.0) % 1.0
    step = max(1, math.ceil((last - first) / 16.0))
    ticks = [h - offset for h in range(math.ceil(first + offset), math.floor(last + offset) + 1, step)]
    axes.set_xticks(ticks)
    labels = []
    for tick in ticks:
        at = start + tick / 24.0
        labels.append(f"{moment(at).strftime('%H:%M')}\n{local_text(at, zone, '%H:%M')}")
    axes.set_xticklabels(labels)
    axes.set_xlabel(
        f"UTC, and {zone} below; grey: dark, beige: twilight that the telescope allows; numbers are those of the list",
        fontsize=_SMALL,
    )


def _shown(text: str, otherwise: str, wanted: Wanted) -> str:
    """A text, or what stands in for it where its characters cannot be drawn."""
    if printable(text):
        return text
    wanted.warn(
        "No font here has every character of the names; the night sheet shows keys in place of some.",
        "这里没有字体含全部名字所用的字；夜间表中有些以代号代替。",
    )
    kept = plain("".join(c if printable(c) else " " for c in text))
    return otherwise if printable(otherwise) and otherwise else kept or "?"


def _write(
    figure: Any, x: float, y: float, text: str, size: float, weight: str = "normal", right: bool = False, colour: str = "black"
) -> None:  # fmt: skip
    figure.text(
        _LEFT + _WIDTH * x, y, text, fontsize=size, fontweight=weight, ha="right" if right else "left", va="baseline", color=colour, parse_math=False,
    )  # fmt: skip
