"""The source of a tool: its function and everything of ours that it reaches, lifted by syntax tree, verbatim.

The digest of this closure is part of a step's key, so an edit to a helper makes the step run again, and an edit to anything
that the tool does not reach changes nothing.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gnomon.tools.errors import RegistrationError

_OWN = "gnomon."
_LIFTABLE = "gnomon.tools."
_DECORATOR = ("gnomon.tools.registry", "tool")


@dataclass(frozen=True)
class Source:
    """What a function reaches.

    ``segments`` are ``(module, name, text)`` in the order of dependence, ``packages`` the third-party import names.
    """

    segments: tuple[tuple[str, str, str], ...]
    packages: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all segments."""
        sha = hashlib.sha256()
        for _module, name, text in sorted(self.segments):
            sha.update(f"{name}\n{text}\n".encode())
        return sha.hexdigest()


class _Module:
    """The top level of a module: definitions and imports by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = inspect.getsource(importlib.import_module(name))
        self.definitions: dict[str, ast.stmt] = {}
        self.imports: dict[str, tuple[str, str | None]] = {}
        for node in ast.parse(self.text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.definitions[node.name] = node
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    for leaf in ast.walk(target):
                        if isinstance(leaf, ast.Name):
                            self.definitions[leaf.id] = node
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.definitions[node.target.id] = node
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self.imports.update(_imported(node))

    def segment(self, node: ast.stmt) -> str:
        """The statement's own text; decorators of a function are left out when they are the tool declaration."""
        text = ast.get_source_segment(self.text, node) or ""  # starts at `def`, so decorators are not in it
        kept = [d for d in getattr(node, "decorator_list", []) if not _is_declaration(d)]
        heads = [f"@{ast.get_source_segment(self.text, d)}\n" for d in kept]
        return "".join(heads) + text


def _is_declaration(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _DECORATOR[1]


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        return {(a.asname or a.name.split(".")[0]): (a.name, None) for a in node.names}
    if node.level:
        raise RegistrationError("Tools must import absolutely.", remedy="Write `from gnomon.tools...`.")
    return {(a.asname or a.name): (node.module or "", a.name) for a in node.names}


@lru_cache(maxsize=256)
def _module(name: str) -> _Module:
    return _Module(name)


def lift(function: Callable[..., Any]) -> Source:
    """The source closure of a tool's function.

    Raises
    ------
    RegistrationError
        Where the function reaches a part of Gnomon outside ``gnomon.tools``, or its source is not to be had.
    """
    return _lift(function.__module__, function.__qualname__)


@lru_cache(maxsize=256)
def _lift(module: str, qualname: str) -> Source:
    segments: dict[tuple[str, str], str] = {}
    packages: set[str] = set()

    def follow(owner: str, name: str) -> None:
        if (owner, name) in segments:
            return
        here = _module(owner)
        if name in here.definitions:
            node = here.definitions[name]
            segments[(owner, name)] = here.segment(node)
            visit(owner, node)
        elif name in here.imports:
            reach(*here.imports[name])

    def reach(source: str, name: str | None) -> None:
        top = source.split(".")[0]
        if source == "__future__" or top in sys.stdlib_module_names:
            return
        if not (source + ".").startswith(_OWN):
            packages.add(top)
            return
        if (source, name) == _DECORATOR:
            return
        if not source.startswith(_LIFTABLE) or name is None:
            raise RegistrationError(
                f"{module}.{qualname} reaches {source}, which is outside gnomon.tools.",
                remedy="A tool may use third-party libraries and plain functions under gnomon.tools.",
            )
        follow(source, name)

    def visit(owner: str, node: ast.AST) -> None:
        for leaf in ast.walk(node):
            if isinstance(leaf, ast.Import | ast.ImportFrom):
                for source, name in _imported(leaf).values():
                    reach(source, name)
        skip = {id(leaf) for d in getattr(node, "decorator_list", []) if _is_declaration(d) for leaf in ast.walk(d)}
        for leaf in ast.walk(node):
            if isinstance(leaf, ast.Name) and id(leaf) not in skip:
                follow(owner, leaf.id)

    try:
        follow(module, qualname)
    except OSError as error:
        raise RegistrationError(
            f"The source of {module}.{qualname} is not to be had.", remedy="Define tools in files, not at a prompt."
        ) from error
    return Source(tuple((m, n, t) for (m, n), t in segments.items()), tuple(sorted(packages)))
