"""A person's own sites and telescopes, as questions name them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.agents.understanding.sites import find_sites
from gnomon.knowledge import observatories, telescopes

OWN = """
form: gnomon telescopes
version: 1
sites: [{key: hill, name: Hill Observatory, name_zh: 小山天文台, longitude: 116.3, latitude: 40.0, height: 60}]
telescopes:
  - key: hill_60cm
    name: Hill 60 cm
    name_zh: 小山60厘米望远镜
    site: hill
    aperture: 0.6
    limits: {altitude_min: 25, sun_altitude_max: -12}
    slew: {model: great_circle, rate: 2, settle: 10}
    instruments: [{key: camera, name: camera, readout: 3, modes: [{mode: imaging, bands: [R]}]}]
  - key: xinglong_2m
    limits: {altitude_min: 35}
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[None]:
    path = tmp_path / "telescopes.yaml"
    path.write_text(OWN, encoding="utf-8")
    observatories.use_own(*telescopes.own_places(path))
    yield
    observatories.use_own((), ())


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Image M 31 tonight with the Hill 60 cm", [("telescope", "hill_60cm")]),
        ("今晚用小山60厘米望远镜拍 M 31", [("telescope", "hill_60cm")]),
        ("M 31 from Hill Observatory and Xinglong", [("site", "hill"), ("site", "xinglong")]),
    ],
)
@pytest.mark.usefixtures("own")
def test_questions_may_name_them(question: str, found: list[tuple[str, str]]) -> None:
    assert [(s.type, s.value) for s in find_sites(question)] == found


@pytest.mark.usefixtures("own")
def test_what_is_built_in_keeps_what_it_means() -> None:
    assert observatories.telescope("hill_60cm").site == "hill"
    assert observatories.site("hill").zone_name == "Etc/GMT-8"  # eight hours east
    assert observatories.telescope("xinglong_2m").kind == "telescope" and len(observatories.own()[1]) == 1
    assert "hill" not in {s.key for s in observatories.sites()}
    assert "hill" not in {row["key"] for row in telescopes.builtin()["sites"]}


def test_without_a_file_or_with_a_wrong_one_nothing_is_added(tmp_path: Path) -> None:
    assert telescopes.own_places(tmp_path / "none.yaml") == ((), ())
    (tmp_path / "wrong.yaml").write_text("form: something else", encoding="utf-8")
    assert telescopes.own_places(tmp_path / "wrong.yaml") == ((), ())
    assert find_sites("Image M 31 tonight with the Hill 60 cm") == []
