"""One step, performed in whatever process the executor chose: load inputs, call the tool, check and store its result.

Everything that goes in and comes out is small and plain (digests, arguments, sentences); data travel through the store.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gnomon.plans.arguments import python_value
from gnomon.plans.canonical import file_digest
from gnomon.plans.store import Artifact, Store
from gnomon.tools.access import Access
from gnomon.tools.errors import EmptyResult, GnomonError, InputError
from gnomon.tools.machine import THREADS_PER_STEP, set_threads
from gnomon.tools.permits import permitted
from gnomon.tools.progress import progress_noted
from gnomon.tools.registry import Kind
from gnomon.tools.transport import transport

# Tools use libraries that are not safe in threads (warnings, matplotlib's fonts), so a process performs one step at a time;
# side by side means in several processes.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Call:
    """A step made ready: its tool by place, its inputs by digest; ``progress`` is a file in which it says how far it is, ``permit`` what it may send."""

    step: str
    module: str
    function: str
    kind: str
    arguments: dict[str, Any]
    inputs: dict[str, Artifact | list[Artifact]]
    files: dict[str, tuple[str, str]]  # parameter: (path, sha256), of attached files and of weights
    store: str
    transport: Literal["record", "playback", "refuse"] = "refuse"
    replies: str = ""
    access: Access | None = None
    threads: int = THREADS_PER_STEP
    progress: str = ""
    permit: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a call.

    ``error`` is ``{"type", "what", "remedy", "zh"}``; ``replies`` says how much came from outside; ``log`` is what libraries
    printed or warned, for the curious.
    """

    status: Literal["finished", "empty", "failed"]
    seconds: float
    artifact: Artifact | None = None
    warnings: tuple[str, ...] = ()
    error: dict[str, str] | None = None
    replies: dict[str, Any] | None = None
    log: str = ""
    details: str = field(default="", repr=False)


def prepare_process(threads: int = THREADS_PER_STEP, environment: Mapping[str, str] | None = None) -> None:
    """Set up a worker process: its parent's environment, a fixed number of threads, no stray output, and an end when the parent ends.

    A parent that is killed cannot tell its workers, and a worker waiting for work would wait for ever.  Ctrl-C in a terminal
    reaches workers too; it is the parent who answers it, and who ends them.
    """
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):  # held back since before the process began, see `executors`
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if environment is not None and dict(os.environ) != environment:
        os.environ.clear()
        os.environ.update(environment)
    set_threads(threads)
    os.dup2(2, 1)  # whatever native code prints must not end up in the document on standard output
    parent = multiprocessing.parent_process()
    if parent is not None:

        def leave_with_parent() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=leave_with_parent, daemon=True).start()


def perform(call: Call) -> Outcome:
    """Perform a step; every failure comes back as data."""
    with _one_at_a_time:
        return _perform(call)


def _load(call: Call) -> dict[str, Any]:
    store = Store(Path(call.store))
    values: dict[str, Any] = {name: python_value(value) for name, value in call.arguments.items()}
    for name, given in call.inputs.items():
        values[name] = [store.get(a) for a in given] if isinstance(given, list) else store.get(given)
    for name, (path, sha256) in call.files.items():
        if not Path(path).exists() or file_digest(Path(path)) != sha256:
            raise InputError(
                f"The file {Path(path).name} of this run is missing or was altered.",
                remedy="Attach it again with a new question.",
            )
        values[name] = Path(path)
    return values


def _is_own(filename: str, function: Any) -> bool:
    import gnomon.tools

    roots = [str(Path(p)) for p in gnomon.tools.__path__]
    return filename == function.__code__.co_filename or any(filename.startswith(root) for root in roots)


def _perform(call: Call) -> Outcome:
    from threadpoolctl import threadpool_limits

    started = time.perf_counter()
    printed = io.StringIO()
    said: list[str] = []
    replies: dict[str, Any] | None = None
    function = getattr(importlib.import_module(call.module), call.function)

    def outcome(status: Literal["finished", "empty", "failed"], **more: Any) -> Outcome:
        return Outcome(
            status=status,
            seconds=round(time.perf_counter() - started, 4),
            warnings=tuple(dict.fromkeys(said)),
            replies=replies,
            log=printed.getvalue(),
            **more,
        )

    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            warnings.simplefilter("always")
            exchanges = None
            try:
                values = _load(call)
                folder = Path(call.replies) if call.replies else None
                # Threads that were here before belong to the executor; a Dask worker talks to its scheduler in one.
                others = {t.ident for t in threading.enumerate() if t.ident} - {threading.get_ident()}
                with (
                    threadpool_limits(call.threads),
                    transport(call.transport, folder, call.step, spared=others, access=call.access) as exchanges,
                    progress_noted(call.progress),
                    permitted(call.permit),
                ):
                    value = function(**values)
            finally:
                if exchanges is not None:
                    replies = exchanges.summary()
                    said.extend(exchanges.refused)
                for w in caught:
                    if issubclass(w.category, UserWarning) and _is_own(w.filename, function):
                        said.append(str(w.message))
                    else:
                        printed.write(f"{w.category.__name__}: {w.message} ({Path(w.filename).name}:{w.lineno})\n")
        artifact = Store(Path(call.store)).put(Kind.parse(call.kind), value)
        return outcome("finished", artifact=artifact)
    except EmptyResult as error:
        return outcome("empty", error=_told(error))
    except GnomonError as error:
        return outcome("failed", error=_told(error), details=traceback.format_exc())
    except MemoryError:
        return outcome(
            "failed",
            error={
                "type": "MemoryError",
                "what": f"{call.function} ran out of memory.",
                "remedy": "Use less data or a machine with more memory.",
                "zh": "",
            },
        )
    except Exception as error:  # noqa: BLE001 - the one boundary: a tool may fail in any way, and the run must record how
        what = f"{call.function} failed with {type(error).__name__}: {' '.join(str(error).split()) or 'no message'}."
        return outcome(
            "failed",
            error={
                "type": type(error).__name__,
                "what": what,
                "remedy": "See the step's log; if the input is sound, this is a fault of the tool.",
                "zh": "",
            },
            details=traceback.format_exc(),
        )


def _told(error: GnomonError) -> dict[str, str]:
    return {"type": type(error).__name__, "what": error.what, "remedy": error.remedy, "zh": error.zh}
