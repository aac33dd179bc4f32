"""Packets in VOEvent 2.0 (XML): read without entities, document types or anything fetched.

References
----------
Seaman et al. 2011, Sky Event Reporting Metadata Version 2.0, IVOA Recommendation, doi:10.5479/ADS/bib/2011ivoa.spec.0711S.  Names of parameters
are those of GCN's VOEvents and of LVK's (emfollow.docs.ligo.org/userguide); indices of GBM's classes those of GCN's definition of its
packets (gcn.gsfc.nasa.gov/sock_pkt_def_doc.html).
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.packet_values import Values, as_number, lower_name, plain_text

_DEEPEST, _MOST_ELEMENTS = 50, 20_000
_TENSES = {"observation": "current", "test": "test", "prediction": "prediction", "utility": "utility"}
_SOURCES = {"lvc": "lvk", "lvk": "lvk", "fsc": "svom", "gbm": "fermi", "swift_bat": "swift"}
_EVENT_NAMES = ("GraceID", "TrigID", "Burst_Id", "AMON_ID", "event_id", "Event_ID", "Name", "Src_Name")
_SNR = ("Data_Signif", "Burst_Signif", "Rate_Signif", "Image_Signif", "SNR", "Significance")
# Of "Most_Likely_Index" of the Gamma-ray Burst Monitor.
_GBM_CLASSES = ("ERROR", "UNRELIABLE_LOCATION", "LOCAL_PARTICLES", "BELOW_HORIZON", "GRB", "GENERIC_SGR", "GENERIC_TRANSIENT",
                "DISTANT_PARTICLES", "SOLAR_FLARE", "CYG_X1", "SGR_1806_20", "GROJ_0422_32")  # fmt: skip


def parse_xml(content: bytes) -> Element:
    """The tree of a small XML document, names without their namespaces.

    Raises
    ------
    InputError
        Where it is not well-formed, declares a document type or an entity, or is too deep or too large.
    """
    builder, depth, count = TreeBuilder(), 0, 0
    parser = expat.ParserCreate(namespace_separator="}")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST_ELEMENTS:
            raise InputError("The XML is deeper or larger than any packet.", remedy="Ask its sender.")
        builder.start(name.rpartition("}")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name.rpartition("}")[2])

    def refuse(*_told: Any) -> None:
        raise InputError(
            "The XML declares a document type or an entity.", remedy="A packet has neither; ask its sender."
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    try:
        parser.Parse(content, True)
        root = builder.close()
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last for encodings that nobody knows
        raise InputError(f"The XML is not well-formed: {plain_text(str(error))}.", remedy="Ask its sender.") from error
    assert isinstance(root, Element)
    return root


def read_voevent(content: bytes, digest: str) -> list[Alert]:
    """The alert of one VOEvent.

    Parameters
    ----------
    content : bytes
    digest : str
        Of the packet.

    Raises
    ------
    InputError
        Where it is no VOEvent, has no IVORN, or has a time or position that is none.
    """
    root = parse_xml(content)
    ivorn = plain_text(root.get("ivorn"), 300)
    if root.tag != "VOEvent" or "#" not in ivorn:
        raise InputError(f"The XML is no VOEvent with an IVORN, but {plain_text(root.tag)}.", remedy="Ask its sender.")
    params, groups = _params(root)
    values = Values({**params, "Date": root.findtext("Who/Date")}, "The VOEvent")
    source = _source(ivorn)
    names = tuple(dict.fromkeys(v for n in _EVENT_NAMES if (v := values.text(n)) and v != "0"))
    event = f"{source}:{names[0]}" if names else f"{source}:{ivorn.rpartition('#')[2]}"
    cited = [(plain_text(e.get("cite")), plain_text(e.text, 300)) for e in root.iterfind("Citations/EventIVORN")]
    stage = values.text("AlertType").lower()
    tense = _TENSES.get(plain_text(root.get("role")), "test")  # a role that is unknown proposes nothing
    if tense == "current" and (
        values.truth("HardwareInj") or values.truth("Test_Submission") or values.text("Search") == "MDC"
    ):
        tense = "test"  # fmt: skip
    ra, dec, error = _place(root, values)
    return [
        Alert(
            identifier=ivorn,
            event=event,
            source=source,
            form="voevent",
            digest=digest,
            kind=_kind(stage, [how for how, _which in cited], ivorn),
            # Only LVK counts the notices on an event; the serial numbers of GCN's other packets run on over events.
            version=values.whole("Pkt_Ser_Num") if source == "lvk" else None,
            names=names,
            instrument=values.text("Instrument") or values.text("Pipeline"),
            messenger="GW" if source == "lvk" else "",
            stage=stage or lower_name(ivorn.rpartition("#")[2].partition("20")[0]),
            trigger_type=values.text("Group") or values.text("Trigger_Type"),
            tense=tense,
            is_test=tense == "test",
            time_event=_event_time(root, values),
            time_notice=values.time("Date"),
            ra=ra,
            dec=dec,
            error=error,
            skymap_url=values.text("skymap_fits", 500),
            classification=_scores(groups.get("Classification", {}), values) or _gbm_class(values),
            properties=_scores(groups.get("Properties", {}), values),
            significant=values.truth("Significant"),
            far=values.number("FAR", 0),
            snr=next((s for n in _SNR if (s := values.number(n, 0)) is not None), None),
            duration=values.number("Duration", 0),
            instruments=tuple(t for t in values.text("Instruments").split(",") if t),
            follows=tuple(dict.fromkeys(which for how, which in cited if how == "followup")),
            flags=_flags(params),
            url=values.text("EventPage", 500),
            text=plain_text(" ".join((root.findtext("Why/Description") or root.findtext("Description") or "").split()), 2000),
            notes=tuple(values.notes),
        )
    ]  # fmt: skip


def _params(root: Element) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Values of parameters by name, and those of groups by the group's name or type; the first of a name counts."""
    held: dict[str, str] = {}
    groups: dict[str, dict[str, str]] = {}
    for place in root.iterfind("What"):
        for element in place:
            if element.tag == "Param":
                held.setdefault(plain_text(element.get("name")), element.get("value") or "")
            elif element.tag == "Group":
                group = groups.setdefault(element.get("type") or element.get("name") or "", {})
                for param in element.iterfind("Param"):
                    name, value = plain_text(param.get("name")), param.get("value") or ""
                    group.setdefault(name, value)
                    if element.get("type") not in ("Classification", "Properties"):
                        held.setdefault(name, value)
    return held, groups


def _source(ivorn: str) -> str:
    """Who saw it: ``ivo://nasa.gsfc.gcn/Fermi#GBM…`` is of fermi."""
    name = lower_name(ivorn.partition("#")[0].rpartition("/")[2])
    return _SOURCES.get(name, name) or "voevent"


def _kind(stage: str, cited: list[str], ivorn: str) -> str:
    if "retraction" in cited or stage == "retraction" or ivorn.lower().endswith("retraction"):
        return "retraction"
    if "supersedes" in cited or stage == "update":
        return "update"
    return "initial" if stage else ""


def _event_time(root: Element, values: Values) -> float | None:
    text = next((e.text for e in root.iterfind("WhereWhen/ObsDataLocation/ObservationLocation//ISOTime")), None)
    return Values({"ISOTime": text}, values.where).time("ISOTime")


def _place(root: Element, values: Values) -> tuple[float | None, float | None, float | None]:
    """Position and error radius [deg].  FK5 at J2000.0 counts as ICRS, from which it differs by 0.02 arcsec."""
    coords = root.find("WhereWhen/ObsDataLocation/ObservationLocation/AstroCoords")
    place = None if coords is None else coords.find("Position2D")
    if coords is None or place is None:
        return None, None, None
    system = plain_text(coords.get("coord_system_id"))
    names = [plain_text(place.findtext(n)).lower() for n in ("Name1", "Name2")]
    if not ("FK5" in system or "ICRS" in system) or names not in (["ra", "dec"], ["", ""]):
        values.notes.append(f"The position is in {system or 'no system'}, and was left out.")
        return None, None, None
    if place.get("unit") not in ("deg", "degrees", None):
        values.notes.append(f"The position is in {plain_text(place.get('unit'))}, and was left out.")
        return None, None, None
    told = Values({"ra": place.findtext("Value2/C1"), "dec": place.findtext("Value2/C2")}, values.where)
    (ra, dec), error = told.position(), as_number(place.findtext("Error2Radius"))
    if (ra, dec) == (0.0, 0.0) and not error:
        values.notes.append(
            "The position 0 0 without an error stands for none."
        )  # so GCN writes it before there is one
        return None, None, None
    if error is not None and not 0 < error <= 180:
        values.notes.append(f"The error radius is {error:g} deg, and was left out.")
        error = None
    return ra, dec, error


def _scores(group: dict[str, str], values: Values) -> dict[str, float]:
    told = Values(group, values.where)
    found = {name: told.number(name, 0, 1) for name in list(group)[:200]}
    values.notes += told.notes
    return {k: v for k, v in found.items() if k and v is not None}


def _gbm_class(values: Values) -> dict[str, float]:
    index, percent = values.whole("Most_Likely_Index"), values.number("Most_Likely_Prob", 0, 100)
    if index is None or percent is None or index >= len(_GBM_CLASSES):
        return {}
    return {_GBM_CLASSES[index]: percent / 100}


def _flags(params: dict[str, str]) -> tuple[str, ...] | None:
    told = {name: value.strip().lower() for name, value in params.items()}
    if not any(v in ("true", "false") for v in told.values()):
        return None
    return tuple(name for name, value in told.items() if value == "true")[:200]
