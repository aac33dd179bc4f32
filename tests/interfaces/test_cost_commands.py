"""`gnomon cost`: what a plan is expected to cost, and what services count when they may be asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.interfaces.application import Options
from gnomon.interfaces.command_line import main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "services"))

from service_fixtures import vo_server  # noqa: F401

Gnomon = Callable[..., tuple[int, str, str]]

PLAN = """\
question: How many?
language: {language}
goal: SourceTable
steps:
  - id: query
    tool: query
    version: '1.0'
    arguments: {{adql: "{adql}", service: {service}}}
    kind: SourceTable
    effects: [read_network]
    cost: {{seconds: 5}}
  - id: around
    tool: cone_search
    version: '1.0'
    arguments: {{radius: 1 arcmin}}
    inputs: {{target: {{step: resolve}}}}
    kind: SourceTable
    effects: [read_network]
    cost: {{seconds: 5}}
  - id: resolve
    tool: resolve
    version: '{version}'
    arguments: {{names: [M 67]}}
    kind: Target
    effects: [read_network]
    cost: {{seconds: 5}}
"""


@pytest.fixture
def gnomon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gnomon:
    """The command in this process; its code, its answer and what it says beside."""
    monkeypatch.setenv("GNOMON_HOME", str(tmp_path / "home"))
    (tmp_path / "none.toml").touch()
    monkeypatch.setenv("GNOMON_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GNOMON_ARCHIVES_HOSTS", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Options, "config", None)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(a) for a in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def write(folder: Path, adql: str, service: str = "Gaia archive", language: str = "en") -> str:
    from gnomon.tools.registry import Registry

    version = Registry.load()["resolve"].version
    path = folder / "plan.yaml"
    path.write_text(PLAN.format(adql=adql, service=service, language=language, version=version), encoding="utf-8")
    return path.name


def test_a_plan_that_would_give_everything(gnomon: Gnomon, tmp_path: Path) -> None:
    name = write(tmp_path, "SELECT * FROM gaiadr3.gaia_source")
    code, out, _ = gnomon("cost", name)
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "query    at most 100,000 rows, 150 MB, 81 s  [bound: Gaia DR3 has 1,811,709,771 rows]"
    assert "would be refused: This would give 1,811,709,771 rows" in lines[1]
    assert lines[2].startswith("resolve  at most 1 row")
    assert lines[3].startswith("around   about 38 rows, 9.9 kB, 5 s  [estimated: 3.14 square arcmin around one object")
    assert lines[4].startswith("all steps: ")
    code, out, _ = gnomon("check", name)
    assert code == 1
    assert f"{name}:8:16: steps.query.arguments: This would give 1,811,709,771 rows" in out


def test_nobody_is_asked_without_permission(gnomon: Gnomon, tmp_path: Path) -> None:
    name = write(tmp_path, "SELECT TOP 5 source_id FROM gaiadr3.gaia_source WHERE parallax > 700", language="zh")
    code, out, _ = gnomon("cost", name)
    assert code == 0
    assert "query    至多 5 行，50 bytes，5 秒  [上限: 查询中有 TOP 5]" in out
    code, out, err = gnomon("cost", name, "--ask")
    assert (code, out) == (1, "")
    assert "Nobody allowed the services to be asked. Say --yes as well" in err
    (tmp_path / "settings.toml").write_text('[policy.effects]\nread_network = "deny"\n')
    code, _, err = gnomon("--config", tmp_path / "settings.toml", "cost", name, "--ask", "--yes")
    assert code == 1
    assert "The policy denies read_network" in err


@pytest.mark.vo_server
def test_services_count(gnomon: Gnomon, tmp_path: Path, vo_server: str) -> None:  # noqa: F811
    name = write(tmp_path, "SELECT source_id FROM votest.stars WHERE g_mag < 12", f"{vo_server}/tap")
    _, out, _ = gnomon("cost", name, "--ask", "--yes", "--json")
    document = json.loads(out)
    steps = {s["id"]: s for s in document["steps"]}
    assert steps["query"]["how"] == "counted"
    assert 0 < steps["query"]["counted"] == steps["query"]["rows"] < 20_000
    assert steps["around"]["how"] == "estimated"
    assert document["total"]["rows"] == sum(s["rows"] for s in steps.values())
    _, out, _ = gnomon("cost", name, "--ask", "--yes")
    assert f"query    {steps['query']['rows']:,} rows, 1.3 kB, 5 s  [counted]" in out
    missing = write(tmp_path, "SELECT x FROM votest.nothing", f"{vo_server}/tap")
    code, out, _ = gnomon("cost", missing, "--ask", "--yes")
    assert code == 0
    assert "not counted: 127.0.0.1:" in out
