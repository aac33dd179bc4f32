"""Drawing a spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, SIGNALS, WIDTH, style_axes
from gnomon.tools.reporting.sky_axes import set_title
from gnomon.tools.reporting.spectral_lines import shifted_lines

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Spectrum

_LEFT_OUT = "#cc79a7"
_MICRONS = 25_000.0  # Angstrom; where a spectrum reaches beyond, people think in micrometres
_ROWS = 3  # of names of lines, one above the other
_SHORT = {"vacuum": ("vacuum", "真空"), "air": ("air", "空气")}


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.8,
    seconds_per_1000_rows=0.005,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Vanden Berk et al. 2001, Composite Quasar Spectra from the Sloan Digital Sky Survey (wavelengths of lines), doi:10.1086/321167",
        "Ciddor 1996, Refractive index of air: new equations for the visible and near infrared, doi:10.1364/AO.35.001566",
    ),
    examples=(
        "Plot the spectrum",
        "Show flux against wavelength",
        "Draw the spectrum with its error band",
        "Show me the spectrum with the main lines marked at redshift 0.158",
        "Mark H alpha, H beta and the calcium lines in the spectrum",
        "What does the spectrum of this quasar look like?",
        "A figure of the spectrum with line identifications, please",
        "Display the SDSS spectrum",
        "Where are the emission lines? Draw them on the spectrum.",
        "Plot the Gaia XP spectrum",
        "Graph the flux-calibrated spectrum and leave the bad pixels out",
        "Visualise the spectrum with z = 0.03",
        "画出光谱",
        "显示流量随波长的变化",
        "画光谱并标出误差带",
        "画出光谱，红移 0.158，标出主要谱线",
        "在光谱上标出 Hα、Hβ 和钙线",
        "这个类星体的光谱长什么样？",
        "给我一张带谱线证认的光谱图",
        "把 SDSS 光谱画出来",
        "发射线在哪里？画在光谱上",
        "画 Gaia XP 光谱",
        "画流量定标光谱，去掉坏像元",
        "按 z = 0.03 画出光谱",
    ),
    summary_zh="画出流量随波长的变化、误差带和（给出红移时）主要谱线。",
    method="The spectrum was drawn with its uncertainties (redshift at which strong lines were to be marked: {redshift}).",
    method_zh="绘制光谱及其误差（标注强谱线所用红移：{redshift}）。",
)
def plot_spectrum(spectrum: Spectrum, redshift: Annotated[float, "(-1, 30)"] | None = None) -> Figure:
    """Draw a spectrum, with strong lines of hydrogen, calcium, sodium, magnesium, oxygen and others marked.

    Parameters
    ----------
    spectrum : Spectrum
        ``wavelength`` [Angstrom], ``flux``, ``flux_err``; samples that are masked or not finite, or true in ``mask``, are left out: the line
        breaks there, and a mark below shows where.
    redshift : float, optional
        Dimensionless; where the lines are marked.  Without it that of the archive's own pipeline is taken where the spectrum has one without
        a warning flag, and else no line is marked.

    Returns
    -------
    Figure
        Flux against wavelength with one standard deviation as a band; the caption, in English and Chinese, says whether wavelengths are those in
        vacuum, and whose redshift it is.

    Raises
    ------
    EmptyResult
        Where there is no usable sample.

    References
    ----------
    Lines: Vanden Berk et al. 2001, doi:10.1086/321167; NIST Atomic Spectra Database, doi:10.18434/T4W30F.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    wave, flux, error, good = _samples(spectrum)
    if not good.any():
        raise EmptyResult(
            "The spectrum has no sample that can be drawn.",
            remedy="All of its samples are masked or not finite; take another one.",
            zh="光谱没有可用的采样点，无法绘制。",
        )
    order = np.argsort(wave, kind="stable")
    wave, flux, error, good = wave[order], flux[order], error[order], good[order]
    first, last = float(wave[good][0]), float(wave[good][-1])
    micron = last > _MICRONS
    x = wave / 1e4 if micron else wave
    figure = _Figure(figsize=(WIDTH, 3.6), layout="constrained")
    axes = figure.add_subplot()
    shown = np.where(good, flux, np.nan)
    # Where samples are missing altogether the line breaks as well.
    broken_x, broken = _broken(x, shown)
    known = good & np.isfinite(error) & (error > 0)
    if known.any():
        band = np.where(known, error, np.nan)
        axes.fill_between(x, shown - band, shown + band, color=ACCENT, alpha=0.25, linewidth=0, zorder=1, rasterized=len(x) > 2000)  # fmt: skip
    axes.plot(broken_x, broken, color="black", linewidth=0.7 if len(x) > 500 else 1.0, zorder=2)
    if good.sum() == 1:
        axes.plot(x[good], flux[good], "o", color="black", markersize=3)
    low, high = _limits(flux[good], np.where(known, error, np.nan)[good])
    redshift, whose = _redshift(spectrum.meta, redshift)
    lines = shifted_lines(redshift, first, last) if redshift is not None else []
    room = 0.30 if lines else 0.06
    axes.set_ylim(low, high + room * (high - low))
    lost = int((~good).sum())
    if lost:
        axes.plot(
            x[~good], np.full(lost, 0.012), "|", color=_LEFT_OUT, markersize=6, markeredgewidth=0.8, zorder=3,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip
    axes.set_xlim(*_room(float(x.min()), float(x.max())))
    named = _mark(axes, lines, 1e4 if micron else 1.0, high, room * (high - low))
    medium = (spectrum.meta.get("wavelength") or {}).get("medium")
    said = f"{_SHORT[medium][0]} " if medium in _SHORT else ""
    axes.set_xlabel(f"Wavelength, {said}[{'μm' if micron else 'Å'}]" if said else f"Wavelength [{'μm' if micron else 'Å'}]")  # fmt: skip
    axes.set_ylabel(f"Flux [{unit}]" if (unit := _unit(spectrum)) else "Flux (unit not stated)")
    style_axes(axes)
    set_title(axes, str(spectrum.meta.get("object") or ""))
    figure.set_label(_caption(spectrum.meta, len(x), lost, bool(known.any()), medium, redshift, whose, named))
    return figure


def _samples(spectrum: Any) -> tuple[Any, Any, Any, Any]:
    """Wavelengths in Angstrom, fluxes, errors, and which are good."""
    import numpy as np
    from astropy.utils.masked import Masked

    def plain(column: Any, unit: str | None = None) -> Any:
        value = column
        if hasattr(value, "to_value"):
            value = value.to_value(unit) if unit else value.value
        mask = getattr(value, "mask", False)
        raw = value.unmasked if isinstance(value, Masked) else np.ma.getdata(value)
        return np.where(np.broadcast_to(mask, np.shape(raw)), np.nan, np.asarray(raw, dtype=float))

    wave, flux = plain(spectrum["wavelength"], "Angstrom"), plain(spectrum["flux"])
    unit = getattr(spectrum["flux"], "unit", None)
    same = unit is not None and getattr(spectrum["flux_err"], "unit", None) is not None
    error = plain(spectrum["flux_err"], str(unit) if same and str(unit) else None)
    good = np.isfinite(wave) & np.isfinite(flux)
    if "mask" in spectrum.colnames:
        good &= ~np.asarray(spectrum["mask"], dtype=bool)
    keep = np.isfinite(wave)
    return wave[keep], flux[keep], error[keep], good[keep]


def _broken(x: Any, y: Any) -> tuple[Any, Any]:
    """A line with NaN where more than ten usual steps are missing."""
    import numpy as np

    if len(x) < 3:
        return x, y
    steps = np.diff(x)
    # Steps of a spectrum may grow with wavelength, so each is held against its neighbours.
    around = np.array([np.median(steps[max(0, i - 10) : i + 11]) for i in np.flatnonzero(steps > 5 * np.median(steps))])
    wide = np.flatnonzero(steps > 5 * np.median(steps))
    where = wide[steps[wide] > 10 * around] + 1
    return np.insert(x, where, np.nan), np.insert(y, where, np.nan)


def _limits(flux: Any, error: Any) -> tuple[float, float]:
    """Limits that show all lines; samples whose error is ten times the usual one do not count."""
    import numpy as np

    usual = np.nanmedian(error) if np.isfinite(error).any() else np.nan
    sure = flux[~(error > 10.0 * usual)] if np.isfinite(usual) else flux
    sure = sure if len(sure) else flux
    low, high = float(np.quantile(sure, 0.001)), float(np.quantile(sure, 0.9995))
    edge = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - edge, high + edge


def _room(first: float, last: float) -> tuple[float, float]:
    edge = 0.012 * (last - first) or 1.0
    return first - edge, last + edge


def _redshift(meta: dict[str, Any], given: float | None) -> tuple[float | None, str]:
    """The redshift of the lines, and whose it is."""
    if given is not None:
        return given, "given"
    pipeline = meta.get("pipeline") or {}
    for name, flag in (("z", "zWarning"), ("redshift", "redshift_warning")):
        value = pipeline.get(name)
        if isinstance(value, int | float) and -1 < value < 30 and pipeline.get(flag) in (0, False):
            return float(value), "pipeline"
    return None, ""


def _unit(spectrum: Any) -> str:
    """The unit of the flux as people write it; empty where there is none."""
    from astropy import units as u

    unit = getattr(spectrum["flux"], "unit", None)
    if unit is None or unit == u.dimensionless_unscaled:
        stated = (spectrum.meta.get("flux_unit") or {}).get("stated")
        return str(stated or "")
    try:
        return str(unit.to_string("unicode")).replace("1×10", "10").replace("Angstrom", "Å")
    except ValueError:
        return str(unit)


def _mark(axes: Any, lines: list[tuple[str, list[float]]], scale: float, top: float, room: float) -> int:
    """Draw the lines, and their names in rows where none covers another; returns how many are named."""
    left, right = axes.get_xlim()
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_ROWS)]
    named = 0
    for name, wavelengths in lines:
        middle = sum(wavelengths) / len(wavelengths) / scale
        half = (right - left) * (0.0062 * len(name) + 0.006)
        row = next((r for r in range(_ROWS) if all(middle + half < a or middle - half > b for a, b in taken[r])), None)
        for w in wavelengths:
            axes.plot([w / scale] * 2, [axes.get_ylim()[0], top], color=SIGNALS[1], linewidth=0.6, alpha=0.45, linestyle=(0, (4, 3)), zorder=0)  # fmt: skip
        if row is None:
            continue
        taken[row].append((middle - half, middle + half))
        named += 1
        axes.text(
            min(max(middle, left + half), right - half), top + room * (0.12 + 0.29 * row), name, ha="center", va="bottom", fontsize=FONT - 1,
            color=SIGNALS[1], parse_math=False, zorder=4,
        )  # fmt: skip
    return named


def _caption(
    meta: dict[str, Any], samples: int, lost: int, band: bool, medium: str | None, redshift: float | None, whose: str, named: int
) -> str:  # fmt: skip
    name, title = str(meta.get("object") or ""), str(meta.get("title") or "")
    service = str((meta.get("queries") or [{}])[-1].get("service") or "")
    at = ", ".join(p for p in (service, title) if p)
    frame = (meta.get("wavelength") or {}).get("frame")
    steps = [
        (
            f"Spectrum{f' of {name}' if name else ''}{f' ({at})' if at else ''}: {samples} samples.",
            f"{name + ' 的' if name else ''}光谱{f'（{at}）' if at else ''}：{samples} 个采样点。",
        )
    ]
    if lost:
        steps.append(
            (
                f"{lost} of them are masked and left out, where the marks below are.",
                f"其中 {lost} 个被标为不可用而未画出（下方短线处）。",
            )
        )
    if band:
        steps.append(("Blue: one standard deviation.", "蓝色：一倍标准差。"))
    else:
        steps.append(("No uncertainties are known.", "误差未知。"))
    if medium in _SHORT:
        steps.append((f"Wavelengths are those in {_SHORT[medium][0]}.", f"波长为{_SHORT[medium][1]}波长。"))
    else:
        steps.append(
            (
                "Whether wavelengths are those in vacuum or in air is not stated.",
                "未说明波长为真空波长还是空气波长。",
            )
        )
    steps.append(
        (f"Their frame is {frame}.", f"波长参考架：{frame}。")
        if frame
        else ("For whose motion they are corrected is not stated.", "未说明作过何种视向速度改正。")
    )
    if redshift is not None and named:
        who = "the redshift given" if whose == "given" else "the redshift of the archive's pipeline"
        who_zh = "给定的红移" if whose == "given" else "数据库处理流程给出的红移"
        steps.append(
            (
                f"Dashed: where strong lines are at {who}, {redshift:.6g}.",
                f"虚线：按{who_zh} {redshift:.6g}，强谱线所在的位置。",
            )
        )
    return both(" ".join(s for s, _ in steps), "".join(s for _, s in steps))
