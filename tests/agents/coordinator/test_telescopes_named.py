"""Which telescopes a question means."""

from pathlib import Path

import pytest

from gnomon.agents.coordinator.telescopes_named import attach_telescopes, telescopes_named, telescopes_wanted
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.plans.store import Store
from gnomon.tools.errors import NeedsAnswer
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.registry import Registry

CLOCK = Clock.of("2026-11-22T20:00:00+08:00", "Asia/Shanghai")
OWN = """
form: gnomon telescopes
version: 1
sites: [{key: hill, name: Hill, longitude: 116.3, latitude: 40.0, height: 60}]
telescopes:
  - key: hill_60cm
    name: Hill 60 cm
    site: hill
    aperture: 0.6
    limits: {altitude_min: 25, sun_altitude_max: -12}
    slew: {model: great_circle, rate: 2, settle: 10}
    instruments: [{key: camera, name: camera, readout: 3, modes: [{mode: imaging, bands: [R]}]}]
"""


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPlanner:
    return EmbeddedPlanner(Registry.load(), tmp_path_factory.mktemp("cache"), clock=CLOCK)


def _named(question: str, own: Path = Path("nowhere.yaml")) -> set[str]:
    made = telescopes_named(understand(question, CLOCK), own)
    return set(read_telescopes_document(made.document).telescopes)


def test_a_site_means_all_of_its_telescopes_in_either_language():
    english = _named("imaging and spectroscopy tonight from Xinglong and La Palma")
    assert english == _named("今晚从兴隆和拉帕尔马做成像和光谱") and {"xinglong_2m", "not"} <= english


def test_a_telescope_named_with_its_site_is_that_one_alone():
    assert _named("Observe it with the NOT on La Palma tonight") == {"not"}


def test_what_was_named_is_told_by_its_place_in_the_question():
    question = "Spectra from Lijiang tonight"
    made = telescopes_named(understand(question, CLOCK), Path("nowhere.yaml"))
    assert made.places == {question.index("Lijiang")}


def test_where_nothing_is_named_a_persons_own_are_meant_and_else_it_is_asked(tmp_path: Path):
    own = tmp_path / "telescopes.yaml"
    with pytest.raises(NeedsAnswer, match="From where") as back:
        _named("Schedule imaging of M 31 tonight", own)
    assert "Xinglong" in back.value.remedy and back.value.options
    with pytest.raises(NeedsAnswer, match="从哪里观测"):
        _named("安排今晚对 M31 成像", own)
    own.write_text(OWN, encoding="utf-8")
    assert _named("Schedule imaging of M 31 tonight", own) == {"hill_60cm"}
    assert _named("Schedule imaging of M 31 tonight from Xinglong", own) >= {"xinglong_2m"}


def test_a_telescope_that_cannot_be_planned_for_is_told_by_its_name():
    with pytest.raises(NeedsAnswer, match="HST") as back:
        _named("Observe it with the Hubble Space Telescope tonight")
    assert back.value.why == "outside" and "add-a-telescope" in back.value.remedy


def test_the_document_goes_with_the_plan_as_a_file_and_is_the_same_for_the_same_telescopes(tmp_path: Path):
    registry, store = Registry.load(), Store(tmp_path / "store")
    made = [
        attach_telescopes(telescopes_named(understand(q, CLOCK), Path("no.yaml")).document, registry, store)
        for q in ("from Lijiang and Xinglong tonight", "tonight from Xinglong, then Lijiang")
    ]
    assert made[0].supplied and made[0].reader == "read_telescopes" and made[0].attachment.kind == "Telescopes"
    assert made[0].attachment.sha256 == made[1].attachment.sha256


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Observe 83.63 +22.01 with Hubble tonight", "HST is in space"),
        ("今晚用哈勃望远镜观测 83.63 +22.01", "哈勃空间望远镜 在太空"),
        ("Plan imaging of M 31 with JWST tonight", "JWST is in space"),
    ],
)
def test_a_telescope_in_space_is_not_planned_for(planner: EmbeddedPlanner, question: str, said: str) -> None:
    with pytest.raises(NeedsAnswer, match=said) as told:
        telescopes_wanted(planner, question, [], Path("nowhere.yaml"))
    assert "gnomon observe telescopes" in str(told.value.remedy)


def test_data_of_a_telescope_in_space_are_another_matter(planner: EmbeddedPlanner) -> None:
    assert telescopes_wanted(planner, "Get JWST spectra of WASP-39", [], Path("nowhere.yaml")) is None
