"""Ways to spoil a schedule that holds, each just beyond what is allowed; the numbers are from astropy alone."""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import rfc8785
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, HADec, SkyCoord, get_body, get_sun
from astropy.time import Time
from scipy.optimize import brentq

Document = dict[str, Any]


def digest(document: Document) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def seconds(text: str) -> float:
    return float(Time(text.removesuffix("Z"), scale="utc").unix)


def text(when: float) -> str:
    return str(Time(round(when, 3), format="unix", scale="utc").isot) + "Z"


@dataclass
class Night:
    """A copy of the three documents, to be spoiled, and of what was spoiled the place and the codes of which one must be found."""

    telescopes: Document
    requests: Document
    schedule: Document
    random: np.random.Generator
    codes: set[str] = field(default_factory=set)
    place: str = ""

    @classmethod
    def of(cls, documents: tuple[Document, Document, Document], random: np.random.Generator) -> Night:
        return cls(*copy.deepcopy(documents), random)

    def sign(self) -> None:
        self.schedule["telescopes"], self.schedule["requests"] = digest(self.telescopes), digest(self.requests)

    def telescope(self, visit: Document) -> Document:
        return next(t for t in self.telescopes["telescopes"] if t["key"] == visit["telescope"])

    def instrument(self, visit: Document) -> Document:
        return next(i for i in self.telescope(visit)["instruments"] if i["key"] == visit["instrument"])

    def request(self, visit: Document) -> Document:
        return next(r for r in self.requests["requests"] if r["key"] == visit["request"])

    def wish(self, visit: Document) -> Document:
        wishes = self.request(visit)["visits"]
        return next(
            (w for w in wishes if w["key"] == visit["visit"]), wishes[0]
        )  # repeated ones are called v_1, v_2 ...

    def limit(self, visit: Document, name: str) -> Any:
        return self.wish(visit).get(name, self.requests["defaults"].get(name))

    def location(self, visit: Document) -> EarthLocation:
        site = next(s for s in self.telescopes["sites"] if s["key"] == self.telescope(visit)["site"])
        return EarthLocation.from_geodetic(site["longitude"], site["latitude"], site["height"])

    def seen(self, visit: Document, when: float, frame: Any = AltAz) -> Any:
        target, time = self.request(visit)["target"], Time(when, format="unix", scale="utc")
        where = frame(obstime=time, location=self.location(visit))
        return SkyCoord(target["ra"] * u.deg, target["dec"] * u.deg).transform_to(where)

    def sun(self, visit: Document, when: float) -> float:
        time = Time(when, format="unix", scale="utc")
        return float(get_sun(time).transform_to(AltAz(obstime=time, location=self.location(visit))).alt.deg)

    def moon(self, visit: Document, when: float) -> tuple[float, float]:
        """Altitude of the Moon and its distance from the target."""
        time = Time(when, format="unix", scale="utc")
        frame = AltAz(obstime=time, location=self.location(visit))
        moon = get_body("moon", time, location=self.location(visit)).transform_to(frame)
        direction = SkyCoord(moon.az, moon.alt, frame=frame)
        return float(moon.alt.deg), float(direction.separation(self.seen(visit, when)).deg)

    def need(self, one: Document, two: Document, start: float) -> float:
        """Seconds between two visits on a telescope, the second starting then."""
        slew = self.telescope(one)["slew"]
        frame = HADec if slew["model"] == "equatorial" else AltAz
        a, b = self.seen(one, seconds(one["end"]), frame), self.seen(two, start, frame)
        if slew["model"] == "great_circle":
            x, y = (np.array(c.cartesian.xyz) for c in (a, b))
            turn = float(np.degrees(np.arctan2(np.linalg.norm(np.cross(x, y)), x @ y))) / slew["rate"]
        elif slew["model"] == "altaz":
            across = abs((b.az.deg - a.az.deg + 180) % 360 - 180)
            turn = max(across / slew["rates"][0], abs(b.alt.deg - a.alt.deg) / slew["rates"][1])
        else:
            hours = [(c.ha.deg + 180) % 360 - 180 for c in (a, b)]
            turn = max(abs(hours[1] - hours[0]) / slew["rates"][0], abs(b.dec.deg - a.dec.deg) / slew["rates"][1])
        instrument = self.instrument(two)
        change = instrument.get("change", 0) if one["instrument"] != two["instrument"] else 0.0
        if one["instrument"] == two["instrument"] and one["bands"][-1] != two["bands"][0]:
            change = instrument.get("band_change", 0)
        return float(max(turn + slew.get("settle", 0), change))

    def pick(self, good: Callable[[Document], Any] = lambda visit: True) -> Document | None:
        """A visit for which something holds, by chance; None where there is none."""
        for n in self.random.permutation(len(self.schedule["visits"])):
            if good(self.schedule["visits"][n]):
                return self.spoil(self.schedule["visits"][n])
        return None

    def spoil(self, visit: Document) -> Document:
        for name in ("airmass", "moon_separation", "sun_altitude", "slew"):
            visit.pop(name, None)
        self.place = f"{visit['request']}/{visit['visit']} at {visit['telescope']}"
        return visit

    def neighbours(self) -> tuple[Document, Document] | None:
        rows = sorted(self.schedule["visits"], key=lambda v: (v["telescope"], v["start"]))
        pairs = [(a, b) for a, b in itertools.pairwise(rows) if a["telescope"] == b["telescope"]]
        pairs = [(a, b) for a, b in pairs if a["request"] != b["request"]]
        if not pairs:
            return None
        one, two = pairs[self.random.integers(len(pairs))]
        return one, self.spoil(two)


def put(visit: Document, start: float) -> None:
    """Move a visit as it is."""
    length = seconds(visit["end"]) - seconds(visit["start"])
    visit.update(start=text(start), end=text(start + length))


# Each takes a night and whether to go beyond what is allowed (or to stay within it, where that makes sense), and says which codes
# must be found, or nothing where the night has nothing of the kind.
Corruption = Callable[[Night, bool], set[str] | None]
ALLOWED_DEG, BESIDE = 0.02, 2.0


def _crossing(night: Night, visit: Document, level: float, curve: Callable[[float], float]) -> float | None:
    """When a curve that falls after a visit goes below a level, or None."""
    start = seconds(visit["end"])
    times = start + np.arange(0.0, 8 * 3600, 1800)
    values = [curve(t) - level for t in times]
    for t, a, b in zip(times, values, values[1:], strict=False):
        if a > 0 > b:
            return float(brentq(lambda x: curve(x) - level, t, t + 1800, xtol=0.01))
    return None


def beyond_altitude(night: Night, beyond: bool) -> set[str] | None:
    visit = night.pick()
    if visit is None:
        return None
    low = max(
        night.telescope(visit)["limits"]["altitude_min"],
        night.limit(visit, "altitude_min") or -90,
        np.degrees(np.arcsin(1 / night.limit(visit, "airmass_max"))) if night.limit(visit, "airmass_max") else -90,
    )
    when = _crossing(night, visit, low - ALLOWED_DEG, lambda t: float(night.seen(visit, t).alt.deg))
    if when is None:
        return None
    put(visit, when - seconds(visit["end"]) + seconds(visit["start"]) + (BESIDE if beyond else -BESIDE))
    return {"altitude", "airmass"}


def beyond_twilight(night: Night, beyond: bool) -> set[str] | None:
    visit = night.pick()
    if visit is None:
        return None
    limit = night.limit(visit, "sun_altitude_max")
    limit = night.telescope(visit)["limits"]["sun_altitude_max"] if limit is None else limit
    when = _crossing(night, visit, -limit - ALLOWED_DEG, lambda t: -night.sun(visit, t))
    if when is None:
        return None
    put(visit, when - seconds(visit["end"]) + seconds(visit["start"]) + (BESIDE if beyond else -BESIDE))
    return {"sun"}


def near_moon(night: Night, beyond: bool) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    apart = min(night.moon(visit, seconds(visit[end]))[1] for end in ("start", "end"))
    night.wish(visit)["moon_separation_min"] = apart + ALLOWED_DEG + (0.005 if beyond else -0.005)
    return {"moon_separation"}


def bright_moon(night: Night, beyond: bool) -> set[str] | None:
    visit = night.pick(lambda v: min(night.moon(v, seconds(v[e]))[0] for e in ("start", "end")) > 1)
    if visit is None:
        return None
    times = Time([seconds(visit["start"]), seconds(visit["end"])], format="unix")
    moon, sun = (get_body(b, times).cartesian.xyz.to_value("km") for b in ("moon", "sun"))
    phase = np.sum((moon - sun) * moon, axis=0) / np.linalg.norm(moon - sun, axis=0) / np.linalg.norm(moon, axis=0)
    night.wish(visit)["moon_illumination_max"] = float(max(1 + phase) / 2) - 0.002 + (-0.001 if beyond else 0.001)
    return {"moon_illumination"}


def _telescope_limit(name: str, code: str) -> Corruption:
    def spoil(night: Night, beyond: bool) -> set[str] | None:
        if (visit := night.pick()) is None:
            return None
        frame = AltAz if name in ("altitude_max", "horizon") else HADec
        times = np.linspace(seconds(visit["start"]), seconds(visit["end"]), 9)
        at = [night.seen(visit, t, frame) for t in times]
        aside = ALLOWED_DEG + (0.01 if beyond else -0.01)
        limits = night.telescope(visit)["limits"]
        if name == "altitude_max":
            limits[name] = max(c.alt.deg for c in at) - aside
        elif name == "horizon":
            low = min(c.alt.deg for c in at) + aside
            limits[name] = [[0, low], [180, low]]
        elif name == "hour_angle_max":
            limits[name] = (max(abs((c.ha.deg + 180) % 360 - 180) for c in at) - aside) / 15
        else:
            limits[name] = min(c.dec.deg for c in at) + aside
        return {code}

    return spoil


def _edge(what: str) -> Corruption:
    def spoil(night: Night, beyond: bool) -> set[str] | None:
        if (visit := night.pick()) is None:
            return None
        start, end = seconds(visit["start"]), seconds(visit["end"])
        edge = BESIDE if beyond else 0.5
        if what == "window":
            night.wish(visit)["windows"] = [[text(start - 100), text(end - edge)]]
        elif what == "closure":
            night.telescope(visit)["closures"] = [{"start": text(end - edge), "end": text(end + 60), "why": "fog"}]
        elif what == "span":
            late = text(end - edge)
            night.requests["span"]["end"] = night.schedule["span"]["end"] = late
        elif what == "short":
            visit["end"] = text(end - edge)
        elif what == "long":
            visit["end"] = text(end + edge)
        return {"short": {"duration"}, "long": {"duration"}}.get(what, {what})

    return spoil


def out_of_phase(night: Night, beyond: bool) -> set[str] | None:
    visit = night.pick(lambda v: "_" not in v["visit"])
    if visit is None:
        return None
    middle = (seconds(visit["start"]) + seconds(visit["end"])) / 2
    target = night.request(visit)["target"]
    where = SkyCoord(target["ra"] * u.deg, target["dec"] * u.deg)
    time = Time(middle, format="unix", scale="utc", location=night.location(visit))
    epoch = float((time.tdb + time.light_travel_time(where)).jd)
    half = (seconds(visit["end"]) - seconds(visit["start"])) / 2 / 86400
    half += (-BESIDE if beyond else BESIDE) / 86400
    night.wish(visit)["phases"] = {"epoch": epoch, "period": 1.5, "from": -half / 1.5, "to": half / 1.5}
    return {"window"}


def ephemeris_ends(night: Night, beyond: bool) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    target, end = night.request(visit)["target"], seconds(visit["end"])
    ra, dec = target.pop("ra"), target.pop("dec")
    rows = [(seconds(night.requests["span"]["start"]), ra, dec), (end - 30 if beyond else end + 86400, ra, dec)]
    target["ephemeris"] = [[text(t), a, d] for t, a, d in rows]
    return {"ephemeris"}


def moved_away(night: Night, beyond: bool) -> set[str] | None:
    """A body that stands below the horizon when it is observed."""
    visit = night.pick(lambda v: "_" not in v["visit"])
    if visit is None or not beyond:
        return None
    target = night.request(visit)["target"]
    ra, dec = target.pop("ra"), target.pop("dec")
    span = night.requests["span"]
    target["ephemeris"] = [[span["start"], (ra + 180) % 360, -dec], [span["end"], (ra + 181) % 360, -dec]]
    return {"altitude"}


def wrong_exposures(night: Night, beyond: bool) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    wish = night.wish(visit)
    wish["exposures"] = [[n, s + (BESIDE if beyond else 0.0)] for n, s in wish["exposures"]]
    return {"duration"}


def slow_readout(night: Night, beyond: bool) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    night.instrument(visit)["readout"] += BESIDE if beyond else 0.01
    return {"duration"}


def too_faint(night: Night, beyond: bool) -> set[str] | None:
    def known(visit: Document) -> Any:
        modes = night.instrument(visit)["modes"]
        return next(m for m in modes if m["mode"] == night.wish(visit)["mode"]).get("limits_mag")

    if (visit := night.pick(known)) is None:
        return None
    exposures = night.wish(visit)["exposures"]
    reach = []
    for n, band in enumerate(visit["bands"]):
        count, length = exposures[n if len(exposures) > 1 else 0]
        limit = known(visit)[band]
        reach.append(limit["magnitude"] + 1.25 * np.log10(count * length / limit["exposure"]))
    night.request(visit)["target"]["magnitude"] = float(min(reach)) + (0.01 if beyond else -0.01)
    return {"too_faint"}


def _never_within(spoil: Callable[[Night], set[str] | None]) -> Corruption:
    return lambda night, beyond: spoil(night) if beyond else None


def wrong_filter(night: Night) -> set[str] | None:
    visit = night.pick(lambda v: night.wish(v).get("bands"))
    if visit is None:
        return None
    visit["bands"] = ["K", *visit["bands"][1:]]
    return {"band"}


def swapped_filters(night: Night) -> set[str] | None:
    visit = night.pick(lambda v: len(v["bands"]) > 1)
    if visit is None:
        return None
    visit["bands"] = visit["bands"][::-1]
    return {"band"}


def wrong_instrument(night: Night) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    others = [i["key"] for i in night.telescope(visit)["instruments"] if i["key"] != visit["instrument"]]
    visit["instrument"] = others[0] if others else "eye"
    night.place = ""  # it has no place any more that can be told
    return {"unknown_instrument", "mode", "band", "duration", "too_faint", "slew", "change"}


def wrong_telescope(night: Night) -> set[str] | None:
    """On the other side of the Earth."""
    if (visit := night.pick()) is None:
        return None
    here = night.location(visit).lon.deg

    def far(telescope: Document) -> float:
        site = next(s for s in night.telescopes["sites"] if s["key"] == telescope["site"])
        return float(abs((site["longitude"] - here + 180) % 360 - 180))

    visit["telescope"] = max(night.telescopes["telescopes"], key=far)["key"]
    night.place = ""
    return {"unknown_instrument", "sun", "altitude", "mode", "band"}


def not_allowed(night: Night) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    night.wish(visit)[str(night.random.choice(["telescopes", "sites", "instruments"]))] = ["elsewhere"]
    return {"not_allowed"}


def unknown(night: Night) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    key = ("request", "visit", "telescope", "instrument")[night.random.integers(4)]
    visit[key], night.place = "nothing", ""
    return {f"unknown_{key}"}


def backwards(night: Night) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    visit["start"], visit["end"] = visit["end"], visit["start"]
    return {"order"}


def overlap(night: Night, beyond: bool) -> set[str] | None:
    if (pair := night.neighbours()) is None:
        return None
    put(pair[1], seconds(pair[0]["end"]) - (BESIDE if beyond else 0.5))
    return {"overlap"}


def hurried(night: Night, beyond: bool) -> set[str] | None:
    if (pair := night.neighbours()) is None:
        return None
    start = seconds(pair[0]["end"])
    for _ in range(3):  # where the target is changes a little with the start
        start = seconds(pair[0]["end"]) + night.need(*pair, start)
    put(pair[1], start - (BESIDE if beyond else 0.5))
    return {"slew", "change", "overlap"}


def _derived(name: str, aside: float) -> Corruption:
    def spoil(night: Night, beyond: bool) -> set[str] | None:
        visits = [v for v in night.schedule["visits"] if v.get(name) is not None]
        if not visits or not beyond:
            return None
        visit = visits[night.random.integers(len(visits))]
        value = visit[name]
        visit[name] = [x + aside for x in value] if isinstance(value, list) else value + aside
        night.place = f"{visit['request']}/{visit['visit']} at {visit['telescope']}"
        return {"derived"}

    return spoil


def half_a_request(night: Night) -> set[str] | None:
    def whole(visit: Document) -> bool:
        same = [v for v in night.schedule["visits"] if v["request"] == visit["request"]]
        return len(same) > 1 and night.request(visit).get("credit", "all") == "all"

    if (visit := night.pick(whole)) is None:
        return None
    night.schedule["visits"].remove(visit)
    night.place = visit["request"]
    return {"orphan"}


def twice(night: Night) -> set[str] | None:
    if (visit := night.pick()) is None:
        return None
    night.schedule["visits"].append(copy.deepcopy(visit))
    put(visit, seconds(visit["start"]) + 7200)
    return {"twice"}


def _related(short: str) -> Corruption:
    def spoil(night: Night, beyond: bool) -> set[str] | None:
        visit = night.pick(lambda v: short in night.request(v))
        if visit is None:
            return None
        request = night.request(visit)
        rows = {v["visit"]: v for v in night.schedule["visits"] if v["request"] == request["key"]}
        if short == "cadence":
            name, number = visit["visit"].rsplit("_", 1)
            first, then = rows.get(f"{name}_{int(number) - 1}"), visit
            if first is None:
                return None
            most = request["cadence"]["gap"] + request["cadence"]["tolerance"]
        elif short == "together":
            first, then = (rows[w["key"]] for w in request["visits"][:2])
            most = request["together"]
        else:
            relation = request["relations"][0]
            if relation["first"] not in rows or relation["then"] not in rows:
                return None
            first, then = rows[relation["first"]], rows[relation["then"]]
            most = relation["max"] + seconds(first["end"]) - seconds(first["start"])
        put(then, seconds(first["start"]) + most + (BESIDE if beyond else 0.5))
        night.place = f"{request['key']}: {first['visit']} and {then['visit']}"
        return {"relation"}

    return spoil


def together_on_one(night: Night) -> set[str] | None:
    visit = night.pick(lambda v: "together" in night.request(v))
    if visit is None:
        return None
    one, two = (v for v in night.schedule["visits"] if v["request"] == visit["request"])
    two.update(telescope=one["telescope"], instrument=one["instrument"])
    keys = [w["key"] for w in night.request(visit)["visits"]]
    night.place = f"{visit['request']}: {keys[0]} and {keys[1]}"
    return {"relation"}


def both_of_one(night: Night) -> set[str] | None:
    keys = list(dict.fromkeys(v["request"] for v in night.schedule["visits"]))
    if len(keys) < 2:
        return None
    night.requests["one_of"] = [[str(k) for k in night.random.choice(keys, 2, replace=False)]]
    night.place = ""
    return {"one_of"}


def beyond_hours(night: Night, beyond: bool) -> set[str] | None:
    visit = night.pick(lambda v: night.request(v).get("programme"))
    if visit is None:
        return None
    programme = night.request(visit)["programme"]
    here = [v for v in night.schedule["visits"] if night.request(v).get("programme") == programme]
    hours = sum(seconds(v["end"]) - seconds(v["start"]) for v in here)
    row = next(p for p in night.requests["programmes"] if p["key"] == programme)
    row["hours_max"] = (hours - (len(here) + 1.0 if beyond else 0.0)) / 3600
    night.place = f"programme {programme}"
    return {"hours"}


def _top(codes: set[str], spoil: Callable[[Night], object]) -> Corruption:
    def change(night: Night, beyond: bool) -> set[str] | None:
        if not beyond or spoil(night) is None:
            return None
        night.place = night.place if night.place.startswith("unscheduled") else ""
        return codes

    return change


def _set(**more: Any) -> Callable[[Night], object]:
    return lambda night: night.schedule.update(more) or more


def wrong_score(night: Night) -> object:
    night.schedule["score"] += float(night.random.choice([-1.0, 0.01, 1.0, 5.0]))
    night.schedule["bound"] = night.schedule["score"] + 10
    return True


def low_bound(night: Night) -> object:
    night.schedule["bound"] = night.schedule["score"] - 0.01
    return True


def other_priority(night: Night) -> object:
    """A request is worth more than the score counts."""
    if (visit := night.pick()) is None:
        return None
    night.request(visit)["priority"] += 1
    night.schedule["bound"] = night.schedule["score"] + 10
    return True


def forgotten(night: Night) -> object:
    rows = night.schedule["unscheduled"]
    return rows.pop(night.random.integers(len(rows))) if rows else None


def listed_though_scheduled(night: Night) -> object:
    if (visit := night.pick()) is None:
        return None
    night.schedule["unscheduled"].append({"request": visit["request"], "reason": "never_up"})
    return True


def done_too_early(night: Night) -> object:
    if (visit := night.pick()) is None:
        return None
    visit["state"] = str(night.random.choice(["done", "running", "failed"]))
    return True


def signed_for_others(night: Night) -> object:
    night.schedule[str(night.random.choice(["telescopes", "requests"]))] = "0" * 64
    return True


# What every night may be spoiled with.
KINDS: dict[str, Corruption] = {
    "2 s beyond the least altitude": beyond_altitude,
    "2 s beyond twilight": beyond_twilight,
    "Moon 0.005° too near": near_moon,
    "Moon 0.001 too bright": bright_moon,
    "0.01° beyond the highest altitude": _telescope_limit("altitude_max", "altitude_max"),
    "0.01° behind the skyline": _telescope_limit("horizon", "horizon"),
    "0.01° beyond the hour angle": _telescope_limit("hour_angle_max", "hour_angle"),
    "0.01° beyond the declination": _telescope_limit("declination_min", "declination"),
    "2 s beyond a window": _edge("window"),
    "2 s into a closure": _edge("closure"),
    "2 s beyond the span": _edge("span"),
    "2 s too short": _edge("short"),
    "2 s too long": _edge("long"),
    "2 s out of phase": out_of_phase,
    "ephemeris ends within": ephemeris_ends,
    "body moved away": moved_away,
    "exposures 2 s longer": wrong_exposures,
    "read-out 2 s slower": slow_readout,
    "0.01 mag too faint": too_faint,
    "wrong filter": _never_within(wrong_filter),
    "filters swapped": _never_within(swapped_filters),
    "wrong instrument": _never_within(wrong_instrument),
    "wrong telescope": _never_within(wrong_telescope),
    "telescope, site or instrument not allowed": _never_within(not_allowed),
    "something unknown": _never_within(unknown),
    "ends before it begins": _never_within(backwards),
    "overlap of 2 s": overlap,
    "2 s too few between visits": hurried,
    "airmass told wrong": _derived("airmass", 0.1),
    "Moon told wrong": _derived("moon_separation", 1.0),
    "Sun told wrong": _derived("sun_altitude", 15.0),
    "slew told wrong": _derived("slew", 5.0),
    "half of all or nothing": _never_within(half_a_request),
    "a visit twice": _never_within(twice),
    "cadence 2 s late": _related("cadence"),
    "together 2 s apart": _related("together"),
    "second visit 2 s late": _related("relations"),
    "together on one telescope": _never_within(together_on_one),
    "two of which one": _never_within(both_of_one),
    "hours over share": beyond_hours,
    "another score": _top({"score"}, wrong_score),
    "bound below the score": _top({"bound"}, low_bound),
    "another priority": _top({"score"}, other_priority),
    "another digest": _top({"digest"}, signed_for_others),
    "another span": _top({"span"}, _set(span={"start": "2026-11-22T07:00:00Z", "end": "2026-11-23T08:00:00Z"})),
    "reason forgotten": _top({"unlisted"}, forgotten),
    "listed though scheduled": _top({"listed"}, listed_though_scheduled),
    "done though not begun": _top({"state"}, done_too_early),
    "a key that nobody knows": _top({"unknown_key"}, _set(weather="clear")),
    "another form": _top({"form"}, _set(version=2)),
}


def another_reason(night: Night) -> object:
    """The reason of something impossible under another name."""
    order = [
        "no_instrument",
        "too_faint",
        "window",
        "daylight",
        "never_up",
        "moon",
        "relation",
        "one_of",
        "hours",
        "lost",
    ]
    rows = [r for r in night.schedule["unscheduled"] if r["reason"] in order[:7] and len(r["visits"]) <= 1]
    if not rows:
        return None
    row = rows[night.random.integers(len(rows))]
    row["reason"] = str(night.random.choice([r for r in order if r != row["reason"]]))
    night.place = f"unscheduled {row['request']}"
    return True


def dropped(reason: str) -> Callable[[Night], object]:
    """A request of one visit that is scheduled goes, and something is said of it."""

    def spoil(night: Night) -> object:
        alone = lambda v: len(night.request(v)["visits"]) == 1 and "_" not in v["visit"]  # noqa: E731
        programme = lambda v: not night.request(v).get("programme")  # noqa: E731
        if (visit := night.pick(lambda v: alone(v) and programme(v))) is None:
            return None
        night.schedule["visits"].remove(visit)
        rest = [v["request"] for v in night.schedule["visits"]]
        row = {"request": visit["request"], "reason": reason, "visits": [visit["visit"]]}
        if reason == "lost":
            row["lost_to"] = [rest[0]]
        night.schedule["unscheduled"].append(row)
        night.schedule["score"] -= night.request(visit)["priority"]
        night.place = f"unscheduled {visit['request']}"
        return True

    return spoil


# Those for which the reasons must be looked at.
REASONS: dict[str, Corruption] = {
    "reason under another name": _top({"reason", "refuted", "lost_to"}, another_reason),
    "dropped and called impossible": _top({"refuted", "reason"}, dropped("never_up")),
    "dropped and called lost": _top({"refuted", "reason"}, dropped("lost")),
    "dropped and called hours": _top({"reason"}, dropped("hours")),
}
