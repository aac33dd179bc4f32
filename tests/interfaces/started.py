"""The command as a process of its own that starts at once.

A start of Python, the libraries, the encoder and the word lists take three seconds, and these tests start the command some
hundred times.  So one process does all that, and each command is a fork of it with its own environment, folder, streams
and, where told, terminal.  It is told what to do as a fresh process is, and lives and dies as one; a few tests, and any that
changes how Python itself starts, use a fresh one all the same.

This file is also the program that is forked.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

FRESH = ("PYTHON", "LC_", "LANG", "OPENBLAS", "OMP_")  # what a running Python has read already


class Command:
    """A command that was started; as far as it goes, like `subprocess.Popen`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._said = b""
        self.returncode: int | None = None
        while b"\n" not in self._said:
            self._hear()
        first, self._said = self._said.split(b"\n", 1)
        self.pid = int(first)

    def _hear(self) -> None:
        more = self._connection.recv(100)
        if not more:
            raise RuntimeError("The process that starts commands has ended.")
        self._said += more

    def poll(self) -> int | None:
        if self.returncode is None:
            self._connection.setblocking(False)
            try:
                self._hear()
            except BlockingIOError:
                return None
            finally:
                self._connection.setblocking(True)
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                while b"\n" not in self._said:
                    self._hear()
            except TimeoutError:
                os.kill(self.pid, signal.SIGKILL)
                raise
            self.returncode = int(self._said)
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Starter:
    """Starts commands; the process behind it begins with the first."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gnomon-start-")
        self._address = f"{self._folder.name}/s"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {k: v for k, v in environment.items() if not k.startswith(("GNOMON", "OPENAI", *FRESH))}

    def start(
        self,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        streams: tuple[int, int, int],
        *,
        terminal: bool = False,
    ) -> Command:
        """Start ``gnomon`` with arguments; with `terminal`, the first stream is the terminal that it has."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__, self._address],
                env={**self._environment, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,  # closed when these tests end, in whatever way
                stdout=subprocess.PIPE,
                cwd="/",
            )
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n"
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        request = {"arguments": arguments, "environment": environment, "folder": str(folder), "terminal": terminal}
        text = json.dumps(request).encode()
        socket.send_fds(connection, [len(text).to_bytes(4, "big")], list(streams))
        connection.sendall(text)
        return Command(connection)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


# --------------------------------------------------------------------------- the program


def warm() -> None:
    """Load what a command loads, and read what it reads, without a word of the tests: real tools, made-up questions."""
    import importlib

    for name in ("chat", "command_line", "doctor", "progress"):
        importlib.import_module(f"gnomon.interfaces.{name}")
    for name in ("agents.graph", "agents.reporter", "agents.dialogue", "agents.receipts_check", "plans.verify"):
        importlib.import_module(f"gnomon.{name}")
    for name in (
        "astropy.coordinates",
        "astropy.io.misc.yaml",
        "astropy.table",
        "astropy.time",
        "nbformat",
        "prov.model",
    ):
        importlib.import_module(name)
    from gnomon.agents.conversation import Conversation
    from gnomon.tools.errors import NeedsAnswer
    from gnomon.tools.registry import Registry

    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "star.csv")
        path.write_text("time,flux,flux_err\n" + "".join(f"{i / 50},{1 + i % 3 / 1000},0.001\n" for i in range(90)))
        conversation = Conversation(Path(name, "home"), Registry.load())
        for question in ("Plot the light curve.", "画出光变曲线。"):
            with suppress(NeedsAnswer):
                conversation.plan(question, [path])


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    size, streams, _flags, _address = socket.recv_fds(connection, 4, 3)
    text = b""
    while len(text) < int.from_bytes(size, "big"):
        text += connection.recv(65536)
    request: dict[str, Any] = json.loads(text)
    return request, streams


def become(request: dict[str, Any], streams: list[int], ours: list[str], learned: dict[str, str]) -> None:
    """Be the command that was asked for: its streams, its folder, its environment, its path."""
    # Tests that were started in the background ignore Ctrl-C, and so does all that they start; a command in a terminal does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["terminal"]:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if request["terminal"]:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update({**learned, **request["environment"]})
    given = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:] = [request["folder"], *given, *ours]
    sys.path_importer_cache.clear()
    sys.argv = ["gnomon", *request["arguments"]]
    sys.stdin = open(0, errors=sys.stdin.errors, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", errors=sys.stdout.errors, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", errors=sys.stderr.errors, closefd=False, buffering=1)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def serve(address: str) -> None:
    """Fork at each request; returns in the forks alone."""
    before = dict(os.environ)
    warm()
    learned = {k: v for k, v in os.environ.items() if k not in before}
    ours = sys.path[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    running: dict[int, socket.socket] = {}
    tasks = Path("/proc/self/task")
    assert not tasks.is_dir() or len(list(tasks.iterdir())) == 1, "a fork of a process with threads can hang"
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                if key.fileobj is sys.stdin:
                    sys.exit()
                if key.fileobj is woken:
                    woken.recv(1000)
                    for pid in list(running):
                        done, status = os.waitpid(pid, os.WNOHANG)
                        if done:
                            with running.pop(pid) as connection:
                                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                    continue
                connection = listener.accept()[0]
                request, streams = receive(connection)
                pid = os.fork()
                if not pid:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for other in (listener, woken, wake, connection, *running.values()):
                        other.close()
                    become(request, streams, ours, learned)
                    return
                for stream in streams:
                    os.close(stream)
                running[pid] = connection
                connection.sendall(f"{pid}\n".encode())


if __name__ == "__main__":
    serve(sys.argv[1])
    from gnomon.interfaces.command_line import main

    sys.exit(main())
