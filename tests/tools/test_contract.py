"""What every registered tool must keep, built-in or not."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys

import pytest

import gnomon.tools
from gnomon.plans.arguments import complete, default, normal, python_value
from gnomon.plans.source import compose, lift
from gnomon.tools.kinds import KINDS
from gnomon.tools.registry import Registry, Tool
from gnomon.tools.units import parse_unit

# All that there are, whether or not an entry point offers them yet.
REGISTRY = Registry({**Registry.load(), **Registry.of_modules([gnomon.tools])}.values(), Registry.load().refused)
TOOLS = pytest.mark.parametrize("tool", REGISTRY.values(), ids=list(REGISTRY))


def test_all_are_fit() -> None:
    assert not REGISTRY.refused
    assert len(REGISTRY) >= 15


@TOOLS
def test_is_a_plain_function(tool: Tool) -> None:
    assert inspect.isfunction(tool.function)
    assert not hasattr(tool.function, "__wrapped__")


@TOOLS
def test_units_are_units_and_defaults_are_in_them(tool: Tool) -> None:
    for p in tool.arguments:
        if p.unit:
            parse_unit(p.unit)
        if not p.required:
            stated = default(p)
            assert normal(tool, p.name, stated) == stated
            plain = python_value(stated)
            assert plain == (list(p.default) if p.many and p.default is not None else p.default)


@TOOLS
def test_arguments_survive_the_plan(tool: Tool) -> None:
    required = {
        p.name: "1 " + p.unit if p.unit else p.choices[0] if p.choices else "x" if p.type == "str" else 1
        for p in tool.arguments
        if p.required
    }
    once = complete(tool, required)
    assert complete(tool, once) == once


@TOOLS
def test_kinds_have_codecs(tool: Tool) -> None:
    for kind in [tool.kind, *[p.kind for p in tool.inputs if p.kind]]:
        codec = KINDS[kind.name].codec
        for name in ("suffix", "write", "read", "digest", "preview", "check"):
            assert callable(getattr(codec, name))


@TOOLS
def test_source_can_be_lifted(tool: Tool) -> None:
    """It reaches nothing of ours outside gnomon.tools, and the lifted text compiles on its own."""
    composed = compose([lift(tool.function)])
    text = "\n\n".join(["from __future__ import annotations", composed.imports, *(t for _segment, t in composed.texts)])
    tree = ast.parse(text)
    imported = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    imported += [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    assert not [m for m in imported if m.split(".")[0] == "gnomon"]
    assert composed.called(tool.function) == tool.name


@TOOLS
def test_describes_units_in_words_that_fit_the_method(tool: Tool) -> None:
    """The methods sentence is filled with values that carry their unit; naming it again would read `0.5 d d`."""
    for template in (tool.declaration.method, tool.declaration.method_zh):
        for p in tool.arguments:
            if p.unit:
                assert f"{{{p.name}}} {p.unit} " not in template + " "
                assert f"{{{p.name}}} 天" not in template


def test_importing_all_tools_loads_no_heavy_library() -> None:
    code = "from gnomon.tools.registry import Registry; Registry.load(); import sys; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert (
        not {
            "numpy",
            "astropy",
            "scipy",
            "matplotlib",
            "arviz",
            "torch",
            "langgraph",
            "chromadb",
            "wotan",
            "batman",
            "radvel",
            "emcee",
            "dynesty",
        }
        & loaded
    )


def test_a_work_is_cited_in_the_same_words_by_all_tools() -> None:
    """A report lists a work once, and the checker of receipts holds each tool's words against that entry."""
    texts: dict[str, set[str]] = {}
    for tool in REGISTRY.values():
        for citation in tool.declaration.citations:
            for key in re.findall(r"doi:(\S+?)(?=[,;]|$)|\b(\d{4}[A-Za-z][\w.&]{13}[A-Z])\b", citation):
                texts.setdefault((key[0] or key[1]).lower(), set()).add(citation)
    assert {key: sorted(said) for key, said in texts.items() if len(said) > 1} == {}
