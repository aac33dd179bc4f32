"""VOEvent 2.0 packets, as the tree that `voevent_tree` makes of their XML.

Read from the schema of the IVOA Recommendation Sky Event Reporting Metadata 2.0 of 2011-07-11 (github.com/ivoa-std/VOEvent, ``VOEvent-v2.0.xsd``),
2011ivoa.spec.0711S: the elements that a planned observation uses, each at most as often as there.  Attributes are ``@name``, text is ``#text``, and every
element is a list.
"""

from __future__ import annotations

from typing import Any

_FLOAT = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$"
_COORDINATES = ["UTC-ICRS-TOPO", "UTC-ICRS-GEO", "UTC-GEOD-TOPO"]


def _element(
    attributes: dict[str, Any] | None = None, children: dict[str, Any] | None = None, text: str | None = None, required: tuple[str, ...] = ()
) -> dict[str, Any]:  # fmt: skip
    properties: dict[str, Any] = {f"@{k}": v for k, v in (attributes or {}).items()} | (children or {})
    if text is not None:
        properties["#text"] = {"type": "string", "pattern": text}
    needed = [*required, *(["#text"] if text is not None else [])]
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": needed}


def _once(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": 1, "items": item}


def _many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": item}


_STRING = {"type": "string"}
_ANY = _element(text=r"[\s\S]*")
_NUMBER = _element(text=_FLOAT)
_PARAM = _element(
    {"name": _STRING, "ucd": _STRING, "value": _STRING, "unit": _STRING, "dataType": {"enum": ["string", "float", "int"]}},
    required=("@name", "@value"),
)  # fmt: skip
_SYSTEM = _element({"id": {"enum": _COORDINATES}}, required=("@id",))


def _place(name: str, coordinates: dict[str, Any]) -> dict[str, Any]:
    astro = _element(
        {"coord_system_id": {"enum": _COORDINATES}}, coordinates, required=("@coord_system_id", *coordinates)
    )
    children = {"AstroCoordSystem": _once(_SYSTEM), "AstroCoords": _once(astro)}
    attributes = {"id": _STRING} if name == "ObservatoryLocation" else {}
    return _element(attributes, children, required=tuple(children))


_TIMES = _element(
    {"unit": {"const": "s"}},
    {"TimeInstant": _once(_element(children={"ISOTime": _once(_element(text=_TIME))}, required=("ISOTime",)))},
    required=("TimeInstant",),
)
_POSITION_2D = _element(
    {"unit": {"const": "deg"}},
    {
        "Name1": _once(_ANY),
        "Name2": _once(_ANY),
        "Value2": _once(_element(children={"C1": _once(_NUMBER), "C2": _once(_NUMBER)}, required=("C1", "C2"))),
        "Error2Radius": _once(_NUMBER),
    },
    required=("Value2", "Error2Radius"),
)
_POSITION_3D = _element(
    {"unit": {"const": "deg-deg-m"}},
    {
        "Value3": _once(
            _element(children={c: _once(_NUMBER) for c in ("C1", "C2", "C3")}, required=("C1", "C2", "C3")),
        )
    },
    required=("Value3",),
)

PACKET: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "VOEvent 2.0 packet of a planned observation",
    **_element(
        {
            "version": {"const": "2.0"},
            # Fragments name the packet; the part before is the author's stream.
            "ivorn": {"type": ["string", "null"], "pattern": r"^ivo://[A-Za-z0-9][\w.\-~*'()/]+#[\w.\-]+$"},
            "role": {"const": "utility"},
        },
        {
            "Who": _once(
                _element(
                    children={
                        "AuthorIVORN": _once(_element(text=r"^ivo://\S+$")),
                        "Date": _once(_element(text=_TIME)),
                        "Author": _once(_element(children={"contactName": _once(_ANY), "title": _once(_ANY)})),
                    },
                    required=("AuthorIVORN", "Date"),
                )
            ),
            "What": _once(
                _element(
                    children={
                        "Param": _many(_PARAM),
                        "Group": _many(_element({"name": _STRING}, {"Param": _many(_PARAM)}, required=("Param",))),
                    },
                    required=("Param",),
                )
            ),
            "WhereWhen": _once(
                _element(
                    children={
                        "ObsDataLocation": _once(
                            _element(
                                children={
                                    "ObservatoryLocation": _once(_place("ObservatoryLocation", {"Position3D": _once(_POSITION_3D)})),
                                    "ObservationLocation": _once(_place("ObservationLocation", {"Time": _once(_TIMES), "Position2D": _once(_POSITION_2D)})),
                                },
                                required=("ObservatoryLocation", "ObservationLocation"),
                            )
                        )
                    },
                    required=("ObsDataLocation",),
                )
            ),
            "How": _once(_element(children={"Description": _many(_ANY)}, required=("Description",))),
            "Why": _once(_element({"expires": {"type": "string", "pattern": _TIME}}, {"Name": _once(_ANY)}, required=("Name",))),
            "Citations": _once(
                _element(
                    children={
                        "EventIVORN": _many(
                            _element({"cite": {"enum": ["followup", "supersedes", "retraction"]}}, text=r"^ivo://\S+$", required=("@cite",)),
                        )
                    },
                    required=("EventIVORN",),
                )
            ),
        },
        required=("@version", "@ivorn", "@role", "Who", "What", "How", "Why"),
    ),
}  # fmt: skip
