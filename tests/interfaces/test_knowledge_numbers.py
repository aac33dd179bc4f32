"""`gnomon knowledge add` with numbers of papers; what is listed and shown of versions and notices."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.knowledge.literature import method_notes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "services"))

from paper_services import PaperServices, paper_services, work  # noqa: F401
from service_fixtures import fault_server  # noqa: F401

Gnomon = Callable[..., tuple[int, str, str]]
TITLE = "A box-fitting algorithm in the search for periodic transits"
TEXT = (
    "We study the statistical characteristics of a box-fitting algorithm to analyze stellar photometric time series. "
    * 6
)


@pytest.fixture
def gnomon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: Gnomon) -> Gnomon:
    monkeypatch.setenv("GNOMON_HOME", str(tmp_path / "home"))
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(method_notes, "FOLDER", tmp_path / "notes")

    return in_process


def test_numbers_are_fetched_and_versions_and_notices_are_told(
    gnomon: Gnomon,
    paper_services: PaperServices,  # noqa: F811
    tmp_path: Path,
) -> None:
    doi = "10.1051/0004-6361:20020802"
    paper_services.put_arxiv("2001.00001v1", TITLE, TEXT, doi=doi)
    paper_services.put_arxiv("2001.00001v2", TITLE, TEXT + " Now with noise.", doi=doi)
    paper_services.crossref[doi] = work(doi, TITLE, author=[{"given": "G.", "family": "Kovács"}], **{"updated-by": [{"DOI": "10.1/r", "type": "retraction"}]})  # fmt: skip
    (tmp_path / "numbers.txt").write_text("2001.00001v1\nhttps://arxiv.org/abs/2001.00009\n")

    code, out, err = gnomon("knowledge", "add", tmp_path / "numbers.txt", "2001.00001v2")
    assert code == 1 and "2 added, 0 known already, 0 could not be read. 1 that no service has." in out
    assert "arXiv answers that it has no arXiv:2001.00009" in err and err.count("ADS could not be asked") == 1
    assert "Note: retracted (Crossref: doi:10.1/r)" in err and "another version of it: Kovacs2002" in err

    _code, out, _err = gnomon("knowledge", "list")
    assert "arXiv v1, read Kovacs2002b in its place, retracted" in out and "arXiv v2, retracted" in out
    _code, out, _err = gnomon("knowledge", "show", "Kovacs2002")
    assert (
        "versions: Kovacs2002b (arXiv v2)" in out
        and "read in its place: Kovacs2002b" in out
        and "notice: retracted" in out
    )
    assert json.loads(gnomon("knowledge", "show", "2001.00001v1", "--json")[1])["read_in_its_place"] == "Kovacs2002b"
    asked = paper_services.server.count("/")
    code, out, _err = gnomon("knowledge", "add", "2001.00001v1", "2001.00001", "--json")
    assert code == 0 and json.loads(out)["known"] == 2 and paper_services.server.count("/") == asked
    assert "retracted (Crossref: doi:10.1/r)" in gnomon("knowledge", "search", "box-fitting algorithm", "-n", "1")[1]


def test_without_the_network(gnomon: Gnomon) -> None:
    code, out, err = gnomon("knowledge", "add", "--offline", "arXiv:1202.3665", "--json")
    told = json.loads(out)
    assert code == 1 and told["unasked"] == 1 and told["files"][0]["entry"] == "arXiv:1202.3665"
    assert "network is not to be used" in told["files"][0]["problem"] and "not asked" in err


def test_a_policy_that_denies_the_network_is_kept(
    gnomon: Gnomon,
    tmp_path: Path,
    paper_services: PaperServices,  # noqa: F811
) -> None:
    (tmp_path / "settings.toml").write_text('[policy.effects]\nread_network = "deny"\n')
    code, _out, err = gnomon("--config", tmp_path / "settings.toml", "knowledge", "add", "arXiv:1202.3665")
    assert code == 1 and "policy denies read_network" in err and paper_services.server.count("/") == 0
