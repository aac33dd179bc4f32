"""The command, run as a person runs it: a process of its own, a home of its own, the toys installed.

`gnomon` and `starter` give processes that start at once (`started.py`); `fresh` is the command from its first instruction on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from gnomon.interfaces import command_line

from .started import Starter

TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GNOMON", "OPENAI"))}
    path = os.pathsep.join([str(TESTS / "toys"), str(TESTS / "toys_installed")])
    return {
        **kept,
        "PYTHONPATH": path,
        "GNOMON_HOME": str(tmp_path / "home"),
        "GNOMON_TOY_LOG": str(tmp_path / "toys.log"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "GNOMON_CHECK_SCRIPTS": "0",  # tests of the script say otherwise
        "GNOMON_ARCHIVES_HOSTS": os.environ["GNOMON_ARCHIVES_HOSTS"],  # servers of tests
    }


def _words(arguments: tuple[object, ...]) -> list[str]:
    return [os.fspath(a) if isinstance(a, str | Path) else str(a) for a in arguments]


@pytest.fixture
def fresh(environment: dict[str, str], tmp_path: Path) -> Callable[..., Said]:
    """The command in a fresh Python."""

    def run(*arguments: object, **changes: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "gnomon.interfaces.command_line", *_words(arguments)],
            env={**environment, **changes},
            cwd=tmp_path,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )
        return Said(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))

    return run


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    starter = Starter(dict(os.environ))
    yield starter
    starter.close()


@pytest.fixture
def gnomon(environment: dict[str, str], starter: Starter, tmp_path: Path) -> Callable[..., Said]:
    """The command in a process that starts at once."""

    def run(*arguments: object, **changes: str) -> Said:
        with TemporaryFile() as out, TemporaryFile() as err, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), out.fileno(), err.fileno())
            code = starter.start(_words(arguments), {**environment, **changes}, tmp_path, streams).wait(300)
            out.seek(0)
            err.seek(0)
            return Said(code, out.read().decode("utf-8"), err.read().decode("utf-8", "replace"))

    return run


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.txt"
    path.write_text("TOY\n5\n")
    return path


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: (tmp_path / "toys.log").read_text().splitlines() if (tmp_path / "toys.log").exists() else []


@pytest.fixture
def in_process(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command in this process: its exit code, and what it said on standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = command_line.main([str(a) for a in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        return int(code or 0), told.out, told.err

    return run
