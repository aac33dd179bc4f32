"""What a report shows of planned observations: who observes what and when, what was left out and why, what the verifier found, what was drafted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.agents.markup import one_line
from gnomon.agents.numbers import bare
from gnomon.tools.captions import text_in

if TYPE_CHECKING:
    from gnomon.agents.shown import _Maker

KINDS = (
    "Telescopes",
    "ObservingRequests",
    "PredictedEvents",
    "ObservingEvents",
    "Visibility",
    "Schedule",
    "Verification",
    "Drafts",
    "Submissions",
    "SkyMap",
)
_FIRST = {
    "Telescopes": ("telescope", "site", "aperture", "instrument", "mode", "bands", "altitude_min"),
    "ObservingRequests": ("request", "visit", "target", "ra", "dec", "mode", "bands", "exposure"),
    "PredictedEvents": (
        "target",
        "ingress",
        "egress",
        "telescope",
        "seen",
        "covered",
        "detail",
        "altitude_ingress",
        "altitude_mid",
        "altitude_egress",
        "moon_separation",
        "mid",
        "mid_error",
    ),
    "ObservingEvents": ("time", "kind", "of", "why"),
    "Visibility": ("target", "visit", "telescope", "start", "end", "altitude", "moon_separation", "detail"),
    "Schedule": ("start", "end", "telescope", "instrument", "request", "visit", "bands", "state"),
    "Verification": ("code", "place", "sentence"),
    "Drafts": ("form", "telescope", "name", "missing", "digest"),
    "Submissions": ("payload", "facility", "state", "identifier", "said"),
    "SkyMap": ("uniq", "probdensity", "distmu", "distsigma"),
}
_NAMED = 4  # visits, findings or targets told one by one in an answer
_LEFT_OUT = 10  # requests that are not scheduled, told one by one in a report


def shown_of_observing(maker: _Maker) -> dict[str, Any]:
    """What is shown of telescopes, requests, visibility, a schedule, its verification, drafts or a sky map.

    Parameters
    ----------
    maker : gnomon.agents.shown._Maker
        Holds the table, and the words of the question's language.

    Returns
    -------
    dict
        ``heads, numeric, rows, summary, told``, as the ways of other kinds give them.
    """
    table = maker.value
    chinese = maker.words["lang"].startswith("zh")
    first = [f"{n}_zh" if chinese and f"{n}_zh" in table.colnames else n for n in _FIRST[maker.kind]]
    names = [n for n in first if n in table.colnames]
    shown = maker._table(names)
    maker._dates(shown, names, ("start", "end", "time", "ingress", "mid", "egress"))
    ways = {
        "Telescopes": _telescopes,
        "ObservingRequests": _requests,
        "PredictedEvents": _predicted_events,
        "ObservingEvents": _events,
        "Visibility": _visibility,
        "Schedule": _schedule,
        "Verification": _verification,
        "Drafts": _drafts,
        "Submissions": _submissions,
        "SkyMap": _sky_map,
    }
    summary, told = ways[maker.kind](maker)
    return {**shown, "summary": summary, "told": told}


def _distinct(maker: _Maker, name: str) -> list[str]:
    return list(dict.fromkeys(maker._text(name, i) for i in range(len(maker.value)))) if name in maker.value.colnames else []  # fmt: skip


def _some(maker: _Maker, names: list[str]) -> str:
    more = maker.say["and_more"].format(more=len(names) - _NAMED) if len(names) > _NAMED else ""
    return maker.comma.join(names[:_NAMED]) + more


def _telescopes(maker: _Maker) -> tuple[str, list[str]]:
    names = _distinct(maker, "name")
    said = maker.say["telescopes"].format(count=len(names), sites=len(_distinct(maker, "site")), names=_some(maker, names))  # fmt: skip
    return said, []


def _requests(maker: _Maker) -> tuple[str, list[str]]:
    if isinstance(coverage := maker.meta.get("coverage"), dict):
        # Tiles of a sky map: what they cover says more than their names.
        said = maker.say["covers"].format(tiles=coverage["tiles"], covered=bare(round(coverage["covered"], 4)), level=bare(coverage["level"]))  # fmt: skip
        return said, [maker.say["covers_each"].format(name=one_line(name), count=count) for name, count in coverage["by_telescope"].items()]  # fmt: skip
    targets = _distinct(maker, "target")
    said = maker.say["requests"].format(visits=len(maker.value), requests=len(_distinct(maker, "request")), names=_some(maker, targets))  # fmt: skip
    return said, []


def _events(maker: _Maker) -> tuple[str, list[str]]:
    kinds = [k.replace("_", " ") for k in _distinct(maker, "kind")]
    return maker.say["events"].format(count=len(maker.value), kinds=_some(maker, kinds)), []


def _predicted_events(maker: _Maker) -> tuple[str, list[str]]:
    """Which events are seen whole, when and with what; which only in part; and why the others are not seen."""
    events: dict[tuple[str, str], list[int]] = {}
    for row in range(len(maker.value)):
        events.setdefault((maker._text("target", row), maker._text("event", row)), []).append(row)
    whole, part, told = [], [], []
    for (target, _number), rows in events.items():
        when = _between(maker, "ingress", "egress", rows[0])
        names = [maker._text("telescope", r) for r in rows if maker._text("seen", r) == "whole"]
        seen = [r for r in rows if maker._text("seen", r) not in ("whole", "none")]
        if names:
            whole.append(maker.say["event_whole"].format(target=target, when=when, names=_some(maker, names)))
        elif seen:
            best = max(seen, key=lambda r: maker._number("covered", r) or 0.0)
            how = maker.words["parts_seen"].get(maker._text("seen", best), maker._text("seen", best))
            part.append(maker.say["event_part"].format(target=target, when=when, how=how, part=bare(round(100 * (maker._number("covered", best) or 0.0))), name=maker._text("telescope", best)))  # fmt: skip
    counts = {"count": len(events), "whole": len(whole), "part": len(part)}
    first = maker.words["semicolon"].join(whole[:_NAMED])
    more = maker.say["and_more"].format(more=len(whole) - _NAMED) if len(whole) > _NAMED else ""
    summary = maker.say["events_whole"].format(**counts, first=first + more) if whole else maker.say["events_none"].format(**counts)  # fmt: skip
    error = max((e for e in (maker._number("mid_error", r) for r in range(len(maker.value))) if e is not None), default=None)  # fmt: skip
    if error is not None:
        told.append(maker.say["event_error"].format(minutes=bare(round(error, 1 if error >= 0.1 else 3))))
    return summary, [*part[:_LEFT_OUT], *told]


def _between(maker: _Maker, first: str, last: str, row: int) -> str:
    """From one time of a row to another one, to the minute, the date said once."""
    start, end = maker._time(first, row), maker._time(last, row)
    return f"{start}–{end[11:] if end[:10] == start[:10] else end} UTC"


def _when(maker: _Maker, row: int, last: int | None = None) -> str:
    """From when until when (of the `last` row), to the minute, the date said once."""
    start, end = maker._time("start", row), maker._time("end", row if last is None else last)
    return f"{start}–{end[11:] if end[:10] == start[:10] else end} UTC"


def _site_names(document: object, language: str) -> dict[str, str]:
    """What sites of a telescopes document are called, by key."""
    rows = document.get("sites") if isinstance(document, dict) else None
    name = "name_zh" if language == "zh" else "name"
    return {one_line(s.get("key", "")): one_line(s.get(name) or s.get("name", "")) for s in rows or []}


def _visibility(maker: _Maker) -> tuple[str, list[str]]:
    """Of each target and site the hours in which some telescope there can observe it; of those with none, why."""
    language = str(maker.words["lang"])[:2]
    detail = "detail_zh" if language == "zh" else "detail"
    sites = _site_names(maker.meta.get("telescopes"), language)
    places: dict[tuple[str, str], list[int]] = {}
    for row in range(len(maker.value)):
        places.setdefault((maker._text("target", row), maker._text("site", row)), []).append(row)
    seen, unseen = [], []
    for (target, site), rows in places.items():
        windows = [r for r in rows if maker._number("start", r) is not None]
        if windows:
            first = min(windows, key=lambda r: maker._number("start", r) or 0.0)
            last = max(windows, key=lambda r: maker._number("end", r) or 0.0)
            best = max(windows, key=lambda r: maker._number("altitude", r) or 0.0)
            seen.append(maker.say["seen"].format(target=target, site=sites.get(site, site), when=_when(maker, first, last), altitude=f"{bare(round(maker._number('altitude', best) or 0.0, 1))}°"))  # fmt: skip
        else:
            # That an instrument is missing says less than what the sky forbids.
            why = next((r for r in rows if maker._text("reason", r) != "no_instrument"), rows[0])
            unseen.append(
                maker.say["not_seen"].format(target=target, site=sites.get(site, site), why=maker._text(detail, why))
            )
    if not seen:
        return maker.say["nothing_seen"].format(count=len(unseen)), unseen[:_LEFT_OUT]
    more = maker.say["and_more"].format(more=len(seen) - _NAMED) if len(seen) > _NAMED else ""
    return maker.words["semicolon"].join(seen[:_NAMED]) + more, unseen[:_LEFT_OUT]


def _schedule(maker: _Maker) -> tuple[str, list[str]]:
    table = maker.value
    say = maker.say
    left = [u for u in maker.meta.get("unscheduled") or [] if isinstance(u, dict)]
    # What failed is told with the difference, and is nothing that is scheduled.
    rows = [i for i in range(len(table)) if "state" not in table.colnames or maker._text("state", i) != "failed"]
    visits = [
        say["visit"].format(request=maker._text("request", i), visit=maker._text("visit", i), telescope=maker._text("telescope", i), instrument=maker._text("instrument", i), when=_when(maker, i))
        for i in rows[:_NAMED]
    ]  # fmt: skip
    more = say["and_more"].format(more=len(rows) - _NAMED) if len(rows) > _NAMED else ""
    telescopes = len({maker._text("telescope", i) for i in rows})
    score, bound = maker.meta.get("score"), maker.meta.get("bound")
    if visits:
        summary = say["scheduled"].format(visits=len(rows), s="" if len(rows) == 1 else "s", telescopes=telescopes, t="" if telescopes == 1 else "s", first=maker.words["semicolon"].join(visits) + more)  # fmt: skip
    else:
        summary = say["nothing_scheduled"]
    if left:
        summary += say["left_out"].format(count=len(left))
    difference = maker.meta.get("difference_zh" if maker.words["lang"].startswith("zh") else "difference")
    told = [one_line(line) for line in difference] if isinstance(difference, list) else []
    if isinstance(score, int | float):
        told.append(
            say["score_of"].format(score=bare(score), bound=bare(bound))
            if isinstance(bound, int | float)
            else say["score"].format(score=bare(score))
        )
    for one in left[:_LEFT_OUT]:
        what = one_line(one.get("request", "")) + "".join(f"/{one_line(v)}" for v in one.get("visits") or [])
        reason = maker.words["reasons"].get(str(one.get("reason")), one_line(one.get("reason", "")))
        told.append(say["not_scheduled"].format(what=what, reason=reason, detail=text_in(str(maker.words["lang"]), one_line(one.get("detail", ""))).rstrip(".。")))  # fmt: skip
    if len(left) > _LEFT_OUT:
        told.append(say["not_scheduled_more"].format(more=len(left) - _LEFT_OUT))
    return summary, told


def _verification(maker: _Maker) -> tuple[str, list[str]]:
    found = [maker._text("sentence", i) for i in range(len(maker.value))]
    if not found:
        return maker.say["verified"], []
    return maker.say["violations"].format(count=len(found), s="" if len(found) == 1 else "s", first=maker.words["semicolon"].join(f.rstrip(".。") for f in found[:_NAMED])), []  # fmt: skip


def _drafts(maker: _Maker) -> tuple[str, list[str]]:
    missing = [i for i in range(len(maker.value)) if maker._text("missing", i)]
    said = maker.say["drafts"].format(count=len(maker.value), s="" if len(maker.value) == 1 else "s", forms=_some(maker, _distinct(maker, "form")))  # fmt: skip
    told = [maker.say["draft_lacks"].format(name=maker._text("name", i), missing=maker._text("missing", i)) for i in missing[:_LEFT_OUT]]  # fmt: skip
    return said, told


def _submissions(maker: _Maker) -> tuple[str, list[str]]:
    states = [maker._text("state", i) for i in range(len(maker.value))]
    counted = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    said = maker.say["submissions"].format(count=len(states), s="" if len(states) == 1 else "s", states=maker.comma.join(counted))  # fmt: skip
    told = [f"{maker._text('payload', i)}: {one_line(maker._text('said', i))}" for i in range(min(len(states), _LEFT_OUT))]  # fmt: skip
    return said, told


def _sky_map(maker: _Maker) -> tuple[str, list[str]]:
    return maker.say["sky_map"].format(event=one_line(maker.meta.get("event") or "—"), cells=len(maker.value)), []
