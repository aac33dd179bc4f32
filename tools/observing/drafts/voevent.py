"""VOEvent 2.0 packets of planned observations, for brokers that take no other form yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.documents.schedule import PlannedVisit
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import Place, check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.outside_text import file_stem, plain
from gnomon.tools.observing.drafts.places import place_at
from gnomon.tools.observing.drafts.plan import BROKEN_CHAIN, Past, Plan, Stay
from gnomon.tools.observing.drafts.schemas.voevent import PACKET

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SPACE = "http://www.ivoa.net/xml/VOEvent/v2.0"
_SCHEMA = f"{_SPACE} http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def voevents(plan: Plan) -> list[Draft]:
    """A packet for each visit that is planned or running, and one that withdraws for each that the last replanning dropped.

    Packets have the role ``utility``, since they say nothing of what was seen.  The error of the position is that of the target; where the request gives none
    it is 0, since a pointing is where the telescope is sent.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Details asked for: ``authority`` (without it the packet has no identifier) and ``date``; ``contact`` where somebody shall be named.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    history = plan.history()
    told = [(plan.identity(s.planned), s) for s in plan.stays if s.planned.state in ("planned", "running")]
    drafts = [_packet(plan, key, history[key], stay) for key, stay in told]
    return drafts + [_packet(plan, key, past, None) for key, past in plan.dropped().items()]


def _packet(plan: Plan, key: str, past: Past, stay: Stay | None) -> Draft:
    from xml.etree import ElementTree

    wanted = Wanted(plan.details, "voevent")
    if plan.broken_chain:
        wanted.lack(*BROKEN_CHAIN)
    visit, number = past.visit, past.number
    blanks: list[Place] = []
    authority = wanted.must("authority", (), visit.telescope)
    stamp = plan.stamp("voevent")
    if authority is None:
        blanks += [("@ivorn",), ("Who", 0, "AuthorIVORN", 0, "#text")]
    if stamp is None:
        wanted.must("date")
        blanks += [("Who", 0, "Date", 0, "#text")]
    author = "" if authority is None else f"ivo://{plain(authority).removeprefix('ivo://')}"
    ElementTree.register_namespace("voe", _SPACE)
    root = ElementTree.Element(
        f"{{{_SPACE}}}VOEvent",
        {"version": "2.0", "role": "utility", "ivorn": f"{author}#{key}-{number}" if author else "", f"{{{_INSTANCE}}}schemaLocation": _SCHEMA},
    )  # fmt: skip
    who = _child(root, "Who")
    _child(who, "AuthorIVORN", author)
    _child(who, "Date", "" if stamp is None else text_of(stamp).rstrip("Z"))
    contact = wanted.may("contact", visit.telescope)
    if contact is not None:
        _child(_child(who, "Author"), "contactName", plain(contact))
    _what(root, plan, key, visit, stay)
    if stay is not None:
        _where_when(root, stay)
    telescope = plan.telescopes.telescopes[visit.telescope]
    _child(_child(root, "How"), "Description", plain(f"{telescope.name}, {visit.instrument}"))
    why = _child(root, "Why", None, {"expires": text_of(visit.end).rstrip("Z")})
    request = plan.requests.requests.get(visit.request)
    _child(why, "Name", plain(visit.request if request is None else request.target.name))
    if author and past.before is not None:
        # The packet before has the number of the replanning that changed the visit before.
        cite = "supersedes" if stay is not None else "retraction"
        _child(_child(root, "Citations"), "EventIVORN", f"{author}#{key}-{past.before}", {"cite": cite})
    ElementTree.indent(root)
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    tree = _blanked(voevent_tree(content), blanks)
    check_form(tree, PACKET, f"The VOEvent of {visit.request}/{visit.visit}", blanks)
    name = f"{file_stem('voevent', visit.telescope, visit.request, visit.visit)}.xml"
    return Draft("voevent", visit.telescope, name, "application/xml", content, tuple(wanted.missing), tuple(wanted.warnings))  # fmt: skip


def _what(root: Element, plan: Plan, key: str, visit: PlannedVisit, stay: Stay | None) -> None:
    what = _child(root, "What")
    state = "withdrawn" if stay is None else visit.state
    told = [("state", state, "", ""), ("observation", key, "meta.id", ""), ("telescope", visit.telescope, "instr.tel", ""), ("instrument", visit.instrument, "instr", "")]  # fmt: skip
    for name, value, ucd, unit in told:
        _param(what, name, value, ucd, unit)
    _param(what, "schedule", plan.digest, "meta.id")
    if stay is None:
        return
    _param(what, "mode", stay.visit.mode)
    _param(what, "start", text_of(visit.start), "time.start")
    _param(what, "end", text_of(visit.end), "time.end")
    for exposures in stay.exposures:
        group = _child(what, "Group", None, {"name": plain(f"exposures {exposures.band}")})
        _param(group, "band", plain(exposures.band), "instr.bandpass")
        _param(group, "count", str(exposures.count), "meta.number", "", "int")
        _param(group, "seconds", repr(float(exposures.seconds)), "time.duration;obs.exposure", "s", "float")


def _where_when(root: Element, stay: Stay) -> None:
    ra, dec = place_at(stay.request.target, stay.planned.start)
    data = _child(_child(root, "WhereWhen"), "ObsDataLocation")
    observatory = _child(data, "ObservatoryLocation", None, {"id": plain(stay.site.name)})
    _child(observatory, "AstroCoordSystem", None, {"id": "UTC-GEOD-TOPO"})
    place = _child(_child(observatory, "AstroCoords", None, {"coord_system_id": "UTC-GEOD-TOPO"}), "Position3D", None, {"unit": "deg-deg-m"})  # fmt: skip
    value = _child(place, "Value3")
    for axis, number in (("C1", stay.site.longitude), ("C2", stay.site.latitude), ("C3", stay.site.height)):
        _child(value, axis, repr(float(number)))
    observation = _child(data, "ObservationLocation")
    _child(observation, "AstroCoordSystem", None, {"id": "UTC-ICRS-TOPO"})
    coordinates = _child(observation, "AstroCoords", None, {"coord_system_id": "UTC-ICRS-TOPO"})
    instant = _child(_child(coordinates, "Time", None, {"unit": "s"}), "TimeInstant")
    _child(instant, "ISOTime", text_of(stay.planned.start).rstrip("Z"))
    position = _child(coordinates, "Position2D", None, {"unit": "deg"})
    _child(position, "Name1", "RA")
    _child(position, "Name2", "Dec")
    both = _child(position, "Value2")
    _child(both, "C1", f"{ra:.7f}")
    _child(both, "C2", f"{dec:.7f}")
    _child(position, "Error2Radius", repr(float(stay.request.target.error or 0.0)))


def _child(parent: Element, name: str, text: str | None = None, attributes: dict[str, str] | None = None) -> Element:
    from xml.etree.ElementTree import SubElement

    element = SubElement(parent, name, attributes or {})
    element.text = text
    return element


def _param(parent: Element, name: str, value: str, ucd: str = "", unit: str = "", kind: str = "string") -> None:
    attributes = {"name": name, "value": plain(value), "ucd": ucd, "unit": unit, "dataType": kind}
    _child(parent, "Param", None, {k: v for k, v in attributes.items() if v or k == "value"})


def voevent_tree(content: bytes) -> dict[str, Any]:
    """A packet as plain JSON: attributes as ``@name``, text as ``#text``, and each kind of element inside as a list."""
    from xml.etree import ElementTree

    def told(element: Element) -> dict[str, Any]:
        value: dict[str, Any] = {f"@{k}": v for k, v in element.attrib.items() if not k.startswith("{")}
        for child in element:
            value.setdefault(child.tag, []).append(told(child))
        if element.text is not None and (element.text.strip() or not len(element)):
            value["#text"] = element.text
        return value

    return told(ElementTree.fromstring(content))


def _blanked(tree: dict[str, Any], blanks: list[Place]) -> dict[str, Any]:
    """The tree with null where text is empty since nobody has told it."""
    for path in blanks:
        inner: Any = tree
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = None
    return tree
