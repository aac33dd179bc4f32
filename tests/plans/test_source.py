"""Lifting: the closure of a function, verbatim, and several closures as one text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gnomon.plans.source import compose, lift
from gnomon.tools.errors import RegistrationError

FIRST = '''
import os.path
import math as m
from json import dumps

# A limit that matters.
LIMIT = 2.0
TABLE, OTHER = {"a": LIMIT}, 5


class Scale:
    """Stretches."""

    factor = LIMIT

    def stretch(self, LIMIT: float) -> float:
        return LIMIT * self.factor


def helper(x):
    dumps = str  # a local of that name is not the import
    return dumps(m.sqrt(x)) + os.path.basename("/a/b")


def start(x):
    """Reaches all but `unused`."""
    return helper(x), Scale().stretch(3.0), TABLE, [LIMIT for LIMIT in range(2)], LIMIT


def unused():
    return dumps({})
'''
SECOND = """
from math import sqrt as m

LIMIT = 7.0


def helper(x):
    return m(x) + LIMIT


def begin(x):
    def inner():
        return helper(x) + LIMIT
    return inner()
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple:
    import importlib

    name = f"m{abs(hash(str(tmp_path))) % 10**8}"
    for suffix, text in (("a", FIRST), ("b", SECOND)):
        (tmp_path / f"{name}{suffix}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return tuple(importlib.import_module(name + s) for s in "ab")


def run(text: str) -> str:
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_takes_what_is_reached_and_nothing_else(modules: tuple) -> None:
    source = lift(modules[0].start)
    assert [n for s in source.segments for n in s.names] == ["LIMIT", "TABLE", "OTHER", "Scale", "helper", "start"]
    assert source.segments[0].text == "# A limit that matters.\nLIMIT = 2.0"
    assert not [p for _alias, p in source.imports if p == ("json", "dumps")]


def test_names_from_two_modules_are_told_apart(modules: tuple) -> None:
    one, other = modules
    composed = compose([lift(one.start), lift(other.begin)], reserved={"TABLE"})
    text = "\n\n".join([composed.imports, *(t for _s, t in composed.texts)])
    calls = f"print({composed.called(one.start)}(4), {composed.called(other.begin)}(9))"
    assert run(f"{text}\n{calls}") == f"{one.start(4)} {other.begin(9)}"
    assert composed.names[other.__name__, "LIMIT"] != composed.names[one.__name__, "LIMIT"]
    assert "TABLE =" not in text


def test_the_digest_follows_what_is_reached(modules: tuple, tmp_path: Path) -> None:
    from gnomon.plans import source as lifting

    before = lift(modules[0].start).digest
    path = Path(modules[0].__file__)
    for old, new, changes in (("return dumps({})", "return 1", False), ("LIMIT = 2.0", "LIMIT = 2.5", True)):
        path.write_text(FIRST.replace(old, new))
        lifting._module.cache_clear()
        lifting._lift.cache_clear()
        import linecache

        linecache.clearcache()
        assert (lift(modules[0].start).digest != before) == changes
    path.write_text(FIRST)


def test_reaching_the_rest_of_gnomon_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    for name, line in (
        ("reach_plans", "from gnomon.plans.plan import Plan"),
        ("reach_module", "from gnomon.tools.kinds import tables"),
    ):
        (tmp_path / f"{name}.py").write_text(f"{line}\n\ndef go():\n    return {line.split()[-1]}\n")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(RegistrationError):
            lift(importlib.import_module(name).go)
