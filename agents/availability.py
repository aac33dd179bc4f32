"""Availability: which tools cannot run here and now, and why, so that no plan is made of them."""

from __future__ import annotations

import inspect
import json
from importlib.util import find_spec
from pathlib import Path

from gnomon.plans.policy import Policy
from gnomon.plans.store import write_atomically
from gnomon.tools.registry import Registry, Tool


def unavailable(registry: Registry, policy: Policy, kept: Path | None = None) -> dict[str, str]:
    """The tools that cannot be planned with, and why.

    Parameters
    ----------
    registry : Registry
    policy : Policy
        What it denies cannot be planned.
    kept : pathlib.Path, optional
        Folder in which it is kept which packages each tool needs, since finding out takes half a second.

    Returns
    -------
    dict of str to str
        Tool to reason, a clause in plain English.
    """
    needed = _needed(registry, kept)
    out: dict[str, str] = {}
    for tool in registry.values():
        denied = [e for e in tool.effects if policy.effects.get(e) == "deny"]
        lacking = [name for name in needed[tool.name] if find_spec(name) is None]
        if denied:
            out[tool.name] = f"the policy denies {', '.join(denied)}"
        elif lacking:
            out[tool.name] = f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed"
    return out


def _needed(registry: Registry, kept: Path | None) -> dict[str, list[str]]:
    """The packages that each tool's code imports."""
    from gnomon.plans.source import lift

    path = kept / "packages.json" if kept else None
    known: dict[str, dict[str, list[str]]] = {}
    if path is not None and path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            known = {}  # half of a file from a full disk: find out again
    stamps = {tool.name: _stamp(tool) for tool in registry.values()}
    found = {
        name: known[name]
        if known.get(name, {}).get(stamp) is not None
        else {stamp: list(lift(registry[name].function).packages)}
        for name, stamp in stamps.items()
    }
    if path is not None and found != {n: known.get(n) for n in found}:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**known, **found}, indent=1)
        write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
    return {name: each[stamps[name]] for name, each in found.items()}


def _stamp(tool: Tool) -> str:
    """Another one whenever the tool's file is."""
    stat = Path(inspect.getfile(tool.function)).stat()
    return f"{tool.version} {stat.st_mtime_ns} {stat.st_size}"
