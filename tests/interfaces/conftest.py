"""The command, run as a person runs it: a process of its own, a home of its own, the toys installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture
def gnomon(environment: dict[str, str], tmp_path: Path) -> Callable[..., Said]:
    def run(*arguments: object, **changes: str) -> Said:
        command = [
            sys.executable,
            "-m",
            "gnomon.interfaces.command_line",
            *map(os.fspath, [a if isinstance(a, str | Path) else str(a) for a in arguments]),
        ]
        done = subprocess.run(
            command,
            env={**environment, **changes},
            cwd=tmp_path,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )
        return Said(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))

    return run


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.txt"
    path.write_text("TOY\n5\n")
    return path


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: (tmp_path / "toys.log").read_text().splitlines() if (tmp_path / "toys.log").exists() else []
