"""Where steps run: worker processes on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Any

from gnomon.plans.worker import prepare_process
from gnomon.tools.errors import ServiceError, UsageError
from gnomon.tools.machine import THREADS_PER_STEP, threads_set

# What every step needs, and what takes most of a worker's start.
_LOADED_FIRST = ("gnomon.plans.worker", "astropy.table", "astropy.time")


def default_workers() -> int:
    """As many workers as there are cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back, here and in the processes started meanwhile, which are born with it held.

    A terminal sends it to all processes of the foreground; a worker that is still importing would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # not on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pool(ProcessPoolExecutor):
    """A pool that notices the death of any of its processes at once, and whose processes leave Ctrl-C to this one.

    The pool's thread watches the processes that there were when it last woke, and `submit` wakes it before it spawns another
    one; the death of that one would go unnoticed until some other step ends.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _interrupts_held():
            future = super().submit(fn, *args, **kwargs)
        with self._shutdown_lock:
            self._executor_manager_thread_wakeup.wakeup()
        return future


def _server(threads: int) -> BaseContext | None:
    """The way to workers that are forks of a process with the libraries loaded, which is started here where there is none yet."""
    # The libraries for linear algebra learn the number of their threads when they are loaded.
    if sys.platform != "linux" or threads != THREADS_PER_STEP:
        return None
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED_FIRST))
    resource_tracker.ensure_running()  # by itself, since it lets interrupts through again
    with _interrupts_held(), threads_set(threads):
        try:
            forkserver.ensure_running()
        except ChildProcessError:  # this process is a fork itself, and the server is its parent's
            return None
    return context


@contextmanager
def local(workers: int, threads: int = THREADS_PER_STEP) -> Iterator[Executor]:
    """Worker processes on this machine.

    They are not forks of this process: a fork of a process with threads (the graph's, a database's) can hang.  On Linux they are forks
    of a process that was started for it, has loaded the libraries once, and has no threads; elsewhere each one is spawned.
    """
    pool = _Pool(
        max_workers=workers,
        mp_context=_server(threads) or multiprocessing.get_context("spawn"),
        initializer=prepare_process,
        initargs=(threads, dict(os.environ)),
    )
    try:
        yield pool
    except BaseException:
        # Somebody wants out now; a step that takes minutes must not be waited for.
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        raise
    else:
        pool.shutdown()


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The executor of a running Dask cluster; its workers must see the same store folder.

    Raises
    ------
    UsageError
        Where Dask is not installed.
    ServiceError
        Where nothing answers at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("Dask is not installed.", remedy='`pip install "gnomon[dask]"` installs it.') from error
    try:
        connect: Any = Client
        client = connect(address, timeout="5s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ServiceError(
            f"No Dask scheduler answers at {address}: {error}.",
            remedy="Check the address, or leave --cluster out to run here.",
            retryable=True,
        ) from error
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()
