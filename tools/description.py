"""What is known of a tool: its declaration, its parameters, the kinds it takes and makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool.

    ``role`` is ``input`` (joined to a step), ``file`` (attached by a person) or ``argument`` (a value in the plan);
    ``type`` is ``str``, ``int``, ``float``, ``bool``, ``choice`` or ``weights`` (a SHA-256) for arguments; ``within`` are the
    numbers that it may be, in its unit.
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

    @property
    def inputs(self) -> tuple[Parameter, ...]:
        """Parameters joined to earlier steps."""
        return tuple(p for p in self.parameters if p.role == "input")

    @property
    def files(self) -> tuple[Parameter, ...]:
        """Parameters that are attached files."""
        return tuple(p for p in self.parameters if p.role == "file")

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """Parameters that are values in the plan."""
        return tuple(p for p in self.parameters if p.role == "argument")

    @property
    def stochastic(self) -> bool:
        """Whether the tool draws random numbers (it then has a ``seed``)."""
        return any(p.name == "seed" for p in self.parameters)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if there is one."""
        return next((p for p in self.parameters if p.name == name), None)

    def cost(self, rows: int = 0) -> dict[str, float]:
        """Expected cost for data of `rows` rows."""
        seconds = self.declaration.seconds + self.declaration.seconds_per_1000_rows * rows / 1000
        return {"seconds": round(seconds, 2)}

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
