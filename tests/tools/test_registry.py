"""The registry: reads plain functions, refuses what is not documented, and loads by the path third parties use."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gnomon.tools.errors import PlanError, RegistrationError
from gnomon.tools.registry import Kind, Registry

GOOD = '''
from __future__ import annotations
from typing import TYPE_CHECKING, Annotated, Literal
from gnomon.tools.registry import tool
if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, Periodogram

@tool(version="1.0", effects=("compute",), seconds=1.0, citations=("Someone 2020, doi:10.1000/1",), examples=("Please do it", "做这件事"),
      summary_zh="做。", method="It was done with {width}.", method_zh="以 {width} 完成。")
def good(light_curve: Annotated[LightCurve, "detrended"], others: list[LightCurve], width: Annotated[float, "d"] = 1.0,
         way: Literal["a", "b"] = "a", periods: list[Annotated[float, "d"]] = (), seed: int = 1, star: str | None = None) -> Periodogram:
    """Do it.

    Parameters
    ----------
    light_curve, others : LightCurve
        Some light curves.
    width : float
        A width in days.
    way : str
        Which way.
    periods : list of float
        Periods in days.
    seed : int
        Seed.
    star : str, optional
        A name.

    Returns
    -------
    Periodogram
        One.

    Raises
    ------
    InputError
        Never.
    """
'''


def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str = "module_under_test") -> Registry:
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop(name, None)
    return Registry.of_modules([importlib.import_module(name)])


def test_reads_the_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load(tmp_path, monkeypatch, GOOD)["good"]
    assert tool.kind == Kind("Periodogram")
    assert [(p.name, str(p.kind), p.many) for p in tool.inputs] == [
        ("light_curve", "LightCurve[detrended]", False),
        ("others", "LightCurve", True),
    ]
    arguments = {p.name: p for p in tool.arguments}
    assert (
        arguments["width"].unit,
        arguments["way"].choices,
        arguments["periods"].many,
        arguments["star"].optional,
    ) == ("d", ("a", "b"), True, True)
    assert tool.stochastic
    assert tool.raises == ("InputError",)


def test_decorator_returns_the_function_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load(tmp_path, monkeypatch, GOOD)["good"]
    assert type(tool.function).__name__ == "function"
    assert not hasattr(tool.function, "__wrapped__")
    assert not vars(tool.function)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('    """Do it.\n', '    """\n', "first line"),
        ("    Returns\n    -------\n    Periodogram\n        One.\n", "", "Returns"),
        ("    width : float\n        A width in days.\n", "", "'width' is not described"),
        ('Annotated[float, "d"] = 1.0', "float = 1.0", "bare float"),
        ('Annotated[float, "d"] = 1.0', 'Annotated[float, "d", "(1, 0)"] = 1.0', "holds no number"),
        ('Annotated[float, "d"] = 1.0', 'Annotated[float, "d", "(1, 2)"] = 1.0', "default of 'width'"),
        ('Annotated[float, "d"] = 1.0', 'Annotated[float, "d", "h"] = 1.0', "two units"),
        ('version="1.0"', 'version="new"', "version"),
        ('effects=("compute",)', "effects=()", "effects"),
        ('effects=("compute",)', 'effects=("magic",)', "effects"),
        ('version="1.0"', 'version="1.0", ended_by="light_curve"', "ended_by names 'light_curve'"),
        ("doi:10.1000/1", "private communication", "citations"),
        ('citations=("Someone 2020, doi:10.1000/1",)', "citations=()", "citations"),
        ('"做这件事"', '"Do that"', "Chinese"),
        ("with {width}", "with {depth}", "depth"),
        ("-> Periodogram", "-> float", "not a kind"),
        (
            "from __future__ import annotations\n",
            "from __future__ import division\nLightCurve = Periodogram = object\n",
            "__future__",
        ),
        ("star: str | None = None", "star: dict = None", "cannot read"),
        ("star: str | None = None", "star: File = None", "recognises"),
        ('summary_zh="做。"', 'summary_zh=""', "summary_zh"),
    ],
)
def test_refuses_what_is_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, word: str
) -> None:
    assert old in GOOD
    with pytest.raises(RegistrationError, match=word):
        load(tmp_path, monkeypatch, GOOD.replace(old, new))


def test_kinds_and_states() -> None:
    bare, flat = Kind("LightCurve"), Kind("LightCurve", "detrended")
    assert bare.accepts(flat)
    assert bare.accepts(bare)
    assert not flat.accepts(bare)
    assert Kind.parse(str(flat)) == flat
    with pytest.raises(PlanError):
        Kind.parse("Light curve")


def test_unknown_tool_names_the_nearest(toys: Registry) -> None:
    with pytest.raises(PlanError, match="toy_read"):
        toys.tool("toy_red")


def test_third_party_tools_come_by_the_entry_point_and_a_bad_one_takes_nothing_away(tmp_path: Path) -> None:
    """Real distributions on the path, in a process of their own: one good, one whose tool is not fit, one that cannot be imported."""
    tests = Path(__file__).parents[1]
    (tmp_path / "bad_tools.py").write_text(GOOD.replace("    width : float\n        A width in days.\n", ""))
    for name, value in (("bad", "bad_tools"), ("gone", "no_such_module")):
        info = tmp_path / f"{name}_thing-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-thing\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[gnomon.tools]\n{name} = {value}\n")
    code = textwrap.dedent(f"""
        import sys
        sys.path[:0] = [{str(tests / "toys")!r}, {str(tests / "toys_installed")!r}, {str(tmp_path)!r}]
        from gnomon.tools.registry import Registry
        registry = Registry.load()
        assert "toy_read" in registry and "read_light_curve" in registry and "good" not in registry
        print(*registry.refused, sep="\\n")
    """)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'width' is not described" in told
    assert "no_such_module" in told
