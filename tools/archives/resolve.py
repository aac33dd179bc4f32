"""The tool `resolve`: where the objects of these names are, and what they are."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.archives.asking.in_parts import GOOD_FOR, in_parts, summed_records
from gnomon.tools.archives.asking.query_records import record_of_failure
from gnomon.tools.archives.asking.reply_costs import cost_of_resolve
from gnomon.tools.archives.positions.name_services import (
    KnownObject,
    names_near,
    objects_in_ned,
    objects_in_sesame,
    objects_in_simbad,
)
from gnomon.tools.archives.positions.object_names import (
    is_catalogue_designation,
    is_solar_system_body,
    key_of_name,
    name_of_position,
    position_in_name,
)
from gnomon.tools.archives.positions.sky_matching import moved, separations
from gnomon.tools.archives.tables.masked_columns import number_column, text_column
from gnomon.tools.archives.tables.services import SERVICES
from gnomon.tools.errors import EmptyResult, InputError, MissingReply, NetworkRefused, ServiceError
from gnomon.tools.progress import progressed
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Target

# A reciprocal parallax is biased by more than the noise below about this (Bailer-Jones 2015, doi:10.1086/683116).
LEAST_PARALLAX_SNR = 5.0
# Services quote the same star to a few tenths of an arcsecond; beyond this they mean different things, or one is wrong.
DISAGREEMENT = 2.0  # arcsec
# So many names are looked up a second time, one by one; longer lists only where SIMBAD does not know the name.
LOOKED_UP_TWICE = 30
# Names that SIMBAD is asked about at a time: what it answers with all other names of them is a megabyte or two.
NAMES_AT_ONCE = 2000
_MOST_NAMES = 50_000
_MOST_LONE_LOOKUPS = 1000  # at five a second a few minutes
# In a long list a service may fail for a name; failing so often in a row it is taken to be down.
_FAILURES_IN_A_ROW = 3
_MOST_SENTENCES = 10  # of one kind; more are told together
_LONGEST_NAME = 200
_SUGGESTED = 3  # names for which near ones are asked, and near ones that are told of each


@dataclass
class _Sought:
    """One name and what became of it."""

    name: str
    position: tuple[float, float] | None = None
    simbad: KnownObject | None = None
    others: list[KnownObject] = field(default_factory=list)
    failed: list[ServiceError] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    separation: float | None = None

    @property
    def known(self) -> KnownObject | None:
        """What the row is made of."""
        if self.position is not None:
            return KnownObject(
                service="coordinates", main_id="", ra=self.position[0], dec=self.position[1], aliases=(self.name,)
            )
        placed = [o for o in (self.simbad, *self.others) if o is not None and o.ra is not None]
        return placed[0] if placed else None


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=5.0,
    cost=cost_of_resolve,
    citations=(
        "Wenger et al. 2000, The SIMBAD astronomical database, doi:10.1051/aas:2000332",
        "Ochsenbein, Bauer & Marcout 2000, The VizieR database of astronomical catalogues, doi:10.1051/aas:2000169",
        "Helou et al. 1991, The NASA/IPAC Extragalactic Database, 1991ASSL..171...89H",
        "Bailer-Jones 2015, Estimating distances from parallaxes, doi:10.1086/683116",
    ),
    examples=(
        "Where is TRAPPIST-1?",
        "Resolve the name Barnard's star",
        "What are the coordinates of NGC 4258?",
        "What kind of object is 3C 273 and what is its redshift?",
        "Look up HD 209458, WASP-12 and TOI-700 and give their positions and proper motions",
        "What other names does HIP 71683 have?",
        "What is the spectral type of Proxima Centauri?",
        "Find the distance and parallax of Gaia DR3 4472832130942575872",
        "Do SIMBAD and NED agree on the position of M 82?",
        "Is TIC 307210830 the same star as L 98-59?",
        "What is the radial velocity and the V magnitude of tau Ceti?",
        "Take the position 10:08:22.3 +11:58:02 as my target",
        "TRAPPIST-1 在哪里？",
        "查一下巴纳德星 Barnard's star 的坐标",
        "NGC 4258 的赤经赤纬是多少？",
        "3C 273 是什么天体？红移多少？",
        "查询 HD 209458、WASP-12 和 TOI-700 的位置和自行",
        "HIP 71683 还有哪些别名？",
        "比邻星 Proxima Centauri 的光谱型是什么？",
        "Gaia DR3 4472832130942575872 的视差和距离是多少？",
        "SIMBAD 和 NED 给出的 M 82 位置一致吗？",
        "TIC 307210830 和 L 98-59 是同一颗星吗？",
        "tau Ceti 的视向速度和 V 星等是多少？",
        "以坐标 10:08:22.3 +11:58:02 作为目标",
    ),
    summary_zh="按名称查天体的位置、类型、自行、视差、红移、星等和别名，并比较 SIMBAD 与 NED、VizieR 是否一致。",
    method="The names {names} were resolved with SIMBAD; positions were compared with those of NED and VizieR (through Sesame) at a common epoch.",
    method_zh="用 SIMBAD 解析名称 {names}，并把位置归算到同一历元后与 NED、VizieR（经 Sesame）的位置比较。",
)
def resolve(names: list[Annotated[str, "object"]]) -> Target:
    """Find where objects are by their names, and what is known of them.

    SIMBAD is asked for all names at once; NED and VizieR (through Sesame of the CDS, or NED itself where Sesame does not answer) are asked
    for each, so that services that disagree are seen.  Lists of more than 30 names are looked up a second time only where
    SIMBAD does not know the name, and of those 1000 at most; work that was stopped goes on where it was.

    Parameters
    ----------
    names : list of str
        Up to 50 000 names or catalogue numbers, as SIMBAD, NED or VizieR know them; long numbers are kept exactly.  A position may stand in place of a name,
        ``10:08:22.3 +11:58:02`` (hours and degrees) or ``152.0929 +11.967`` (degrees), or behind one, ``SN 2026abc = 152.0929 +11.967``; it is
        taken as ICRS of unknown epoch, and nobody is asked.

    Returns
    -------
    Target
        One row for each name that is known, in the order of the names.  ``name`` (as asked), ``main_id``, ``ra``, ``dec`` [deg, ICRS],
        ``epoch`` [yr] (2000.0 for SIMBAD, which moves positions there), ``pmra`` (times cos dec), ``pmdec`` [mas/yr], ``parallax``,
        ``parallax_error`` [mas], ``distance`` [pc] (1/parallax, only where the parallax is more than five times its error, else masked),
        ``radial_velocity`` [km/s], ``redshift``, ``object_type``, ``all_types`` (a JSON list), ``spectral_type``, ``magnitude_v``,
        ``magnitude_g`` [mag], ``aliases`` (a JSON list), ``resolved_by``, ``compared_with`` (other services that know the name),
        ``separation_between_services`` [arcsec] (the largest one, after moving SIMBAD's position to the epoch of the other),
        ``position_error`` [arcsec], ``references`` (JSON: bibcode by quantity).  What nobody gives is masked.

    Raises
    ------
    InputError
        Where there is no name, a position is impossible, or all names are bodies of the solar system.
    EmptyResult
        Where the services answered, and none of the names is known; with names that are near.
    ServiceError
        Where names are not known to those that answered, and others could not be asked.

    Warns
    -----
    UserWarning
        Of names left out, of services that did not answer, of positions that disagree, and of objects whose names do not contain the catalogue
        number that was asked for.

    References
    ----------
    SIMBAD: Wenger et al. 2000, doi:10.1051/aas:2000332.  Limit of 1/parallax: Bailer-Jones 2015, doi:10.1086/683116.
    """
    asked = _checked(names)
    moving = [n for n in asked if is_solar_system_body(n)]
    if len(moving) == len(asked):
        raise InputError(
            f"{_listed(moving)} {'moves' if len(moving) == 1 else 'move'} through the solar system and so {'has' if len(moving) == 1 else 'have'} no fixed position.",
            remedy="The tool ephemeris says where such a body is at a time, seen from a place.",
        )
    placed = {n: position_in_name(n) for n in asked if n not in moving}
    sought = [_Sought(n if place is None else name_of_position(n), place) for n, place in placed.items()]
    records: list[dict[str, Any]] = []
    _ask_simbad([s for s in sought if s.position is None], records)
    _ask_others([s for s in sought if s.position is None], records)
    found = [s for s in sought if s.known is not None]
    if not found:
        raise _nothing(sought, records)
    if moving:
        warnings.warn(
            f"{_listed(moving)} {'was' if len(moving) == 1 else 'were'} left out: bodies of the solar system have no fixed position; the tool ephemeris has.",
            stacklevel=2,
        )
    _tell_of_missing([s for s in sought if s.known is None])
    _tell_some([sentence for one in found if (sentence := _compare(one))])
    _tell_some([sentence for one in found if (sentence := _check_identity(one))])
    table = _table(found)
    table.meta["queries"] = records
    return table


def _checked(names: list[str]) -> list[str]:
    """The names without repeats and outer blanks."""
    asked = list(dict.fromkeys(" ".join(str(n).split()) for n in names))
    asked = [n for n in asked if n]
    if not asked:
        raise InputError("There is no name to resolve.", remedy="Give at least one, such as TRAPPIST-1.")
    if len(asked) > _MOST_NAMES:
        raise InputError(
            f"{len(asked)} names are more than are resolved at once ({_MOST_NAMES}).", remedy="Ask in parts."
        )
    long = next((n for n in asked if len(n) > _LONGEST_NAME), None)
    if long is not None:
        raise InputError(f"{long[:40]!r}… is too long to be a name.", remedy="Give each name as an element of its own.")
    return asked


# --- asking


def _ask_simbad(sought: list[_Sought], records: list[dict[str, Any]]) -> None:
    if not sought:
        return
    service = SERVICES["SIMBAD"]
    names = [s.name for s in sought]
    good_for = GOOD_FOR if len(names) > NAMES_AT_ONCE else 0.0

    def ask(part: list[int]) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            return objects_in_simbad([names[i] for i in part], good_for)
        except InputError as error:
            raise ServiceError(error.what, remedy="Gnomon must be told.") from error

    try:
        told = in_parts(list(range(len(names))), ask, NAMES_AT_ONCE, names, service.name, what="names", stacklevel=5)
    except (MissingReply, NetworkRefused):
        raise
    except ServiceError as failure:
        records.append(record_of_failure(service.name, service.url, _listed(names), failure))
        for one in sought:
            one.failed.append(failure)
        warnings.warn(
            f"SIMBAD could not be asked, so only what others know is here: {failure.what}",
            stacklevel=3,
        )
        return
    for outcome, part in told:
        if isinstance(outcome, ServiceError):
            records.append(record_of_failure(service.name, service.url, _listed([names[i] for i in part]), outcome))
            for i in part:
                sought[i].failed.append(outcome)
            continue
        found, record = outcome
        records.append(record)
        for i in part:
            _take_from_simbad(sought[i], found.get(names[i], []))


def _take_from_simbad(one: _Sought, known: list[KnownObject]) -> None:
    one.answered.append("SIMBAD")
    if len(known) > 1:
        raise InputError(
            f"{one.name!r} stands for {len(known)} objects in SIMBAD: {_listed([k.main_id for k in known])}.",
            remedy="Ask for the one that is meant by its own name.",
        )
    one.simbad = known[0] if known else None


def _ask_others(sought: list[_Sought], records: list[dict[str, Any]]) -> None:
    """Ask NED and VizieR about each name; NED itself once Sesame does not answer, and nobody once neither does."""
    many = len(sought) > LOOKED_UP_TWICE
    if many:
        sought = [s for s in sought if s.simbad is None]
        if sought:
            warnings.warn(
                f"Of so many names only those that SIMBAD does not know ({len(sought)}) were looked up elsewhere; no positions were compared.",
                stacklevel=3,
            )
        for one in sought[_MOST_LONE_LOOKUPS:]:
            one.failed.append(
                ServiceError(
                    f"NED and VizieR were not asked about more than {_MOST_LONE_LOOKUPS} names.",
                    remedy="Ask in parts.",
                    retryable=True,
                )
            )
        sought = sought[:_MOST_LONE_LOOKUPS]
    ways = {
        "Sesame": (objects_in_sesame, "NED and VizieR, through Sesame,"),
        "NED": (objects_in_ned, "NED"),
    }
    in_a_row = dict.fromkeys(ways, 0)
    told: dict[str, list[dict[str, Any]]] = {service: [] for service in ways}
    failures: list[ServiceError] = []
    for number, one in enumerate(sought, start=1):
        answered = ""
        for service, (ask, said) in list(ways.items()):
            try:
                one.others, record = ask(one.name, GOOD_FOR if many else 0.0)
            except (MissingReply, NetworkRefused):
                raise
            except ServiceError as error:
                records.append(record_of_failure(service, "", one.name, error))
                failures.append(error)
                in_a_row[service] += 1
                if in_a_row[service] >= (_FAILURES_IN_A_ROW if many else 1):
                    del ways[service]  # a service that is down is not asked for every name
                continue
            in_a_row[service] = 0
            told[service].append(record)
            one.answered.append(said)
            answered = service
            break
        if not answered or (failures and answered == "NED" and not one.others and one.simbad is None):
            one.failed.append(failures[-1])
        if many:
            progressed(number, len(sought), "names unknown to SIMBAD", sum(bool(s.failed) for s in sought[:number]))
    for service, some in told.items():
        records += summed_records(some, f"names asked of {service}")
    if failures:
        if "Sesame" in ways:
            what = "some names were looked up in fewer places"
        else:
            what = "NED alone was asked, and not VizieR" if ways else "positions were not compared with another service"
        warnings.warn(f"Not all services answered, so {what}: {failures[0].what}", stacklevel=3)


def _nothing(sought: list[_Sought], records: list[dict[str, Any]]) -> ServiceError | EmptyResult:
    """What to raise where no name is known."""
    failed = next((s.failed[0] for s in sought if s.failed), None)
    names = _listed([s.name for s in sought])
    if failed is not None:
        answered = sorted({a for s in sought for a in s.answered})
        said = f"{' and '.join(answered)} answered and do not know it, but {failed.what}" if answered else failed.what
        return ServiceError(
            f"{names} could not be looked up everywhere: {said}",
            remedy="Ask again later; that it is not known cannot be concluded.",
            retryable=failed.retryable,
        )
    if all(s.simbad is not None for s in sought):
        return EmptyResult(
            f"SIMBAD knows {names}, but neither it nor NED nor VizieR gives a position.",
            remedy="Give the position in place of the name (10:08:22.3 +11:58:02).",
            zh=f"SIMBAD 收录了 {names}，但没有给出位置。",
        )
    near = _near_names(sought, records)
    hint = f" Near names: {'; '.join(near)}." if near else ""
    return EmptyResult(
        f"SIMBAD, NED and VizieR answered, and none of them knows {names}.",
        remedy="Check the spelling, give another name or a position (10:08:22.3 +11:58:02); for a body of the solar system use the tool ephemeris."
        + hint,
        zh=f"SIMBAD、NED 和 VizieR 都回答了，但都不认识 {names}。",
    )


def _near_names(sought: list[_Sought], records: list[dict[str, Any]]) -> list[str]:
    """For the first few names what SIMBAD has that begins alike."""
    told = []
    for one in sought[:_SUGGESTED]:
        try:
            near, record = names_near(one.name)
        except (MissingReply, NetworkRefused):
            raise
        except (ServiceError, InputError) as error:
            told.append(f"SIMBAD could not be asked for any ({error.what.rstrip('.')})")
            break
        records.append(record)
        if near:
            told.append(f"for {one.name!r} {', '.join(near[:_SUGGESTED])}")
    return told


# --- what must be told


def _tell_of_missing(missing: list[_Sought]) -> None:
    unplaced = [s.name for s in missing if s.simbad is not None]
    missing = [s for s in missing if s.simbad is None]
    unknown = [s.name for s in missing if not s.failed]
    unasked = [s for s in missing if s.failed]
    if unplaced:
        warnings.warn(
            f"{_listed(unplaced)} {'is' if len(unplaced) == 1 else 'are'} known to SIMBAD, but nobody gives a position, so left out.",
            stacklevel=3,
        )
    if unknown:
        warnings.warn(
            f"{_listed(unknown)} {'is' if len(unknown) == 1 else 'are'} not known to SIMBAD, NED or VizieR, and left out.",
            stacklevel=3,
        )
    if unasked:
        warnings.warn(
            f"{_listed([s.name for s in unasked])} could not be looked up everywhere and {'is' if len(unasked) == 1 else 'are'} left out: {unasked[0].failed[0].what}",
            stacklevel=3,
        )


def _tell_some(sentences: list[str]) -> None:
    """Warn of each of a few, and of the first ones and how many more there are of very many."""
    for sentence in sentences[:_MOST_SENTENCES]:
        warnings.warn(sentence, stacklevel=3)
    if (more := len(sentences) - _MOST_SENTENCES) > 0:
        warnings.warn(f"The same must be said of {more} more names.", stacklevel=3)


def _compare(one: _Sought) -> str:
    """Note how far apart the services put an object, at one epoch; what must be said of it."""
    if one.position is not None or one.known is None:
        return ""
    first, *rest = [o for o in (one.simbad, *one.others) if o is not None and o.ra is not None]
    apart: list[tuple[float, KnownObject]] = []
    for other in rest:
        numbers = first.numbers
        ra, dec, _known = moved(
            first.ra,
            first.dec,
            _or_nan(numbers.get("pmra")),
            _or_nan(numbers.get("pmdec")),
            _or_nan(first.epoch),
            other.epoch if other.epoch is not None else 2000.0,  # what services that say nothing mean
            _or_nan(numbers.get("parallax")),
            _or_nan(numbers.get("radial_velocity")),
        )
        apart.append((float(separations(ra, dec, other.ra, other.dec)[0]), other))
    if not apart:
        return ""
    one.separation, farthest = max(apart, key=lambda pair: pair[0])
    # The position of a nebula or a cluster is no better than its error says.
    if one.separation > max(DISAGREEMENT, 3.0 * (first.numbers.get("position_error") or 0.0)):
        return (
            f"{first.service} and {farthest.service} put {one.name} {one.separation:.3g} arcsec apart ({first.main_id} and {farthest.main_id}); "
            f"the position is that of {first.service}. Make sure that both mean the same object."
        )
    return ""


def _check_identity(one: _Sought) -> str:
    """What must be said where an object does not bear the catalogue number that was asked for."""
    known = one.known
    if known is None or one.position is not None or not is_catalogue_designation(one.name):
        return ""
    key = key_of_name(one.name)
    if key in {key_of_name(alias) for alias in (known.main_id, *known.aliases)}:
        return ""
    return (
        f"{known.service} gives {known.main_id} for {one.name}, and {one.name} is not among its {len(known.aliases)} names; "
        "it may be another object."
    )


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)


# --- the table


def _table(found: list[_Sought]) -> Target:
    from astropy.table import Column, QTable

    objects = [known for s in found if (known := s.known) is not None]

    def number(name: str, unit: str, description: str, ucd: str) -> Any:
        return number_column([o.numbers.get(name) for o in objects], unit, description, ucd)

    table = QTable()
    table["name"] = Column([s.name for s in found], description="as asked")
    table["name"].info.meta = {"ucd": "meta.id"}
    table["main_id"] = text_column(
        [o.main_id for o in objects], "name under which the service lists it", "meta.id;meta.main"
    )
    table["ra"] = number_column([o.ra for o in objects], "deg", "right ascension, ICRS, at epoch", "pos.eq.ra;meta.main")  # fmt: skip
    table["dec"] = number_column([o.dec for o in objects], "deg", "declination, ICRS, at epoch", "pos.eq.dec;meta.main")
    table["epoch"] = number_column([o.epoch for o in objects], "yr", "Julian year of the position", "time.epoch")
    table["pmra"] = number("pmra", "mas/yr", "proper motion in right ascension, times cos(dec)", "pos.pm;pos.eq.ra")
    table["pmdec"] = number("pmdec", "mas/yr", "proper motion in declination", "pos.pm;pos.eq.dec")
    table["parallax"] = number("parallax", "mas", "trigonometric parallax", "pos.parallax.trig")
    table["parallax_error"] = number(
        "parallax_error", "mas", "standard error of the parallax", "stat.error;pos.parallax.trig"
    )
    table["distance"] = number_column(
        [_distance(o) for o in objects],
        "pc",
        f"1/parallax, only where the parallax is more than {LEAST_PARALLAX_SNR:g} times its error",
        "pos.distance",
    )
    table["radial_velocity"] = number("radial_velocity", "km/s", "radial velocity, heliocentric", "spect.dopplerVeloc.opt")  # fmt: skip
    table["redshift"] = number("redshift", "", "redshift", "src.redshift")
    table["object_type"] = text_column([o.object_type for o in objects], "what it is, as a code of the service", "src.class")  # fmt: skip
    table["all_types"] = text_column([_json(o.all_types) for o in objects], "everything that it is, a JSON list", "src.class")  # fmt: skip
    table["spectral_type"] = text_column([o.spectral_type for o in objects], "MK spectral type", "src.spType")
    table["magnitude_v"] = number("magnitude_v", "mag", "V magnitude", "phot.mag;em.opt.V")
    table["magnitude_g"] = number("magnitude_g", "mag", "Gaia G magnitude", "phot.mag;em.opt")
    table["aliases"] = text_column([_json(o.aliases) for o in objects], "all names, a JSON list", "meta.id")
    table["resolved_by"] = text_column([o.service for o in objects], "whose position this is", "meta.ref")
    table["compared_with"] = text_column(
        [
            ", ".join(o.service for o in (s.simbad, *s.others) if o is not None and o is not s.known and o.ra is not None)
            for s in found
        ],
        "other services that know the name",
        "meta.ref",
    )  # fmt: skip
    table["separation_between_services"] = number_column(
        [s.separation for s in found],
        "arcsec",
        "largest distance between the positions of the services, at one epoch",
        "pos.angDistance",
    )
    table["position_error"] = number(
        "position_error", "arcsec", "major axis of the error ellipse of the position", "stat.error;pos.eq"
    )
    table["references"] = text_column(
        [json.dumps(o.references, sort_keys=True) if o.references else "" for o in objects],
        "where quantities are from: bibcode by quantity, JSON",
        "meta.bib.bibcode",
    )
    table.meta["position"] = {
        "ra": "ra",
        "dec": "dec",
        "frame": "ICRS",
        "epoch": "epoch",
        "pmra": "pmra",
        "pmdec": "pmdec",
        "parallax": "parallax",
        "radial_velocity": "radial_velocity",
    }
    return table


def _distance(known: KnownObject) -> float | None:
    """Parsecs, from a parallax that is good enough for its reciprocal."""
    parallax, error = known.numbers.get("parallax"), known.numbers.get("parallax_error")
    if parallax is None or error is None or not error > 0.0 or parallax <= LEAST_PARALLAX_SNR * error:
        return None
    return 1000.0 / parallax


def _json(values: tuple[str, ...]) -> str:
    return json.dumps(list(values), ensure_ascii=False) if values else ""
