"""Telescopes that can be planned for: whole, sourced, found by their names, and changed by a person's own file."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gnomon.knowledge import observatories, telescopes
from gnomon.knowledge.telescopes import builtin, find, load, source, subset
from gnomon.tools.errors import InputError, UsageError
from gnomon.tools.observing.documents.telescopes import Telescope, read_telescopes_document

BUILT_IN = builtin()
ROWS = {row["key"]: row for row in BUILT_IN["telescopes"]}

OWN = """
form: gnomon telescopes
version: 1
sites:
  - {key: home, name: Home, longitude: 116.3, latitude: 40.0, height: 60, zone: Asia/Shanghai}
telescopes:
  - key: home_30
    name: Home 30 cm
    site: home
    aperture: 0.3
    limits: {altitude_min: 30, sun_altitude_max: -10}
    slew: {model: great_circle, rate: 3}
    instruments:
      - key: cmos
        name: CMOS
        readout: 1
        field: {shape: rectangle, width: 0.8, height: 0.5}
        modes: [{mode: imaging, bands: [g, r], limits_mag: {g: {magnitude: 17, exposure: 60}}}]
"""


# What a source that was read names: a page or a file with its host, a paper, or a list.
READ = re.compile(
    r"\w\.[a-z]{2,6}[/)]|doi:|arXiv:|ISSN|OpenIR|SkyPortal data|MPC observatory code|astropy-data|Wikipedia|news of"
)


# Where nobody was found to describe one for general use.
WITHOUT_A_SPECTROGRAPH = ("lenghu", "muztagh_ata", "yaoan")


def own(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def typed(key: str) -> Telescope:
    return read_telescopes_document(BUILT_IN).telescopes[key]


def values(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all values below one; what stands in a list of mappings goes by its key, or its mode."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from values(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for row in value:
            name = "key" if "key" in row else "mode"
            yield from values({k: v for k, v in row.items() if k != name}, f"{path}.{row[name]}")
    else:
        yield path


def test_document_is_whole() -> None:
    read = read_telescopes_document(BUILT_IN)
    assert len(read.telescopes) >= 40
    assert {t.site for t in read.telescopes.values()} == set(read.sites)
    assert builtin() == BUILT_IN and builtin() is not BUILT_IN


@pytest.mark.parametrize(
    "site",
    [
        "xinglong",
        "lijiang",
        "lenghu",
        "delingha",
        "muztagh_ata",
        "yaoan",
        "la_palma",
        "mauna_kea",
        "cerro_tololo",
        "cerro_pachon",
        "paranal",
        "la_silla",
        "sutherland",
        "siding_spring",
    ],
)
def test_sites_that_must_be_there(site: str) -> None:
    modes = {m["mode"] for row in ROWS.values() if row["site"] == site for i in row["instruments"] for m in i["modes"]}
    assert modes == ({"imaging"} if site in WITHOUT_A_SPECTROGRAPH else {"imaging", "spectroscopy"})


def test_places_and_apertures_are_those_of_the_observatories() -> None:
    for row in BUILT_IN["sites"]:
        known = observatories.site(row["key"])
        assert (row["longitude"], row["latitude"], row["height"]) == (known.longitude, known.latitude, known.height)
        assert row.get("code", "") == known.code and row["zone"] == known.zone_name
    for key, row in ROWS.items():
        known_telescope = observatories.telescope(key)
        assert (row["aperture"], row["site"]) == (known_telescope.aperture, known_telescope.site)


@pytest.mark.parametrize("key", ROWS)
def test_every_value_has_a_source_and_every_source_a_value(key: str) -> None:
    row = ROWS[key]
    paths = set(values({k: row[k] for k in ("aperture", "limits", "slew", "instruments")}))
    for path in paths:
        told = source(row, path)
        assert path.endswith(".name") or told.startswith("assumed") or READ.search(told), path
    for path in row["sources"]:
        assert any(f"{p}.".startswith(f"{path}.") for p in paths), path


@pytest.mark.parametrize("key", ROWS)
def test_a_telescope_sees_some_of_the_sky(key: str) -> None:
    told, place = typed(key), read_telescopes_document(BUILT_IN).sites[typed(key).site]
    limits = told.limits
    south, north = limits.declination_min, limits.declination_max
    best = min(max(place.latitude, south if south is not None else -90), north if north is not None else 90)
    assert 90 - abs(place.latitude - best) > limits.altitude_min
    assert 5 <= limits.altitude_min <= 47 and -18 <= limits.sun_altitude_max <= -12
    assert min(told.slew.rates) >= 0.1 and max(told.slew.rates) <= 20
    for instrument in told.instruments.values():
        assert 0 <= instrument.readout <= 120 and instrument.change <= 900 and instrument.band_change <= 1800
        assert instrument.field is None or all(0.001 <= side <= 10 for side in instrument.field)
        assert all(m.acquisition <= 1200 for m in instrument.modes)


# Areas of fields [square degrees] as their builders state them.
@pytest.mark.parametrize(
    ("key", "instrument", "area"),
    [
        ("mephisto", "mephisto_cameras", 3.14),  # swifar.ynu.edu.cn
        ("wfst", "wfst_camera", 6.5),  # doi:10.1007/s11433-023-2197-5
        ("skymapper", "skymapper_camera", 5.7),  # Keller et al. 2007
        ("p48", "ztf", 47.0),  # doi:10.1088/1538-3873/aaecbe
        ("vst", "omegacam", 1.0),  # VST-MAN-OCM-23110-3110
        ("tnt", "pi_1300b", 11.4 * 11.1 / 3600),  # xinglong-naoc.cn
        ("lco_lsc_1m", "sinistro", (26.5 / 60) ** 2),  # lco.global
    ],
)
def test_fields_have_the_areas_that_are_published(key: str, instrument: str, area: float) -> None:
    field = typed(key).instruments[instrument].field
    assert field is not None
    found = math.pi / 4 * field[0] ** 2 if len(field) == 1 else field[0] * field[1]
    assert found == pytest.approx(area, rel=0.02)


# Lowest and highest altitudes [degrees] as their operators state them.
@pytest.mark.parametrize(
    ("key", "lowest", "highest"),
    [
        ("not", 6, 88),  # github.com/egafton/visplot
        ("int", 20, 89),  # the same
        ("wht", 12, 89.8),  # ing.iac.es/PR/wht_info/whtmounting.html
        ("tng", 14, 89),  # tng.iac.es/instruments/telescope_description.html
        ("lt", 25, 88),  # github.com/LivTel/scheduling-management-system
        ("subaru", 15, 89),  # github.com/egafton/visplot
        ("gemini_north", 17, 89.5),  # github.com/gemini-rtsw/softTCS_mk
        ("vlt_ut1", 20, 87),  # eso.org, At the Telescope
        ("lesedi", 30, 89),  # topswiki.saao.ac.za
    ],
)
def test_altitudes_are_those_that_are_published(key: str, lowest: float, highest: float) -> None:
    limits = typed(key).limits
    assert (limits.altitude_min, limits.altitude_max) == (lowest, highest)
    assert all(READ.search(source(ROWS[key], f"limits.altitude_{end}")) for end in ("min", "max"))


def test_seven_values_in_ten_were_read_where_they_are_from() -> None:
    told = [
        source(row, path)
        for row in ROWS.values()
        for path in values({k: row[k] for k in ("aperture", "limits", "slew", "instruments")})
        if not path.endswith(".name")
    ]
    read = [s for s in told if not s.startswith("assumed")]
    assert len(read) > 0.7 * len(told)
    # A source that was read says which document, so that somebody else can read it, too; one that is assumed says why.
    assert all(len(s) > 12 for s in told)
    assert not [s for row in ROWS.values() for s in row["sources"].values() if "memory" in s or "remember" in s]


# What is pinned here was once assumed, or remembered otherwise, and wrong.
@pytest.mark.parametrize(
    ("key", "path", "value"),
    [
        ("xinglong_2m", "limits.altitude_min", 30),  # guide to observing with the 2.16 m
        ("xinglong_2m", "instruments.bfosc.readout", 87),  # BFOSC manual of 2005
        ("lijiang_24m", "limits.altitude_min", 20),  # github.com/YuxinXin/staralt
        ("lijiang_24m", "limits.sun_altitude_max", -13),  # the same
        ("lijiang_24m", "instruments.yfosc.field.width", 0.149),  # Fu Xiaqing et al. 2016
        ("lco_lsc_1m", "slew.rates", [4.6, 4.6]),  # lco.global, news of the first 1 m
        ("gemini_north", "instruments.gmos_n.modes.spectroscopy.acquisition", 1200),  # gmosOverheads.html
        ("gemini_south", "instruments.gmos_s.modes.spectroscopy.acquisition", 1200),  # the same
        ("cfht", "slew.model", "equatorial"),  # cfht.hawaii.edu
        ("ntt", "slew.model", "altaz"),  # ls.eso.org
        ("vst", "slew.model", "altaz"),  # Wikipedia
        ("saao_19m", "slew.model", "equatorial"),  # Wikipedia
        ("tng", "instruments.dolores.field.width", 0.143),  # PypeIt: 2045 pixels of 0.252 arcsec
        ("gemini_north", "slew.rates", [2.0, 0.75]),  # github.com/gemini-rtsw/mcs_mk
        ("int", "instruments.wfc.readout", 60),  # ing.iac.es/PR/IT/wfs.html
        ("keck_1", "instruments.lris.modes.imaging.bands", ["u", "B", "g", "V", "R", "I"]),  # NASA-ACROSS/across-server
        ("keck_1", "instruments.lris.field.width", 0.094),  # THELI: 2520 pixels of 0.135 arcsec
        ("mpg_22m", "limits.altitude_min", 20),  # github.com/regislachaume/manual-2.2m
        ("mpg_22m", "instruments.wfi.field.width", 0.559),  # THELI
        ("lco_lsc_1m", "instruments.nres.modes.spectroscopy.acquisition", 696),  # the observation portal's records
    ],
)
def test_values_are_those_that_are_published(key: str, path: str, value: Any) -> None:
    assert _at(ROWS[key], path) == value and READ.search(source(ROWS[key], path))
    assert not source(ROWS[key], path).startswith("assumed")


@pytest.mark.parametrize("key", ROWS)
def test_nothing_is_assumed_that_may_be_absent(key: str) -> None:
    row = ROWS[key]
    assumed = {
        path: told
        for path in values({k: row[k] for k in ("limits", "slew", "instruments")})
        if (told := source(row, path)).startswith("assumed") and not path.endswith(".name")
    }
    # A limit from above only where the kind of mount was read.
    limits = {path for path in assumed if path.startswith("limits.")}
    allowed = {"limits.altitude_min", "limits.sun_altitude_max", "limits.altitude_max", "limits.hour_angle_max"}
    assert limits <= allowed
    if above := limits & {"limits.altitude_max", "limits.hour_angle_max"}:
        mount = [source(row, "slew.model"), *(assumed[path] for path in above)]
        assert any(READ.search(told) and re.search("mount|equatorial|alt-az|azimuth", told) for told in mount)
    # The change of an instrument that is alone, and zeros that the form gives anyway, change no visit.
    assert len(row["instruments"]) > 1 or not any(path.endswith(".change") for path in assumed)
    assert not any(_at(row, path) == 0 for path in assumed)


def _at(row: dict[str, Any], path: str) -> Any:
    """The value at a path; what stands in a list of mappings goes by its key, or its mode."""
    found: Any = row
    for part in path.split("."):
        if isinstance(found, list):
            found = next(r for r in found if part in (r.get("key"), r.get("mode")))
        else:
            found = found[part]
    return found


def test_cameras_that_take_some_bands_at_once_are_told() -> None:
    mephisto, bin50 = (typed(key).instruments for key in ("mephisto", "bin50_delingha"))
    assert mephisto["mephisto_cameras"].modes[0].groups == (("u", "v"), ("g", "r"), ("i", "z"))
    assert bin50["bin50_camera"].modes[0].groups == (("B", "V"), ("R",))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("not", ["not"]),
        ("Nordic Optical Telescope", ["not"]),
        ("xinglong_216", ["xinglong_2m"]),
        ("Xinglong 2.16 m", ["xinglong_2m"]),
        ("兴隆2.16米望远镜", ["xinglong_2m"]),
        ("丽江2.4米", ["lijiang_24m"]),
        ("墨子", ["wfst"]),
        ("兴隆", ["xinglong_2m", "xinglong_85cm", "tnt", "xinglong_60cm"]),
        ("La Palma", ["not", "int", "wht", "lt", "gtc", "tng"]),
        ("CTIO", ["blanco", "lco_lsc_1m"]),
        ("帕拉纳尔", ["vlt_ut1", "vlt_ut3", "vst"]),
        ("fors2", ["vlt_ut1"]),
        ("IO:O", ["lt"]),
        ("Sinistro", ["lco_tfn_1m", "lco_elp_1m", "lco_lsc_1m", "lco_cpt_1m", "lco_coj_1m"]),
        ("LCO 1 m", ["lco_tfn_1m", "lco_elp_1m", "lco_lsc_1m", "lco_cpt_1m", "lco_coj_1m"]),
        ("FLOYDS", ["ftn", "fts"]),
        ("NRES", ["lco_lsc_1m"]),
        ("Gemini", ["gemini_north", "gemini_south"]),
        ("VLT", ["vlt_ut1", "vlt_ut3"]),
        ("Keck", ["keck_1"]),
        ("ZTF", ["p48"]),
        ("GMOS", ["gemini_north", "gemini_south"]),
        ("MuSCAT", ["ftn", "fts"]),
        ("Hyper Suprime-Cam", ["subaru"]),
        ("昴星团望远镜", ["subaru"]),
        ("QHY600", ["lco_ogg_04m"]),
    ],
)
def test_names_find_telescopes(name: str, keys: list[str]) -> None:
    assert find(BUILT_IN, name) == keys


def test_all_names_of_a_telescope_find_it() -> None:
    for key in ROWS:
        for name in (key, *observatories.telescope(key).names):
            assert key in find(BUILT_IN, name), name
    for row in BUILT_IN["sites"]:
        for name in observatories.site(row["key"]).names:
            assert find(BUILT_IN, name) == [k for k, r in ROWS.items() if r["site"] == row["key"]]


@pytest.mark.parametrize(
    ("name", "meant"), [("ALFOCS", "ALFOSC"), ("xinlong", "xinglong"), ("丽江2.4米望眼镜", "丽江2.4米望远镜")]
)
def test_an_unknown_name_says_what_is_like_it(name: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean .*{meant}"):
        find(BUILT_IN, name)


@pytest.mark.parametrize("name", ["", "  ", "Atlantis", "--", "m"])
def test_what_is_no_name_finds_nothing_rather_than_everything(name: str) -> None:
    if name == "m":
        assert 0 < len(find(BUILT_IN, name)) < len(ROWS)
    else:
        with pytest.raises(UsageError, match="no telescope, site or instrument"):
            find(BUILT_IN, name)


def test_subset_has_its_sites_alone_and_does_not_depend_on_the_order() -> None:
    part = subset(BUILT_IN, ["not", "xinglong_2m", "gtc"])
    assert [t["key"] for t in part["telescopes"]] == ["xinglong_2m", "not", "gtc"]
    assert {s["key"] for s in part["sites"]} == {"xinglong", "la_palma"}
    other = subset(BUILT_IN, iter(("gtc", "not", "not", "xinglong_2m")))
    assert read_telescopes_document(part).digest == read_telescopes_document(other).digest
    with pytest.raises(UsageError, match="Did you mean tng"):
        subset(BUILT_IN, ["tngg"])
    with pytest.raises(UsageError, match="No telescope is named"):
        subset(BUILT_IN, [])


def test_own_telescope_at_own_site(tmp_path: Path) -> None:
    document = load(own(tmp_path))
    read = read_telescopes_document(document)
    assert set(read.telescopes) == {*ROWS, "home_30"} and read.sites["home"].height == 60
    assert find(document, "Home") == find(document, "cmos") == ["home_30"]
    assert subset(document, ["home_30"])["sites"] == [s for s in document["sites"] if s["key"] == "home"]
    assert load() == BUILT_IN


def test_own_file_may_be_json(tmp_path: Path) -> None:
    import json

    told = load(own(tmp_path))
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(subset(told, ["home_30"])), encoding="utf-8")
    assert load(path) == told


def test_own_file_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    text = """
form: gnomon telescopes
version: 1
telescopes:
  - key: tnt
    limits: {altitude_min: 35, moon_separation_min: null}
    closures: [{start: 2026-12-01T00:00:00Z, end: 2026-12-10T00:00:00Z, why: aluminising}]
    sources: {limits.altitude_min: the night assistant}
  - key: lt
    slew: {model: great_circle, rate: 1.5}
"""
    rows = {r["key"]: r for r in load(own(tmp_path, text))["telescopes"]}
    limits = dict(ROWS["tnt"]["limits"])
    del limits["moon_separation_min"]
    assert rows["tnt"]["limits"] == {**limits, "altitude_min": 35}
    assert (
        rows["tnt"]["instruments"] == ROWS["tnt"]["instruments"] and rows["tnt"]["closures"][0]["why"] == "aluminising"
    )
    assert source(rows["tnt"], "limits.altitude_min") == "the night assistant"
    assert source(rows["tnt"], "limits.declination_min") == source(ROWS["tnt"], "limits.declination_min")
    # A source that told of another value does not stay behind.
    assert rows["lt"]["slew"] == {"model": "great_circle", "rate": 1.5}
    assert source(rows["lt"], "slew.rate") == source(rows["lt"], "slew") == "the person's own file"
    assert {k: v for k, v in rows.items() if k not in ("tnt", "lt")} == {
        k: v for k, v in ROWS.items() if k not in ("tnt", "lt")
    }


def test_own_file_may_stand_on_what_the_observatories_know(tmp_path: Path) -> None:
    text = """
form: gnomon telescopes
version: 1
sites: [{key: paranal, height: 2635}]
telescopes:
  - key: kunming_1m
    limits: {altitude_min: 20, sun_altitude_max: -12}
    slew: {rate: 1}
    instruments: [{key: ccd, name: CCD, readout: 5, modes: [{mode: imaging, bands: [V]}]}]
"""
    read = read_telescopes_document(load(own(tmp_path, text)))
    assert read.telescopes["kunming_1m"].aperture == 1.0 and read.sites["kunming"].code == "286"
    assert read.sites["paranal"].height == 2635 and read.sites["paranal"].code == "309"


@pytest.mark.parametrize(
    ("was", "wrong", "sentence"),
    [
        ("altitude_min: 30", "altitude_min: 30 deg", "home_30: altitude_min is '30 deg', and must be a plain number in degrees"),
        ("height: 60,", "height: 60 m,", "home: height is '60 m', and must be a plain number in metres"),
        ("height: 0.5}", 'height: 0.5"}', "cmos: height is .*, and must be a plain number in degrees"),
        ("readout: 1\n", 'readout: "1"\n', "home_30: cmos: readout is '1', and must be a plain number in seconds. Write readout: 1 "),
        ("magnitude: 17", "magnitude: faint", "magnitude is 'faint', and must be a plain number in magnitudes"),
        ("altitude_min: 30, ", "", "telescope 'home_30': limits has no altitude_min"),
        (", sun_altitude_max: -10", "", "telescope 'home_30': limits has no sun_altitude_max"),
        ("aperture: 0.3", "aperture: 0.3\n    mirror: 2", "telescope 'home_30' has a key 'mirror' that nobody knows"),
        ("version: 1", "version: 1\ntelescope: 3", "mine.yaml has a key 'telescope' that nobody knows. Is telescopes meant"),
        ("site: home", "site: hom", "stands at site 'hom', which is not among the sites"),
        ("key: home_30", "title: x", "telescope 1 has no key"),
        ("key: home_30", "key: 30", "telescope 1 has no key"),
        ("rate: 3", "rate: 0", "rate must be above 0"),
        ("latitude: 40.0", "latitude: 140.0", "latitude must be from -90 to 90"),
        ("mode: imaging", "mode: photometry", "mode must be one of imaging, spectroscopy"),
        ("form: gnomon telescopes", "form: my telescopes", "mine.yaml is no gnomon telescopes document"),
        ("{key: home,", "{key: home, ,", "mine.yaml is no YAML in line 5"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_own_file_is_named(tmp_path: Path, was: str, wrong: str, sentence: str) -> None:
    assert OWN.count(was) == 1 or was == "key: home_30"
    with pytest.raises(InputError, match=sentence) as told:
        load(own(tmp_path, OWN.replace(was, wrong, 1)))
    assert told.value.remedy


def test_an_own_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no text in UTF-8"):
        load(tmp_path / "binary.yaml")


def test_two_of_one_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'home_30' stands there twice"):
        load(own(tmp_path, OWN + OWN[OWN.index("  - key: home_30") :]))


def test_the_builtin_file_needs_no_yaml_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    telescopes._text.cache_clear()
    assert builtin() == BUILT_IN


def test_the_builtin_file_is_yaml_too() -> None:
    from ruamel.yaml import YAML

    path = Path(telescopes.__file__).with_name("telescopes.yaml")
    read = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert [row["key"] for row in read["telescopes"]] == list(ROWS)
    for row in read["telescopes"]:
        assert row["limits"] == ROWS[row["key"]]["limits"] and row["instruments"] == ROWS[row["key"]]["instruments"]


def test_the_examples_of_the_guide_load(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-telescope.md"
    text = guide.read_text(encoding="utf-8")
    new, changed = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert find(load(own(tmp_path, new)), "小山天文台") == ["hill_60cm"]
    document = load(own(tmp_path, changed))
    read = read_telescopes_document(document).telescopes["lijiang_24m"]
    assert (read.limits.altitude_min, read.limits.moon_separation_min, len(read.closures)) == (25, 20, 1)
    with pytest.raises(InputError) as told:
        load(own(tmp_path, new.replace("altitude_min: 25", "altitude_min: 25 deg")))
    assert str(told.value) in text
