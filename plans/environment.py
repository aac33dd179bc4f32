"""The environment of a run: what a lock file cannot say, and the parts of it that belong into a step's key."""

from __future__ import annotations

import locale
import os
import platform
import sys
from functools import cache
from importlib.metadata import distributions, packages_distributions, version
from pathlib import Path
from typing import Any

# One thread for linear algebra in each step: results then do not depend on how many cores a machine has, and steps that
# run side by side do not fight over them.
THREADS_PER_STEP = 1
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


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


@cache
def processor() -> str:
    """The processor's model name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@cache
def machine_class() -> str:
    """Machines of one class repeat floating-point results bit for bit: architecture, processor and threads per step."""
    return f"{platform.machine()} | {processor()} | {THREADS_PER_STEP} thread a step"


def describe_python() -> str:
    """The minor version of Python; a patch release does not change results."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def describe() -> dict[str, Any]:
    """The record kept with a run; no host names, no paths, no secrets."""
    return {
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine_class": machine_class(),
        "cores": os.cpu_count(),
        "threads_per_step": THREADS_PER_STEP,
        "locale": ".".join(p or "C" for p in locale.getlocale()),
        "timezone": os.environ.get("TZ", ""),
        "packages": dict(sorted({d.metadata["Name"]: d.version for d in distributions()}.items())),
    }
