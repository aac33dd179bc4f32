"""The environment of a run: what a lock file cannot say, and the parts of it that belong into a step's key."""

from __future__ import annotations

import locale
import os
import platform
import sys
from email import message_from_string
from functools import cache
from importlib.metadata import distributions, packages_distributions, version
from typing import Any

from gnomon.tools.machine import THREADS_PER_STEP, machine_class


@cache
def _distributions_of() -> dict[str, list[str]]:
    return dict(packages_distributions())


@cache
def package_versions(imports: tuple[str, ...]) -> dict[str, str]:
    """Versions of the distributions behind import names; numpy is always among them, since all the others stand on it."""
    found: dict[str, str] = {}
    for name in {*imports, "numpy"}:
        for distribution in _distributions_of().get(name, []):
            found[distribution] = version(distribution)
    return dict(sorted(found.items()))


def describe_python() -> str:
    """The minor version of Python; a patch release does not change results."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def linear_algebra() -> list[dict[str, str]]:
    """The libraries for linear algebra behind numpy, their versions, and the kernel that each chose for this processor."""
    import numpy  # noqa: F401 - its libraries are there once it is loaded
    from threadpoolctl import threadpool_info

    loaded = [i for i in threadpool_info() if i.get("user_api") == "blas"]
    # Other packages bring libraries of their own, and which of them are loaded by now is chance.
    loaded = [i for i in loaded if "numpy" in str(i.get("filepath"))] or loaded
    found = [
        {"library": str(i["internal_api"]), "version": str(i["version"]), "kernel": str(i.get("architecture", ""))}
        for i in loaded
    ]
    return sorted(found, key=lambda i: sorted(i.items()))


@cache
def _installed() -> dict[str, str]:
    """Version of every installed distribution.

    Of its metadata the head is read alone: what follows is its front page, which takes ten times as long.
    """
    found: dict[str, str] = {}
    for distribution in distributions():
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        head = message_from_string(text.replace("\r\n", "\n").partition("\n\n")[0])
        if head["Name"] and head["Version"]:
            found[head["Name"]] = head["Version"]
        else:  # kept in some other place, which the library knows
            found[distribution.metadata["Name"]] = distribution.version
    return dict(sorted(found.items()))


def describe() -> dict[str, Any]:
    """The record kept with a run; no host names, no paths, no secrets."""
    return {
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine_class": machine_class(),
        "cores": os.cpu_count(),
        "linear_algebra": linear_algebra(),
        "threads_per_step": THREADS_PER_STEP,
        "locale": ".".join(p or "C" for p in locale.getlocale()),
        "timezone": os.environ.get("TZ", ""),
        "packages": dict(_installed()),
    }
