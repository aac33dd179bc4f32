"""The registry: which tools there are, and what each one takes, makes and does to the world.

A tool is a plain typed function.  ``@tool`` notes its declaration and returns
the function unchanged, so that it can be called, tested and lifted into a
script with no part of Gnomon around it.  Everything else is read from the
function itself, without running or importing what its annotations name:

* a parameter annotated with a kind (``light_curve: LightCurve``) is an *input*,
  joined to an earlier step; ``Annotated[LightCurve, "detrended"]`` asks for that
  state of the kind, ``list[Figure]`` for one or more;
* ``file: File`` is a file that a person attached;
* ``weights: Weights`` is a file of trained weights; plans name it by its SHA-256, and the function gets its path;
* every other parameter is an *argument*: ``str``, ``int``, ``bool``, ``Literal[...]``,
  a dimensionless ``float``, or a number with a unit, ``Annotated[float, "d"]``;
  ``list[...]`` of these and ``... | None`` are allowed; an interval after the unit says which numbers make sense,
  ``Annotated[float, "d", "(0, inf)"]``, ``Annotated[int, "[1, 9]"]``, and no plan may hold others;
* a parameter called ``seed`` marks the tool as stochastic.

Annotations are read as text (tool modules say ``from __future__ import
annotations``), so listing the tools loads none of their libraries.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, TypeVar

from gnomon.tools.costs import Cost, CostFunction, CountQuestion
from gnomon.tools.description import COMPARISONS, EFFECTS, Comparison, Declaration, Effect, Kind, Parameter, Tool
from gnomon.tools.errors import PlanError, RegistrationError
from gnomon.tools.signature import read_tool

__all__ = [
    "COMPARISONS",
    "EFFECTS",
    "Cost",
    "CountQuestion",
    "Declaration",
    "Kind",
    "Parameter",
    "Recognition",
    "Registry",
    "Tool",
    "tool",
]

F = TypeVar("F", bound=Callable[..., Any])

ENTRY_POINT_GROUP = "gnomon.tools"

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
    provisional: bool = False,
    seconds_per_1000_rows: float = 0.0,
    cost: CostFunction | None = None,
    recognises: Callable[..., dict[str, Any] | None] | None = None,
    weights: Mapping[str, tuple[str, str]] | None = None,
    ended_by: str = "",
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
    cost : callable, optional
        For a tool whose cost hangs on its arguments, above all one that asks an archive: ``cost(arguments, rows_in)`` returns a
        `Cost`.  A plain function, fast, that asks nobody and never fails: of what it cannot tell it says nothing.
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
    provisional : bool
        Whether what it measures stands only until a further step takes up its input: peaks of a search, once something
        decides about them or is fitted.  It then goes along unasked only with plans that end there.
    recognises : callable, optional
        For a tool that reads a file: ``recognises(path)`` returns ``None`` where the content is not its own, else
        ``{"confidence": 0..1, "found": "one phrase", "found_zh": "the same in Chinese", "rows": int}``.  It looks at content, never at names.
    weights : mapping, optional
        For each parameter annotated ``Weights`` the file of trained weights, beside the tool's module, and its SHA-256.
    ended_by : str
        The optional argument that, where it is given, lets the clock end the work.  What comes out then hangs on how fast the machine is, so that a replay takes it
        from the record, and does over again what follows from it.
    """
    declaration = Declaration(
        version=version,
        effects=tuple(effects),
        seconds=seconds,
        seconds_per_1000_rows=seconds_per_1000_rows,
        cost=cost,
        citations=tuple(citations),
        examples=tuple(examples),
        summary_zh=summary_zh,
        method=method,
        method_zh=method_zh,
        comparison=comparison,
        provisional=provisional,
        recognises=recognises,
        weights=dict(weights or {}),
        ended_by=ended_by,
    )

    def declare(function: F) -> F:
        _declared[(function.__module__, function.__qualname__)] = declaration
        return function

    return declare


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
        self._makers: dict[Kind, list[Tool]] = {}
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
                            found.append(read_tool(getattr(module, qualname), declaration))
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
        if kind not in self._makers:
            found = [t for t in self.values() if kind.accepts(t.kind)]
            self._makers[kind] = sorted(found, key=lambda t: (t.kind != kind, t.declaration.seconds, t.name))
        return self._makers[kind]

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
