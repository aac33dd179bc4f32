"""The source of a tool: its function and everything of ours that it reaches, lifted by syntax tree, verbatim.

The digest of this closure is part of a step's key, so an edit to a helper makes the step run again, and an edit to anything
that the tool does not reach changes nothing.  `compose` writes several closures into one text that needs no part of Gnomon.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from gnomon.tools.errors import RegistrationError

_OWN = "gnomon."
_LIFTABLE = "gnomon.tools."
_DECORATOR = ("gnomon.tools.registry", "tool")

# A definition of ours (module, name), or an import (its module, the name in it or None for the module itself).
Place = tuple[str, str | None]


@dataclass(frozen=True)
class Segment:
    """One statement at the top level of a module: a function, a class, or the assignment of a constant.

    Parameters
    ----------
    module : str
    names : tuple of str
        What it defines.
    text : str
        As it stands in the file, with the comment above it.
    line : int
        Where it stands in the file.
    references : tuple of (int, int, place)
        Spans of `text` that name another definition or an import at the top of the module.
    dropped : tuple of (int, int)
        Spans of `text` that import what a script carries itself.
    """

    module: str
    names: tuple[str, ...]
    text: str
    line: int
    references: tuple[tuple[int, int, Place], ...]
    dropped: tuple[tuple[int, int], ...]

    def written(self, called: Callable[[Place], str]) -> str:
        """The text with everything it names called as `called` says, and without imports of ours."""
        edits = [(start, end, called(place)) for start, end, place in self.references]
        edits += [(start, end, "") for start, end in self.dropped]
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


@dataclass(frozen=True)
class Source:
    """What a function reaches.

    Parameters
    ----------
    segments : tuple of Segment
        In an order in which they can be executed.
    imports : tuple of (str, place)
        Third-party and standard-library imports at the top of the modules: the name used there, and what it is; no name where
        a submodule is only loaded (``import a.b`` binds ``a``).
    packages : tuple of str
        Third-party import names, those inside functions too.
    """

    segments: tuple[Segment, ...]
    imports: tuple[tuple[str, Place], ...]
    packages: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all segments."""
        sha = hashlib.sha256()
        for segment in sorted(self.segments, key=lambda s: (s.names, s.text)):
            sha.update(f"{' '.join(segment.names)}\n{segment.text}\n".encode())
        return sha.hexdigest()


# --------------------------------------------------------------------------- reading a module


class _Module:
    """The top level of a module: definitions and imports by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = inspect.getsource(importlib.import_module(name))
        self.definitions: dict[str, ast.stmt] = {}
        self.imports: dict[str, Place] = {}
        self.submodules: dict[str, set[str]] = {}  # of `import a.b`, by `a`, the name that it binds
        self._said: dict[ast.stmt, _Said] = {}
        self._lines: list[str] = self.text.splitlines(keepends=True)
        self._starts: list[int] = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        for node in ast.parse(self.text).body:
            for defined in _defined(node):
                self.definitions[defined] = node
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports.update(_imported(node))
            if isinstance(node, ast.Import):
                for dotted in (a.name for a in node.names if "." in a.name and not a.asname):
                    self.submodules.setdefault(dotted.split(".")[0], set()).add(dotted)

    def offset(self, line: int, column: int) -> int:
        """Place in the text of what the syntax tree gives as line and byte column."""
        text = self._lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:column].decode())

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Where a node starts and ends in the text."""
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def start(self, node: ast.stmt) -> int:
        """Where a statement starts: with the comment above it and its decorators, without the declaration of a tool."""
        kept = [d for d in getattr(node, "decorator_list", []) if not _is_declaration(d)]
        line: int = min([node.lineno, *(d.lineno for d in kept)])
        if len(kept) == len(getattr(node, "decorator_list", [])):
            while line > 1 and self._lines[line - 2].startswith("#"):
                line -= 1
        return self._starts[line - 1]

    def whole_line(self, start: int, end: int) -> tuple[int, int]:
        """The span of the lines that a statement fills."""
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        return first, len(self.text) if last < 0 else last + 1

    def said(self, node: ast.stmt) -> _Said:
        """What a statement at the top level imports and names; read once for all tools that reach it."""
        if node not in self._said:
            imports = [leaf for leaf in ast.walk(node) if isinstance(leaf, ast.Import | ast.ImportFrom)]
            self._said[node] = _Said(
                tuple((tuple(_imported(leaf).values()), self.whole_line(*self.span(leaf))) for leaf in imports),
                tuple(
                    (leaf.id, bound, *self.span(leaf))
                    for leaf, bound in _free_names(node)
                    # what is neither is a builtin, or a name for type checkers only
                    if bound is not None or leaf.id in self.definitions or leaf.id in self.imports
                ),
            )
        return self._said[node]


@dataclass(frozen=True)
class _Said:
    """What a statement at the top level of a module says.

    Parameters
    ----------
    imports : tuple of (tuple of place, (int, int))
        What each import inside it names, and the lines that the import fills.
    names : tuple of (str, place or None, int, int)
        Names that are not local where they stand, what an import inside a function says that each is, and where it stands.
    """

    imports: tuple[tuple[tuple[Place, ...], tuple[int, int]], ...]
    names: tuple[tuple[str, Place | None, int, int], ...]


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [leaf.id for t in node.targets for leaf in ast.walk(t) if isinstance(leaf, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _is_declaration(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _DECORATOR[1]


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, Place]:
    if isinstance(node, ast.Import):
        return {
            (a.asname or a.name.split(".")[0]): (a.name if a.asname else a.name.split(".")[0], None) for a in node.names
        }
    if node.level:
        raise RegistrationError("Tools must import absolutely.", remedy="Write `from gnomon.tools...`.")
    return {(a.asname or a.name): (node.module or "", a.name) for a in node.names}


def _is_own(module: str) -> bool:
    return (module + ".").startswith(_OWN)


@cache  # there are more modules than any number that is worth a bound, and all tools are gone through one after another
def _module(name: str) -> _Module:
    return _Module(name)


# --------------------------------------------------------------------------- names and scopes


_Scope = (
    ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)


def _bound(scope: _Scope) -> dict[str, Place | None]:
    """Names that a scope binds; an import of ours inside a function is bound to what it imports, anything else to None."""
    bound: dict[str, Place | None] = {}
    freed: set[str] = set()
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        a = scope.args
        for argument in [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]:
            bound[argument.arg] = None
        inside: list[ast.AST] = [scope.body] if isinstance(scope, ast.Lambda) else list(scope.body)
    else:
        inside = list(scope.generators)
    while inside:
        node = inside.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            bound.setdefault(node.id, None)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound[node.name] = None
        elif isinstance(node, ast.Global):
            freed |= set(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name, place in _imported(node).items():
                bound[name] = place if _is_own(place[0]) else None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound[node.name] = None
            continue
        if not isinstance(node, _Scope):
            inside.extend(ast.iter_child_nodes(node))
    return {name: place for name, place in bound.items() if name not in freed}


def _free_names(
    node: ast.AST, scopes: tuple[dict[str, Place | None], ...] = ()
) -> Iterator[tuple[ast.Name, Place | None]]:
    """Names that are not local where they stand, with what an import inside a function says that they are, or None."""
    if isinstance(node, ast.Name):
        for scope in reversed(scopes):
            if node.id in scope:
                if scope[node.id] is not None:
                    yield node, scope[node.id]
                return
        yield node, None
        return
    inner = (*scopes, _bound(node)) if isinstance(node, _Scope) else scopes
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for decorator in node.decorator_list:
            if not _is_declaration(decorator):
                yield from _free_names(decorator, scopes)
        children: Iterable[ast.AST] = (c for c in ast.iter_child_nodes(node) if c not in node.decorator_list)
    else:
        children = ast.iter_child_nodes(node)
    for child in children:
        yield from _free_names(child, inner)


# --------------------------------------------------------------------------- lifting


def lift(function: Callable[..., Any]) -> Source:
    """The source closure of a tool's function.

    Raises
    ------
    RegistrationError
        Where the function reaches a part of Gnomon outside ``gnomon.tools``, or its source is not to be had.
    """
    return _lift(function.__module__, function.__qualname__)


@cache
def _lift(module: str, qualname: str) -> Source:
    lifter = _Lifter(f"{module}.{qualname}")
    try:
        lifter.follow(module, qualname)
    except OSError as error:
        raise RegistrationError(
            f"The source of {module}.{qualname} is not to be had.", remedy="Define tools in files, not at a prompt."
        ) from error
    return lifter.source()


class _Lifter:
    """Follows names from one function through the modules of ours."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.segments: dict[tuple[str, int], Segment | None] = {}
        self.imports: dict[tuple[str, Place], None] = {}
        self.packages: set[str] = set()
        self.order: list[str] = []  # modules, those that others stand on first

    def source(self) -> Source:
        ranks = {module: rank for rank, module in enumerate(self.order)}
        found = [s for s in self.segments.values() if s is not None]
        return Source(
            tuple(sorted(found, key=lambda s: (ranks[s.module], s.line))),
            tuple(sorted(self.imports, key=lambda i: (i[1][0], i[1][1] or "", i[0]))),
            tuple(sorted(self.packages)),
        )

    def follow(self, owner: str, name: str) -> Place:
        """Take what a module calls `name`, and return where it is defined or what it imports."""
        here = _module(owner)
        if name in here.definitions:
            node = here.definitions[name]
            place = (owner, node.lineno)
            if place not in self.segments:
                self.segments[place] = None  # under way: a function may call itself
                self.segments[place] = self._segment(here, node)
                if owner not in self.order:
                    self.order.append(owner)
            return (owner, name)
        if name in here.imports:
            for dotted in here.submodules.get(name, ()):
                self.reach((dotted, None), "")
            return self.reach(here.imports[name], name)
        raise RegistrationError(
            f"{self.root} reaches {owner}.{name}, which is not defined there.",
            remedy="Import functions and constants of gnomon.tools one by one, not modules.",
        )

    def reach(self, place: Place, alias: str | None = None) -> Place:
        """Take what an import names; with an alias, the import stands at the top of a module and is kept."""
        module, name = place
        if module == "__future__" or place == _DECORATOR:
            return place
        if not _is_own(module):
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names:
                self.packages.add(top)
            if alias is not None:
                self.imports[alias, place] = None
            return place
        if not module.startswith(_LIFTABLE) or name is None:
            raise RegistrationError(
                f"{self.root} reaches {module}, which is outside gnomon.tools.",
                remedy="A tool may use third-party libraries and plain functions under gnomon.tools.",
            )
        return self.follow(module, name)

    def _segment(self, here: _Module, node: ast.stmt) -> Segment:
        start, end = here.start(node), here.span(node)[1]
        references: list[tuple[int, int, Place]] = []
        dropped: list[tuple[int, int]] = []
        said = here.said(node)
        for places, (first, last) in said.imports:
            for place in places:
                self.reach(place)
            if any(_is_own(module) for module, _name in places):
                dropped.append((first - start, last - start))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = here.text.index(node.name, here.span(node)[0] + len("def "))  # behind `def`, `async def` or `class`
            references.append((first - start, first + len(node.name) - start, (here.name, node.name)))
        for name, bound, first, last in said.names:
            target = self.reach(bound) if bound is not None else self.follow(here.name, name)
            if target[0] == "__future__" or target == _DECORATOR:
                continue
            references.append((first - start, last - start, target))
        return Segment(
            here.name, tuple(_defined(node)), here.text[start:end], node.lineno, tuple(references), tuple(dropped)
        )


# --------------------------------------------------------------------------- one text out of several closures


@dataclass(frozen=True)
class Composition:
    """Several closures as one text.

    Parameters
    ----------
    imports : str
        The import statements.
    texts : tuple of (Segment, str)
        The segments in order, each as it stands in the new text.
    names : dict
        What each definition and import is called there.
    packages : tuple of str
        Third-party import names.
    """

    imports: str
    texts: tuple[tuple[Segment, str], ...]
    names: dict[Place, str]
    packages: tuple[str, ...]

    def called(self, function: Callable[..., Any]) -> str:
        """What a function of the closures is called in the text."""
        return self.names[function.__module__, function.__qualname__]


def compose(sources: Iterable[Source], reserved: Collection[str] = ()) -> Composition:
    """Write closures into one text; definitions of one name from different modules get their module's name behind theirs.

    Parameters
    ----------
    sources : iterable of Source
    reserved : collection of str
        Names that the text uses for something else.

    Returns
    -------
    Composition
    """
    sources = list(sources)
    segments: dict[tuple[str, int], Segment] = {}
    for source in sources:
        for segment in source.segments:
            segments.setdefault((segment.module, segment.line), segment)
    wanted: dict[Place, str] = {}
    for segment in segments.values():
        wanted.update({(segment.module, name): name for name in segment.names})
    for source in sources:
        for alias, place in source.imports:
            if alias:
                wanted.setdefault(place, alias)
    names = _told_apart(wanted, set(reserved))
    ordered = _in_order(list(segments.values()), sources)
    return Composition(
        _import_lines({p: names[p] if alias else p[0] for source in sources for alias, p in source.imports}),
        tuple((s, s.written(lambda place: names[place])) for s in ordered),
        names,
        tuple(sorted({p for source in sources for p in source.packages})),
    )


def _import_lines(called: dict[Place, str]) -> str:
    """Import statements, whole modules first; names of one module in one statement."""
    whole = {module: name for (module, inner), name in called.items() if inner is None}
    lines = [f"import {m}" if m == name else f"import {m} as {name}" for m, name in sorted(whole.items())]
    parts: dict[str, list[str]] = {}
    for (module, inner), name in sorted(called.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if inner is not None:
            parts.setdefault(module, []).append(inner if inner == name else f"{inner} as {name}")
    lines += [f"from {module} import {', '.join(names)}" for module, names in parts.items()]
    return "\n".join(lines)


def _told_apart(wanted: dict[Place, str], reserved: set[str]) -> dict[Place, str]:
    """A name for each place, no two the same."""
    by_name: dict[str, list[Place]] = {}
    for place, name in wanted.items():
        by_name.setdefault(name, []).append(place)
    names: dict[Place, str] = {}
    for name, places in by_name.items():
        if len(places) == 1 and name not in reserved:
            names[places[0]] = name
            continue
        for place in places:
            parts = place[0].split(".")
            stems = [f"{name}__{'_'.join(parts[-depth:])}" for depth in range(1, len(parts) + 1)]
            stems += [f"{stems[-1]}_{number}" for number in range(2, 3 + len(wanted))]
            new = next(stem for stem in stems if stem not in {*names.values(), *by_name, *reserved})
            names[place] = new
    return names


def _in_order(segments: list[Segment], sources: list[Source]) -> list[Segment]:
    """Segments so that each module comes after those it stands on; within a module as in the file."""
    before: dict[str, set[str]] = {s.module: set() for s in segments}
    for segment in segments:
        before[segment.module] |= {
            p[0] for _s, _e, p in segment.references if p[0] in before and p[0] != segment.module
        }
    first_seen = list(dict.fromkeys(s.module for source in sources for s in source.segments))
    order: list[str] = []

    def visit(module: str, above: tuple[str, ...] = ()) -> None:
        if module in order or module in above:
            return
        for other in sorted(before[module], key=first_seen.index):
            visit(other, (*above, module))
        order.append(module)

    for module in first_seen:
        visit(module)
    return sorted(segments, key=lambda s: (order.index(s.module), s.line))
