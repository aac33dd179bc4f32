"""The registry: which tools there are, and what each one takes, makes and does to the world.

A tool is a plain typed function.  ``@tool`` notes its declaration and returns
the function unchanged, so that it can be called, tested and lifted into a
script with no part of Gnomon around it.  Everything else is read from the
function itself, without running or importing what its annotations name:

* a parameter annotated with a kind (``light_curve: LightCurve``) is an *input*,
  joined to an earlier step; ``Annotated[LightCurve, "detrended"]`` asks for that
  state of the kind, ``list[Figure]`` for one or more;
* ``file: File`` is a file that a person attached;
* every other parameter is an *argument*: ``str``, ``int``, ``bool``, ``Literal[...]``,
  a dimensionless ``float``, or a number with a unit, ``Annotated[float, "d"]``;
  ``list[...]`` of these and ``... | None`` are allowed;
* a parameter called ``seed`` marks the tool as stochastic.

Annotations are read as text (tool modules say ``from __future__ import
annotations``), so listing the tools loads none of their libraries.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Literal, TypeVar

from gnomon.tools.errors import PlanError, RegistrationError
from gnomon.tools.kinds import KINDS

F = TypeVar("F", bound=Callable[..., Any])

Effect = Literal["compute", "read_network", "write_files", "run_code", "spend", "submit"]
EFFECTS: tuple[Effect, ...] = ("compute", "read_network", "write_files", "run_code", "spend", "submit")

Comparison = Literal["exact", "content", "float64", "float32", "decision", "statistical", "view"]
COMPARISONS: tuple[Comparison, ...] = ("exact", "content", "float64", "float32", "decision", "statistical", "view")

ENTRY_POINT_GROUP = "gnomon.tools"


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


_declared: dict[tuple[str, str], Declaration] = {}


def tool(
    *,
    version: str,
    effects: Sequence[Effect],
    seconds: float,
    citations: Sequence[str],
    examples: Sequence[str],
    summary_zh: str,
    method: str,
    method_zh: str,
    comparison: Comparison = "float64",
    seconds_per_1000_rows: float = 0.0,
    recognises: Callable[..., dict[str, Any] | None] | None = None,
) -> Callable[[F], F]:
    """Declare a function to be a tool, and return it unchanged.

    Parameters
    ----------
    version : str
        Raised whenever the tool's results may change.
    effects : sequence of str
        What the tool does to the world, out of `EFFECTS`.
    seconds, seconds_per_1000_rows : float
        Expected processor time on one core: a fixed part and a part that grows with the rows of the attached data.
    citations : sequence of str
        Works that define the method, each with a ``doi:`` or a bibcode.
    examples : sequence of str
        Questions, in English and in Chinese, that this tool answers.  The planner reads them.
    summary_zh : str
        The docstring's first line in Chinese.
    method, method_zh : str
        The sentence for a report's methods paragraph; ``{name}`` stands for an argument's value.
    comparison : str
        How a replayed output is compared, out of `COMPARISONS`.
    recognises : callable, optional
        For a tool that reads a file: ``recognises(path)`` returns ``None`` where the content is not its own, else
        ``{"confidence": 0..1, "found": "one phrase", "found_zh": "the same in Chinese", "rows": int}``.  It looks at content, never at names.
    """
    declaration = Declaration(
        version=version,
        effects=tuple(effects),
        seconds=seconds,
        seconds_per_1000_rows=seconds_per_1000_rows,
        citations=tuple(citations),
        examples=tuple(examples),
        summary_zh=summary_zh,
        method=method,
        method_zh=method_zh,
        comparison=comparison,
        recognises=recognises,
    )

    def declare(function: F) -> F:
        _declared[(function.__module__, function.__qualname__)] = declaration
        return function

    return declare


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
    ``type`` is ``str``, ``int``, ``float``, ``bool`` or ``choice`` for arguments.
    """

    name: str
    role: Literal["input", "file", "argument"]
    description: str
    kind: Kind | None = None
    type: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
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


# --------------------------------------------------------------------------- reading a function


def _annotation(node: ast.expr, name: str, description: str, problems: list[str]) -> dict[str, Any]:
    """Fields of a `Parameter` from the syntax of its annotation."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [node.left, node.right]
        rest = [s for s in sides if not (isinstance(s, ast.Constant) and s.value is None)]
        if len(rest) == 1:
            return {**_annotation(rest[0], name, description, problems), "optional": True}
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        outer, inner = node.value.id, node.slice
        if outer == "list":
            return {**_annotation(inner, name, description, problems), "many": True}
        if outer == "Literal":
            elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            choices = tuple(str(e.value) for e in elements if isinstance(e, ast.Constant))
            return {"role": "argument", "type": "choice", "choices": choices}
        if outer == "Annotated" and isinstance(inner, ast.Tuple) and len(inner.elts) == 2:
            base, note = inner.elts
            if isinstance(base, ast.Name) and isinstance(note, ast.Constant) and isinstance(note.value, str):
                if base.id in KINDS:
                    return {"role": "input", "kind": Kind(base.id, note.value)}
                if base.id in ("float", "int"):
                    return {"role": "argument", "type": base.id, "unit": note.value}
    if isinstance(node, ast.Name):
        if node.id in KINDS:
            return {"role": "input", "kind": Kind(node.id)}
        if node.id == "File":
            return {"role": "file"}
        if node.id in ("str", "int", "float", "bool"):
            return {"role": "argument", "type": node.id}
    problems.append(f"parameter {name!r} has an annotation the registry cannot read: {ast.unparse(node)}")
    return {"role": "argument", "type": "str"}


def _read_function(function: Callable[..., Any], declaration: Declaration) -> Tool:
    """Build the `Tool` of a declared function, or say everything that is wrong with it."""
    from docstring_parser import DocstringStyle, parse

    name = function.__name__
    problems: list[str] = []
    doc = parse(inspect.getdoc(function) or "", style=DocstringStyle.NUMPYDOC)
    described = {name.strip(): (p.description or "").strip() for p in doc.params for name in p.arg_name.split(",")}
    if not (doc.short_description or "").strip():
        problems.append("the docstring has no first line saying what the tool does")
    if not doc.returns or not (doc.returns.description or "").strip():
        problems.append("the docstring has no Returns section")

    parameters: list[Parameter] = []
    for p in inspect.signature(function).parameters.values():
        text = described.get(p.name, "")
        if not text:
            problems.append(f"parameter {p.name!r} is not described")
        if not isinstance(p.annotation, str):
            problems.append(
                f"parameter {p.name!r} has no annotation, or the module lacks `from __future__ import annotations`"
            )
            continue
        fields = _annotation(ast.parse(p.annotation, mode="eval").body, p.name, text, problems)
        required = p.default is inspect.Parameter.empty
        if fields.get("optional") and required:
            problems.append(f"parameter {p.name!r} may be None and so needs a default")
        if (
            fields.get("type") == "float"
            and "unit" not in fields
            and not re.search(r"dimensionless|fraction|ratio|\bsigma|probability|factor", text, re.I)
        ):
            problems.append(
                f"parameter {p.name!r} is a bare float: give a unit, Annotated[float, 'd'], or say it is dimensionless"
            )
        parameters.append(
            Parameter(
                name=p.name,
                description=" ".join(text.split()),
                required=required,
                default=None if required else p.default,
                **fields,
            )
        )

    returned = inspect.signature(function).return_annotation
    kind = Kind("")
    if not isinstance(returned, str):
        problems.append("the return annotation must name a kind")
    else:
        fields = _annotation(ast.parse(returned, mode="eval").body, "return", "", problems)
        kind = fields.get("kind") or kind
        if not kind.name:
            problems.append(f"the return annotation {returned!r} is not a kind; kinds are {', '.join(sorted(KINDS))}")

    d = declaration
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?", d.version):
        problems.append(f"version {d.version!r} is not of the form 1.0")
    if not d.effects or any(e not in EFFECTS for e in d.effects):
        problems.append(f"effects {list(d.effects)} are not out of {', '.join(EFFECTS)}")
    if d.comparison not in COMPARISONS:
        problems.append(f"comparison {d.comparison!r} is not out of {', '.join(COMPARISONS)}")
    if not d.citations or any(not re.search(r"doi:10\.|\b\d{4}[A-Za-z&.]{5}", c) for c in d.citations):
        problems.append("citations must each carry a doi: or a bibcode, and there must be one")
    if not any(re.search(r"[\u4e00-\u9fff]", e) for e in d.examples) or not any(
        re.search(r"[A-Za-z]{3}", e) for e in d.examples
    ):
        problems.append("examples need at least one question in English and one in Chinese")
    if not d.summary_zh or not d.method or not d.method_zh:
        problems.append("summary_zh, method and method_zh must be given")
    names = {p.name for p in parameters}
    for template in (d.method, d.method_zh):
        unknown = set(re.findall(r"\{(\w+)\}", template)) - names
        if unknown:
            problems.append(f"the method sentence names {', '.join(sorted(unknown))}, which are no parameters")
    if any(p.role == "file" for p in parameters) and d.recognises is None:
        problems.append("a tool that reads a file must say what it recognises")
    if problems:
        where = f"{function.__module__}.{name}"
        raise RegistrationError(f"Tool {where} is not fit to be registered: " + "; ".join(problems) + ".")
    return Tool(
        name=name,
        area=function.__module__.rsplit(".", 2)[-2] if function.__module__.count(".") > 1 else function.__module__,
        function=function,
        declaration=d,
        summary=(doc.short_description or "").strip(),
        description=(doc.long_description or "").strip(),
        parameters=tuple(parameters),
        kind=kind,
        raises=tuple(r.type_name or "" for r in doc.raises),
    )


def _modules(root: ModuleType) -> Iterator[ModuleType]:
    yield root
    if hasattr(root, "__path__"):
        for info in pkgutil.walk_packages(root.__path__, root.__name__ + "."):
            yield importlib.import_module(info.name)


@dataclass(frozen=True)
class Recognition:
    """What a reader found in a file."""

    tool: str
    kind: Kind
    confidence: float
    found: str
    rows: int
    found_zh: str = ""


class Registry(Mapping[str, Tool]):
    """The tools that are there, by name.

    Parameters
    ----------
    tools : iterable of Tool
        Usually from `Registry.load` or `Registry.of_modules`.
    """

    def __init__(self, tools: Iterable[Tool], refused: Sequence[RegistrationError] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        self.refused = tuple(refused)
        for t in tools:
            if t.name in self._tools and self._tools[t.name].function is not t.function:
                raise RegistrationError(
                    f"Two tools are called {t.name!r}: {self._tools[t.name].function.__module__} and {t.function.__module__}.",
                    remedy="Rename one of them.",
                )
            self._tools[t.name] = t

    @classmethod
    def of_modules(cls, modules: Iterable[ModuleType]) -> Registry:
        """All declared functions defined in these modules, and in the modules below them where one is a package.

        Raises
        ------
        RegistrationError
            Where a tool is not fit.
        """
        registry = cls.fit_of_modules(modules)
        for refusal in registry.refused:
            raise refusal
        return registry

    @classmethod
    def fit_of_modules(cls, modules: Iterable[ModuleType]) -> Registry:
        """As `of_modules`, with the tools that are not fit left out and told in ``refused``."""
        found: list[Tool] = []
        refused: list[RegistrationError] = []
        for root in modules:
            for module in _modules(root):
                for (owner, qualname), declaration in list(_declared.items()):
                    if owner == module.__name__:
                        try:
                            found.append(_read_function(getattr(module, qualname), declaration))
                        except RegistrationError as refusal:
                            refused.append(refusal)
        return cls(found, refused)

    @classmethod
    def load(cls) -> Registry:
        """All tools offered through the entry-point group ``gnomon.tools``, built-in ones and third parties' alike.

        A tool that is not fit, or an entry point that cannot be imported, is refused and told in ``refused``; one bad package
        must not take the others away.
        """
        modules: list[ModuleType] = []
        refused: list[RegistrationError] = []
        for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
            try:
                modules.append(point.load())
            except ImportError as error:
                refused.append(
                    RegistrationError(
                        f"The entry point {point.name} = {point.value} of the group {ENTRY_POINT_GROUP} cannot be imported: {error}.",
                        remedy="Uninstall or repair the package that offers it.",
                    )
                )
        registry = cls.fit_of_modules(modules)
        return cls(registry.values(), [*refused, *registry.refused])

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._tools))

    def __len__(self) -> int:
        return len(self._tools)

    def tool(self, name: str) -> Tool:
        """The tool of that name.

        Raises
        ------
        PlanError
            Where there is none; the remedy names the nearest one.
        """
        import difflib

        if name in self._tools:
            return self._tools[name]
        near = difflib.get_close_matches(name, self._tools, n=1)
        hint = f"Did you mean {near[0]}?" if near else "`gnomon tools` lists what there is."
        raise PlanError(f"There is no tool called {name!r}.", remedy=hint)

    def makers(self, kind: Kind) -> list[Tool]:
        """Tools whose output may stand where `kind` is asked for; exact states first, cheaper ones before dearer."""
        found = [t for t in self.values() if kind.accepts(t.kind)]
        return sorted(found, key=lambda t: (t.kind != kind, t.declaration.seconds, t.name))

    @cached_property
    def readers(self) -> list[Tool]:
        """Tools that read an attached file."""
        return [t for t in self.values() if t.files]

    @staticmethod
    def describe(path: Any) -> str:
        """One phrase saying what a file is, by its content; for files that no reader knows."""
        from gnomon.tools.reading.content import describe_file

        return describe_file(path)

    def recognise(self, path: Any) -> list[Recognition]:
        """What each reader finds in a file, the most confident first; empty where none knows it."""
        found = []
        for t in self.readers:
            assert t.declaration.recognises is not None  # checked at registration
            seen = t.declaration.recognises(path)
            if seen is not None:
                text = str(seen["found"])
                found.append(
                    Recognition(
                        tool=t.name,
                        kind=t.kind,
                        confidence=float(seen["confidence"]),
                        found=text,
                        rows=int(seen.get("rows", 0)),
                        found_zh=str(seen.get("found_zh", text)),
                    )
                )
        return sorted(found, key=lambda r: (-r.confidence, r.tool))
