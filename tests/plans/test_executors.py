"""Worker processes: what they do with signals that are meant for their parent."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.plans import executors


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals are held back on POSIX systems only")
def test_a_worker_leaves_control_c_to_its_parent_from_its_first_moment(capfd: pytest.CaptureFixture[str]) -> None:
    with executors.local(1) as pool:
        answer = pool.submit(os.getpid)
        (process,) = pool._processes.values()  # type: ignore[attr-defined]
        while not answer.done():  # while it starts and imports, and when it is ready
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        assert answer.result() == pool.submit(os.getpid).result() == process.pid
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def listening() -> Iterator[None]:
    """This process answers Ctrl-C, also where it was started in the background and ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_control_c_reaches_this_process_again_once_a_worker_is_started() -> None:
    with executors.local(1) as pool:
        pool.submit(os.getpid).result()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)


def _environment(name: str) -> str | None:
    return os.environ.get(name)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_worker_has_the_environment_of_now(threads: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for value in ("first", "second"):  # a process that was started for the first must not tell it to the second
        monkeypatch.setenv("GNOMON_SAID", value)
        with executors.local(1, threads) as pool:
            assert pool.submit(_environment, "GNOMON_SAID").result() == value
            assert pool.submit(_environment, "OPENBLAS_NUM_THREADS").result() == str(threads)
            assert pool.submit(os.getcwd).result() == str(tmp_path)
    monkeypatch.delenv("GNOMON_SAID")
    with executors.local(1, threads) as pool:
        assert pool.submit(_environment, "GNOMON_SAID").result() is None


@pytest.mark.parametrize("threads", [1, 2])
def test_the_libraries_for_linear_algebra_have_the_threads_of_a_step(threads: int) -> None:
    with executors.local(1, threads) as pool:
        assert {library["num_threads"] for library in pool.submit(_libraries).result()} == {min(threads, _cores())}


def _libraries() -> list[dict[str, int]]:
    import numpy  # noqa: F401 - its library is there once it is loaded
    from threadpoolctl import threadpool_info

    return [{"num_threads": i["num_threads"]} for i in threadpool_info() if i["user_api"] == "blas"]


def _cores() -> int:
    return executors.default_workers()
