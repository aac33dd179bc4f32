"""A memory on a chromadb server that two people share."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import search


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--path",
        str(tmp_path / "server"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, "the chromadb server did not start"
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_what_one_puts_in_the_other_finds(server: str, tmp_path: Path) -> None:
    one = LiteratureMemory(tmp_path / "one", server)
    document, _new = one.put(
        Parsed([Block("paragraph", "Quasars vary by a tenth of a magnitude.")], {"title": "Quasars"}), "a.txt", b"a"
    )

    two = LiteratureMemory(tmp_path / "two", server)
    assert search(two, "quasars", 1)[0].document == document and two.text_of(document).startswith("Quasars vary")
    two.remove(document.id)
    two.close()
    one.close()

    again = LiteratureMemory(tmp_path / "one", server)
    assert not again.documents() and not search(again, "quasars")
    again.close()
