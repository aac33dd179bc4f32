"""Worker processes: what they do with signals that are meant for their parent."""

from __future__ import annotations

import os
import signal
import time

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


def test_control_c_reaches_this_process_again_once_a_worker_is_started() -> None:
    with executors.local(1) as pool:
        pool.submit(os.getpid).result()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
