"""The glossary: terms in two languages, as data that loads at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gnomon.knowledge import glossary
from gnomon.knowledge.glossary import find, load, symbol, translate, translate_name


def test_terms_are_there_and_whole() -> None:
    terms = load()
    assert len(terms) >= 120
    assert len({t.key for t in terms}) == len(terms)
    for term in terms:
        assert term.en and term.zh and term.source in ("AN", "usage")
        assert re.search(r"[\u4e00-\u9fff]", term.zh)
        assert term.zh not in term.aliases_zh


def test_terms_of_the_field_stand_beside_them_without_a_clash() -> None:
    core, whole = load(), load(whole=True)
    assert whole[: len(core)] == core and len(whole) >= len(core) + 700
    assert len({t.key for t in whole}) == len(whole)
    names: dict[str, str] = {}
    for term in whole:
        assert term.en and re.search(r"[\u4e00-\u9fff]", term.zh) and term.source in ("AN", "usage")
        for name in {n.casefold() for n in (term.en, term.zh, *term.aliases_en, *term.aliases_zh)}:
            assert (
                names.setdefault(name, term.key) == term.key or term in core or names[name] in {t.key for t in core}
            ), name
    assert all(len(a) > 1 for t in whole[len(core) :] for a in t.aliases_en)


def test_terms_of_the_field_are_found_where_they_are_asked_for() -> None:
    said = "Which tidal disruption events were seen in X-rays?"
    assert any("潮汐瓦解" in t.zh for t in glossary.terms_in(said, whole=True)) and not glossary.terms_in(said)
    assert any(t.en == "active galactic nucleus" for t in glossary.terms_in("活动星系核的光变", whole=True))


@pytest.mark.parametrize(
    ("term", "zh"),
    [
        ("period", "周期"),
        ("velocity_semi_amplitude", "速度半振幅"),
        ("eccentricity", "偏心率"),
        ("argument_of_periastron", "近星点角距"),
        ("time_of_periastron", "过近星点时刻"),
        ("minimum_mass", "最小质量"),
        ("semi_major_axis", "半长轴"),
        ("radius_ratio", "半径比"),
        ("false_alarm_probability", "虚警概率"),
        ("LightCurve", "光变曲线"),
    ],
)
def test_translation(term: str, zh: str) -> None:
    assert translate(term, "zh") == zh
    assert translate(zh, "en") == translate(term, "en")


def test_unknown_term_falls_back_to_plain_words() -> None:
    assert translate("some_new_thing", "zh") == "some new thing"
    assert symbol("some_new_thing") == ""


def test_symbols_and_aliases() -> None:
    assert (symbol("velocity_semi_amplitude"), symbol("ecc"), symbol("Orbital Period")) == ("K", "e", "P")
    entry = find("rp/rs")
    assert entry is not None and entry.key == "radius_ratio"


def test_names_of_things_keep_their_designations() -> None:
    assert translate_name("HD 164922 planet 1", "zh") == "HD 164922 行星 1"
    assert translate_name("K2-18_b", "zh") == "K2-18_b"
    assert translate_name("planet 1", "en") == "planet 1"


def test_file_is_yaml_too() -> None:
    from ruamel.yaml import YAML

    path = Path(glossary.__file__).with_name("glossary.yaml")
    rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert [r["key"] for r in rows] == [t.key for t in load()]
    assert [tuple(r["aliases_zh"]) for r in rows] == [t.aliases_zh for t in load()]
