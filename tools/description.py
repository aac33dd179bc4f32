"""What is known of a tool: its declaration, its parameters, the kinds it takes and makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from gnomon.tools.costs import Cost, CostFunction
from gnomon.tools.errors import PlanError
from gnomon.tools.interval import Interval

Effect = Literal["compute", "read_network", "write_files", "run_code", "spend", "submit"]
EFFECTS: tuple[Effect, ...] = ("compute", "read_network", "write_files", "run_code", "spend", "submit")

Comparison = Literal["exact", "content", "float64", "float32", "decision", "statistical", "view"]
COMPARISONS: tuple[Comparison, ...] = ("exact", "content", "float64", "float32", "decision", "statistical", "view")


@dataclass(frozen=True)
class Declaration:
    """What ``@tool`` was told; see `tool`."""

    version: str
    effects: tuple[str, ...]
    seconds: float
    seconds_per_1000_rows: float
    citations: tuple[str, ...]
    examples: tuple[str, ...]
    summary_zh: str
    method: str
    method_zh: str
    comparison: str
    recognises: Callable[..., dict[str, Any] | None] | None
    provisional: bool = False
    weights: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    cost: CostFunction | None = None
    ended_by: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of value, with the state it must be in (``""`` for any)."""

    name: str
    state: str = ""

    def accepts(self, other: Kind) -> bool:
        """Whether a value of kind `other` may stand where this kind is asked for."""
        return self.name == other.name and self.state in ("", other.state)

    def __str__(self) -> str:
        return f"{self.name}[{self.state}]" if self.state else self.name

    @classmethod
    def parse(cls, text: str) -> Kind:
        """Read the form that `str` writes, ``LightCurve[detrended]``."""
        match = re.fullmatch(r"(\w+)(?:\[([\w-]+)\])?", text)
        if not match:
            raise PlanError(f"{text!r} is not the name of a kind.", remedy="Write it like LightCurve[detrended].")
        return cls(match[1], match[2] or "")


# What a text can be, by which a question's words find it.
SORTS = {
    "object": "the name of a celestial object, or a position",
    "position": "a position on the sky",
    "body": "the name of a body of the solar system",
    "transient": "the name of a supernova, a burst or another transient",
    "start": "a date from which on",
    "end": "a date until which",
    "site": "the code of an observatory at the Minor Planet Center",
    "adql": "a query in ADQL",
    "subject": "words for what something is about",
    "service": "the name of a service, or its address",
    "catalogue": "the name of a catalogue, or its address",
    "survey": "the name of a survey, or the address of its service",
    "facility": "the name of a telescope, an instrument or a mission",
    "class": "a class of objects",
    "band": "a band of light, by the letters of its filter",
    "column": "the name of a column of a table",
    "column unit": "a column and its unit, as pmra=mas/yr",
    "folder": "a folder on this machine",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool.

    ``role`` is ``input`` (joined to a step), ``file`` (attached by a person) or ``argument`` (a value in the plan);
    ``type`` is ``str``, ``int``, ``float``, ``bool``, ``choice`` or ``weights`` (a SHA-256) for arguments; ``within`` are the
    numbers that it may be, in its unit.  Of a text ``sort`` says what it is, one of `SORTS`, and ``known`` names some that it may be,
    out of more.
    """

    name: str
    role: Literal["input", "file", "argument"]
    description: str
    kind: Kind | None = None
    type: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
    within: Interval | None = None
    many: bool = False
    optional: bool = False
    sort: str = ""
    known: tuple[str, ...] = ()
    required: bool = True
    default: Any = None

    def schema(self) -> dict[str, Any]:
        """JSON form, for people and language models."""
        out: dict[str, Any] = {"name": self.name, "role": self.role, "description": self.description}
        if self.kind:
            out["kind"] = str(self.kind)
        for key in ("type", "unit"):
            if getattr(self, key):
                out[key] = getattr(self, key)
        if self.choices:
            out["choices"] = list(self.choices)
        if self.sort:
            out["sort"] = self.sort
        if self.known:
            out["known"] = list(self.known)
        if self.within:
            out["within"] = str(self.within)
        if self.many:
            out["many"] = True
        out["required"] = self.required
        if self.role == "argument" and not self.required:
            out["default"] = self.default
        return out


@dataclass(frozen=True)
class Tool:
    """A registered tool: the function, what it declares, and what its signature and docstring say."""

    name: str
    area: str
    function: Callable[..., Any]
    declaration: Declaration
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    kind: Kind
    raises: tuple[str, ...] = field(default=())

    @property
    def version(self) -> str:
        """Version of the tool."""
        return self.declaration.version

    @property
    def effects(self) -> tuple[str, ...]:
        """What the tool does to the world."""
        return self.declaration.effects

    @cached_property
    def inputs(self) -> tuple[Parameter, ...]:
        """Parameters joined to earlier steps."""
        return tuple(p for p in self.parameters if p.role == "input")

    @cached_property
    def files(self) -> tuple[Parameter, ...]:
        """Parameters that are attached files."""
        return tuple(p for p in self.parameters if p.role == "file")

    @cached_property
    def arguments(self) -> tuple[Parameter, ...]:
        """Parameters that are values in the plan."""
        return tuple(p for p in self.parameters if p.role == "argument")

    @property
    def stochastic(self) -> bool:
        """Whether the tool draws random numbers (it then has a ``seed``)."""
        return any(p.name == "seed" for p in self.parameters)

    def clock_ends(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the clock ends the tool's work with these arguments, so that what it makes hangs on how fast the machine is."""
        return bool(self.declaration.ended_by) and arguments.get(self.declaration.ended_by) is not None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if there is one."""
        return next((p for p in self.parameters if p.name == name), None)

    def cost(self, rows: int = 0) -> dict[str, float]:
        """Expected processor time for data of `rows` rows."""
        seconds = self.declaration.seconds + self.declaration.seconds_per_1000_rows * rows / 1000
        return {"seconds": round(seconds, 2)}

    def expected(self, arguments: Mapping[str, Any], rows: int = 0) -> Cost:
        """What a step of this tool is expected to cost.

        Parameters
        ----------
        arguments : mapping
            All of them, as the function gets them, numbers in the declared units.
        rows : int
            Of the largest input.
        """
        seconds = self.cost(rows)["seconds"]
        if self.declaration.cost is None:
            return Cost(seconds=seconds)
        cost = self.declaration.cost(arguments, rows)
        return replace(cost, seconds=round(seconds if cost.seconds is None else cost.seconds, 2))

    def schema(self) -> dict[str, Any]:
        """JSON form, for people and language models."""
        d = self.declaration
        return {
            "name": self.name,
            "area": self.area,
            "version": d.version,
            "summary": self.summary,
            "summary_zh": d.summary_zh,
            "description": self.description,
            "kind": str(self.kind),
            "parameters": [p.schema() for p in self.parameters],
            "effects": list(d.effects),
            "cost": {"seconds": d.seconds, "seconds_per_1000_rows": d.seconds_per_1000_rows},
            "stochastic": self.stochastic,
            "comparison": d.comparison,
            "citations": list(d.citations),
            "examples": list(d.examples),
            "raises": list(self.raises),
        }
