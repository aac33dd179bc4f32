"""A small model served on this machine: llama.cpp's own server in a child process, on the loopback alone.

The child is ``python -m gnomon.agents.language.local_server``.  It ends when its standard input does, and so with the process
that started it, however that ends.  A crash of the native library ends the child, not the planning.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from gnomon.agents.language.errors import LocalModelError

CONTEXT = 8192
"""Tokens of prompt and reply together: a prompt to the planner has up to 4,000."""

_START_SECONDS = 300.0
# Comments in the stream while a long prompt is read, so that silence means trouble.
_PING_SECONDS = 10
# Prompts that are kept in memory between requests; 8 GB by default, which a small machine does not have.
_CACHE_MIB = 512


@dataclass
class LocalServer:
    """A server that runs; a context manager that stops it.

    Parameters
    ----------
    base_url : str
        Its address, for an `Endpoint`.
    model : str
        The model's name there: that of the file.
    process : subprocess.Popen
        The child.
    """

    base_url: str
    model: str
    process: subprocess.Popen[str] = field(repr=False)

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the child is alive."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the child, kindly at first."""
        _stop(self.process)


def default_threads() -> int:
    """One fewer than the cores that this process may use: with all of them busy, threads spin on each other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def serve(
    gguf: Path, port: int = 0, threads: int | None = None, context: int = CONTEXT, *, patience: float = _START_SECONDS
) -> LocalServer:
    """Serve a GGUF file on 127.0.0.1, and wait until it answers.

    Parameters
    ----------
    gguf : pathlib.Path
        Fetched or one's own.
    port : int
        0 for any that is free.
    threads : int, optional
        By default one fewer than there are cores.
    context : int
        Tokens of prompt and reply together.
    patience : float
        Seconds that loading may take.

    Raises
    ------
    LocalModelError
        Where the file is no GGUF file, xllamacpp is not installed, the port is taken, or the server does not start.
    """
    _require_gguf(gguf)
    if find_spec("xllamacpp") is None:
        raise LocalModelError(
            "xllamacpp, which runs local models, is not installed.", remedy='Run pip install "gnomon[local]".'
        )
    asked = {"gguf": str(gguf.resolve()), "port": port, "threads": threads or default_threads(), "context": context}
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            address = _first_line(process, patience)
        except BaseException:
            _stop(process)
            raise
        if not address:
            _stop(process)
            raise _not_started(gguf, patience if address is None else None, log)
    return LocalServer(f"{address}/v1", gguf.stem, process)


def _require_gguf(gguf: Path) -> None:
    try:
        with gguf.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise LocalModelError(
            f"{gguf} cannot be read: {error.strerror}.", remedy="Check the path, or run gnomon model fetch."
        ) from error
    if magic != b"GGUF":
        raise LocalModelError(f"{gguf} is not a GGUF file.", remedy="Give the path of a model in GGUF format.")


def _first_line(process: subprocess.Popen[str], seconds: float) -> str | None:
    """What the child says first: "" where it ends instead, None where it says nothing in time."""
    said: queue.Queue[str] = queue.Queue()
    stdout: Any = process.stdout
    threading.Thread(target=lambda: said.put(stdout.readline()), daemon=True, name="gnomon-local-server").start()
    try:
        return said.get(timeout=seconds).strip()
    except queue.Empty:
        return None


def _not_started(gguf: Path, waited: float | None, log: IO[str]) -> LocalModelError:
    log.seek(0)
    lines = [line.strip() for line in log if line.strip()]
    if any("couldn't bind" in line or "address already in use" in line.lower() for line in lines):
        return LocalModelError(f"The port for {gguf.name} is taken.", remedy="Choose another port, or 0 for any.")
    if waited is not None:
        return LocalModelError(
            f"The server for {gguf.name} was not ready within {waited:g} s.",
            remedy="Try a smaller model, or wait longer.",
        )
    # llama.cpp marks its errors with E, and the first of them is the cause of those that follow.
    causes = [line.split(" E ", 1)[1].strip() for line in lines if " E " in line]
    return LocalModelError(
        f"{gguf.name} could not be served: {(causes or lines[-1:] or ['the server said nothing'])[0][:300]}.",
        remedy="Check that the file is whole, that there is memory for it, and that its architecture is a known one.",
    )


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _serve_here(asked: dict[str, Any]) -> None:
    """What the child does: serve, say where, and wait until nobody is there any more."""
    # The library may print; what the parent reads must be the address alone.
    to_parent = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    library: Any = import_module("xllamacpp")
    params = library.CommonParams()
    params.model.path = asked["gguf"]
    params.model_alias = {Path(asked["gguf"]).stem}
    params.hostnames = ["127.0.0.1"]
    params.port = asked["port"]
    params.n_ctx = asked["context"]
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = asked["threads"]
    params.n_threads_http = 2
    params.offline = True
    params.cache_ram_mib = _CACHE_MIB
    params.sse_ping_interval = _PING_SECONDS
    # Nothing for browsers: any page that a person has open could ask the model otherwise.
    params.ui = params.endpoint_slots = params.cors_credentials = False
    params.cors_origins = ""
    server = library.Server(params)
    to_parent.write(f"{server.listening_address}\n")
    to_parent.flush()
    sys.stdin.read()
    # The library's threads may still be at a reply, which nobody will read.
    os._exit(0)


if __name__ == "__main__":
    _serve_here(json.loads(sys.argv[1]))
