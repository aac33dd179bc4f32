"""Where values of a telescopes document are from, and which of those that a schedule rests on nobody was found to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from gnomon.tools.captions import both
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document

# What a value is called where it is assumed, in English and Chinese: limits first, since a plan that breaks one cannot be carried out, then what costs time.
_LIMITS = {
    "altitude_min": ("altitude above {}°", "高度高于{}°"),
    "altitude_max": ("altitude below {}°", "高度低于{}°"),
    "hour_angle_max": ("hour angle within {} h", "时角不超过{}小时"),
    "declination_min": ("declination above {}°", "赤纬高于{}°"),
    "declination_max": ("declination below {}°", "赤纬低于{}°"),
    "sun_altitude_max": ("Sun below {}°", "太阳低于{}°"),
    "moon_separation_min": ("{}° from the Moon", "距月亮{}°以上"),
    "horizon": ("horizon", "地平遮挡"),
}
_TIMES = {
    "rate": ("turning at {}°/s", "转动{}°/s"),
    "rates": ("turning at {}°/s", "转动{}°/s"),
    "settle": ("settling {} s", "稳定{}秒"),
    "readout": ("read-out {} s", "读出{}秒"),
    "change": ("change of instrument {} s", "更换终端{}秒"),
    "band_change": ("change of band {} s", "更换波段{}秒"),
    "acquisition": ("acquisition {} s", "对准{}秒"),
}
_LANGUAGES: tuple[Literal["en"], Literal["zh"]] = ("en", "zh")
_SAID = {
    "en": ("{name}: {told}.", "limits assumed: ", "times assumed: ", ", ", "; ", " (from memory)"),
    "zh": ("{name}：{told}。", "限制为假定：", "用时为假定：", "、", "；", "（凭记忆）"),
}


def source_of(row: Mapping[str, Any], path: str) -> str:
    """Where a value of a telescope is from.

    Parameters
    ----------
    row : mapping
        A telescope of a telescopes document.
    path : str
        ``limits.altitude_min``, ``instruments.bfosc.modes.imaging.acquisition`` ...

    Returns
    -------
    str
        The source of the path, or of the nearest one above it; empty where nobody says.
    """
    sources = row.get("sources")
    told = sources if isinstance(sources, Mapping) else {}
    parts = path.split(".")
    above = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((str(told[p]) for p in above if p in told), "")


def not_read(row: Mapping[str, Any], used: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The limits and times of a telescope that were not read in any document, of those that visits rest on.

    Parameters
    ----------
    row : mapping
        A telescope of a telescopes document.
    used : iterable of (str, str)
        Keys of instruments, and modes, that the visits use.

    Returns
    -------
    dict of str to str
        Source by path, limits first: sources that begin with ``assumed`` or ``from memory``.  A value without any source is the person's own, and not among them.
    """
    found = {path: source_of(row, path) for path, _value in _rested_on(row, set(used))}
    return {path: told for path, told in found.items() if told.startswith(("assumed", "from memory"))}


def assumed_sentences(
    document: Mapping[str, Any], used: Iterable[tuple[str, str, str]], language: Literal["en", "zh"]
) -> list[str]:
    """A sentence for each telescope of which visits rest on values that nobody was found to say.

    Parameters
    ----------
    document : mapping
        A telescopes document.
    used : iterable of (str, str, str)
        Telescope, instrument and mode of visits, each as often as one likes.
    language : {"en", "zh"}

    Returns
    -------
    list of str
        In the document's order; none of a telescope of which every value was read.
    """
    modes: dict[str, set[tuple[str, str]]] = {}
    for telescope, instrument, mode in used:
        modes.setdefault(telescope, set()).add((instrument, mode))
    rows = [row for row in document["telescopes"] if row["key"] in modes]
    return [said for row in rows if (said := _sentence(row, modes[row["key"]], language))]


def assumed_for(telescopes: Mapping[str, Any], requests: Mapping[str, Any], schedule: Mapping[str, Any]) -> list[str]:
    """The sentences of `assumed_sentences`, in both languages, for the visits of a schedule that are still to be observed.

    Parameters
    ----------
    telescopes, requests, schedule : dict
        The three documents, as docs/reference/observing.md describes them.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        Where the requests or the schedule cannot be read.
    """
    wishes = read_requests_document(dict(requests), "requests").requests
    planned = [v for v in read_schedule_document(dict(schedule), "schedule").visits if v.state == "planned"]
    modes = {(r.key, v.key): v.mode for r in wishes.values() for v in r.visits}
    used = [(v.telescope, v.instrument, modes[v.request, v.visit]) for v in planned if (v.request, v.visit) in modes]
    return assumed_in_both(telescopes, used)


def assumed_in_both(document: Mapping[str, Any], used: Iterable[tuple[str, str, str]]) -> list[str]:
    """The sentences of `assumed_sentences`, each in both languages.

    Parameters
    ----------
    document : mapping
        A telescopes document.
    used : iterable of (str, str, str)
        Telescope, instrument and mode of visits.

    Returns
    -------
    list of str
        As `gnomon.tools.captions.both` makes them.
    """
    visits = list(used)
    english, chinese = (assumed_sentences(document, visits, language) for language in _LANGUAGES)
    return [both(one, other) for one, other in zip(english, chinese, strict=True)]


def _sentence(row: Mapping[str, Any], used: set[tuple[str, str]], language: Literal["en", "zh"]) -> str:
    whole, limits, times, comma, semicolon, memory = _SAID[language]
    at = 1 if language == "zh" else 0
    wanting = not_read(row, used)
    told: dict[str, list[str]] = {limits: [], times: []}
    for path, value in _rested_on(row, used):
        if path not in wanting:
            continue
        name = path.rsplit(".", 1)[1]
        text = (_LIMITS.get(name) or _TIMES[name])[at].format(_shown(value))
        text += memory if wanting[path].startswith("from memory") else ""
        into = told[limits if name in _LIMITS else times]
        if text not in into:
            into.append(text)
    parts = [head + comma.join(texts) for head, texts in told.items() if texts]
    name = (row.get("name_zh") if language == "zh" else None) or row.get("name") or row["key"]
    return whole.format(name=name, told=semicolon.join(parts)) if parts else ""


def _rested_on(row: Mapping[str, Any], used: set[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """Paths and values of the limits, of the slew and of what the instruments and modes in use cost."""
    yield from ((f"limits.{name}", value) for name, value in (row.get("limits") or {}).items() if name in _LIMITS)
    yield from ((f"slew.{name}", value) for name, value in (row.get("slew") or {}).items() if name in _TIMES)
    for instrument in row["instruments"]:
        key = instrument["key"]
        if any(key == one for one, _mode in used):
            yield from ((f"instruments.{key}.{name}", instrument[name]) for name in _TIMES if name in instrument)
        for mode in instrument["modes"]:
            if (key, mode["mode"]) in used and "acquisition" in mode:
                yield f"instruments.{key}.modes.{mode['mode']}.acquisition", mode["acquisition"]


def _shown(value: Any) -> str:
    """A number, or numbers where they differ; nothing of a horizon, which is pairs of them."""
    numbers = list(dict.fromkeys(n for n in value if not isinstance(n, list))) if isinstance(value, list) else [value]
    return ", ".join(f"{n:g}" if isinstance(n, int | float) else str(n) for n in numbers).replace("-", "−")
