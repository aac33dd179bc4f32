"""The machine: what must be the same for floating-point results to repeat bit for bit."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

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
def processor() -> str:
    """The processor's model name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def machine_class(threads: int = THREADS_PER_STEP) -> str:
    """Machines of one class repeat floating-point results bit for bit: architecture, processor and threads per step.

    Libraries for linear algebra choose their kernel by the processor, unless ``OPENBLAS_CORETYPE`` names another one.
    """
    kernel = os.environ.get("OPENBLAS_CORETYPE", "")
    parts = [
        platform.machine(),
        processor(),
        f"kernel {kernel}" if kernel else "",
        f"{threads} thread{'s' if threads > 1 else ''} a step",
    ]
    return " | ".join(p for p in parts if p)


def set_threads(threads: int) -> None:
    """Tell the libraries for linear algebra how many threads to use; they listen only before they are loaded."""
    for name in THREAD_VARIABLES:
        os.environ[name] = str(threads)


@contextmanager
def threads_set(threads: int) -> Iterator[None]:
    """Tell it to the processes that are started meanwhile, and leave this one as it was."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    set_threads(threads)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
