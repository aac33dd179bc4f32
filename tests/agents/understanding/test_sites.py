"""Sites and telescopes in a question."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.agents.understanding.sites import find_sites
from gnomon.agents.understanding.slot import Unread
from gnomon.knowledge.observatories import Site, Telescope, sites, telescopes

# Question; what is found, as (type, words, key).
READ = [
    ("Observe it with the Xinglong 2.16 m tonight.", [("telescope", "Xinglong 2.16 m", "xinglong_2m")]),
    ("the 2.16-m at Xinglong", [("telescope", "the 2.16-m at Xinglong", "xinglong_2m")]),
    ("the 2.16 m telescope of Xinglong Observatory", [("telescope", "the 2.16 m telescope of Xinglong Observatory", "xinglong_2m")]),
    ("Is M31 visible with the 2.16 m telescope?", [("telescope", "the 2.16 m telescope", "xinglong_2m")]),
    ("兴隆 2.16 米望远镜", [("telescope", "兴隆 2.16 米望远镜", "xinglong_2m")]),
    ("今晚用兴隆2.16米看M31", [("telescope", "兴隆2.16米", "xinglong_2m")]),
    ("兴隆观测站的85厘米望远镜", [("telescope", "兴隆观测站的85厘米望远镜", "xinglong_85cm")]),
    ("Xinglong 80 cm", [("telescope", "Xinglong 80 cm", "tnt")]),
    ("兴隆TNT今晚能看什么", [("site", "兴隆", "xinglong"), ("telescope", "TNT", "tnt")]),
    ("the TNT at Xinglong", [("telescope", "TNT", "tnt"), ("site", "Xinglong", "xinglong")]),
    ("今晚用2.4米望远镜观测", [("telescope", "2.4米望远镜", "lijiang_24m")]),
    ("Lijiang 2.4m telescope", [("telescope", "Lijiang 2.4m telescope", "lijiang_24m")]),
    ("在丽江能看到吗", [("site", "丽江", "lijiang")]),
    ("冷湖的墨子望远镜", [("site", "冷湖", "lenghu"), ("telescope", "墨子望远镜", "wfst")]),
    ("用墨子今晚观测", [("telescope", "墨子", "wfst")]),
    ("WFST at Lenghu", [("telescope", "WFST", "wfst"), ("site", "Lenghu", "lenghu")]),
    ("德令哈13.7米毫米波望远镜", [("telescope", "德令哈13.7米毫米波望远镜", "delingha_13m7")]),
    ("慕士塔格1.93米", [("telescope", "慕士塔格1.93米", "most")]),
    ("姚安站、凤凰山和佘山", [("site", "姚安站", "yaoan"), ("site", "凤凰山", "kunming"), ("site", "佘山", "sheshan")]),
    ("南山1米望远镜", [("telescope", "南山1米望远镜", "nanshan_1m")]),
    ("南山站", [("site", "南山站", "nanshan")]),
    ("用郭守敬望远镜观测", [("telescope", "郭守敬望远镜", "lamost")]),
    ("中国天眼", [("telescope", "中国天眼", "fast")]),
    ("用FAST观测脉冲星", [("telescope", "FAST", "fast")]),
    ("Can I observe it with FAST tonight?", [("telescope", "FAST", "fast")]),
    ("the FAST telescope", [("telescope", "FAST telescope", "fast")]),
    ("from La Palma", [("site", "La Palma", "la_palma")]),
    ("with the NOT tonight", [("telescope", "NOT", "not")]),
    ("Can the NOT see it tonight?", [("telescope", "NOT", "not")]),
    ("今晚用NOT看M31", [("telescope", "NOT", "not")]),
    ("WHT, INT and NOT at La Palma", [("telescope", "WHT", "wht"), ("telescope", "INT", "int"), ("telescope", "NOT", "not"), ("site", "La Palma", "la_palma")]),
    ("GTC and the TNG telescope", [("telescope", "GTC", "gtc"), ("telescope", "TNG telescope", "tng")]),
    ("the Liverpool Telescope", [("telescope", "Liverpool Telescope", "lt")]),
    ("Keck I or Keck 2", [("telescope", "Keck I", "keck_1"), ("telescope", "Keck 2", "keck_2")]),
    ("Which are observable with Keck?", [("telescope", "Keck", "keck")]),
    ("Keck Observatory", [("site", "Keck Observatory", "mauna_kea")]),
    ("Gemini North and Gemini-S", [("telescope", "Gemini North", "gemini_north"), ("telescope", "Gemini-S", "gemini_south")]),
    ("昴星团望远镜", [("telescope", "昴星团望远镜", "subaru")]),
    ("Maunakea", [("site", "Maunakea", "mauna_kea")]),
    ("CTIO and Cerro Pachón", [("site", "CTIO", "cerro_tololo"), ("site", "Cerro Pachón", "cerro_pachon")]),
    ("Rubin Observatory", [("telescope", "Rubin Observatory", "rubin")]),
    ("VLT UT1 at Paranal", [("telescope", "VLT UT1", "vlt_ut1"), ("site", "Paranal", "paranal")]),
    ("8.2 m at Paranal", [("telescope", "8.2 m at Paranal", "vlt")]),
    ("the 3.6 m at La Silla", [("telescope", "the 3.6 m at La Silla", "eso_36m")]),
    ("NTT", [("telescope", "NTT", "ntt")]),
    ("Magellan Clay", [("telescope", "Magellan Clay", "magellan_clay")]),
    ("the Magellan telescopes", [("telescope", "Magellan telescopes", "magellan")]),
    ("the du Pont telescope", [("telescope", "du Pont telescope", "du_pont")]),
    ("Swope telescope", [("telescope", "Swope telescope", "swope")]),
    ("SAAO 1.9 m", [("telescope", "SAAO 1.9 m", "saao_19m")]),
    ("At Sutherland, which are visible tonight?", [("site", "Sutherland", "sutherland")]),
    ("SALT telescope", [("telescope", "SALT telescope", "salt")]),
    ("the 2.3 m at Siding Spring", [("telescope", "the 2.3 m at Siding Spring", "anu_23m")]),
    ("Palomar 200-inch", [("telescope", "Palomar 200-inch", "p200")]),
    ("P60", [("telescope", "P60", "p60")]),
    ("Kitt Peak", [("site", "Kitt Peak", "kitt_peak")]),
    ("WIYN 3.5 m telescope", [("telescope", "WIYN 3.5 m telescope", "wiyn")]),
    ("Lick Observatory", [("site", "Lick Observatory", "lick")]),
    ("observing at Lick", [("site", "Lick", "lick")]),
    ("McDonald Observatory", [("site", "McDonald Observatory", "mcdonald")]),
    ("the LCO 1 m at McDonald", [("telescope", "the LCO 1 m at McDonald", "lco_elp_1m")]),
    ("Haleakala", [("site", "Haleakala", "haleakala")]),
    ("Calar Alto 3.5 m", [("telescope", "Calar Alto 3.5 m", "caha_35m")]),
    ("OHP 1.93 m", [("telescope", "OHP 1.93 m", "ohp_193")]),
    ("Observatoire de Haute-Provence", [("site", "Observatoire de Haute-Provence", "haute_provence")]),
    ("Teide and Asiago", [("site", "Teide", "teide"), ("site", "Asiago", "asiago")]),
    ("Rozhen 2-m", [("telescope", "Rozhen 2-m", "rozhen_2m")]),
    ("the 2 m at Hanle", [("telescope", "the 2 m at Hanle", "hct")]),
    ("the 3.6-m telescope at Devasthal", [("telescope", "the 3.6-m telescope at Devasthal", "dot")]),
    ("ARIES Nainital", [("site", "ARIES Nainital", "nainital")]),
    ("the 188 cm at Okayama", [("telescope", "the 188 cm at Okayama", "okayama_188")]),
    ("鹿林天文台", [("site", "鹿林天文台", "lulin")]),
]  # fmt: skip

NONE = [
    "Which stars in Gemini are variable?",
    "do NOT observe tonight",
    "It is NOT visible tonight.",
    "It is NOT at the zenith tonight and should NOT set.",
    "DO NOT OBSERVE IT WITH THE NOT TONIGHT",
    "JUST OBSERVE IT FAST",
    "INT(3.5), 20:00 LT, LT 10",
    "Keck data of HD 164922",
    "Cross-match with LAMOST.",
    "LAMOST spectra, LAMOST DR10, LAMOST DR10 stars",
    "ZTF light curves and Pan-STARRS photometry",
    "a telescope of 2.16 m",
    "with a 2.16 m telescope tonight",
    "a 1 m telescope",
    "the 1 m telescope",
    "fast radio bursts, FAST RADIO BURSTS",
    "FAST radio bursts at night",
    "just observe it, add some salt",
    "most of the lot",
    "the MOST massive star tonight",
    "Lick indices and the McDonald et al. sample",
    "Sutherland et al. 2015",
    "the Mercator projection",
    "the Hanle effect",
    "Palomar 5 and Teide 1",
    "Comet Lulin",
    "Kunming University",
    "the Palomar Transient Factory",
    "a velocity of 2 m/s",
    "Magellanic clouds",
    "the Rubin vase",
    "the nickel line, the shane",
    "the SSO catalogue",
    "the constellation ARIES",
    "2.16",
    "墨子号卫星",
    "墨子说过什么",
    "终南山",
    "LAMOST光谱",
    "LAMOST的数据",
    "阿里巴巴",
    "云南大学",
    "双子座的变星",
    "一台2.16米望远镜",
    "望远镜有多大",
    "昆明大学",
]

PLACES: list[Site | Telescope] = [*sites(), *telescopes()]
NAMES = [
    (p.key, name) for p in PLACES for name in p.names if "(" not in name and "（" not in name and name not in p.guarded
]


@pytest.mark.parametrize(("question", "found"), READ)
def test_what_is_read(question: str, found: list[tuple[str, str, str]]) -> None:
    slots = find_sites(question)
    assert [(s.type, s.text, s.value) for s in slots] == found
    assert all(question[s.start : s.end] == s.text for s in slots)


@pytest.mark.parametrize("question", NONE)
def test_nothing_is_found(question: str) -> None:
    assert find_sites(question) == []


@pytest.mark.parametrize(("key", "name"), NAMES)
def test_every_name_is_read(key: str, name: str) -> None:
    slots = find_sites(f"请在 {name} 观测。" if not name.isascii() else f"Is it up from {name} tonight?")
    assert [s.value for s in slots] == [key]
    assert slots[0].text.replace(" ", "").startswith(name.replace(" ", "")[:4])


@pytest.mark.parametrize(("key", "name"), [(p.key, n) for p in PLACES for n in p.guarded])
def test_every_guarded_name_needs_its_surroundings(key: str, name: str) -> None:
    if name.isascii():
        assert [s.value for s in find_sites(f"Which are observable with {name} tonight?")] == [key]
        assert find_sites(f"These are {name} data, and the {name.lower()} too.") == []
    else:
        assert [s.value for s in find_sites(f"今晚在{name}观测")] == [key]
        assert find_sites(f"什么是{name}") == []


@pytest.mark.parametrize("question", [q for q, _found in READ])
def test_words_that_are_taken_are_never_matched_across(question: str) -> None:
    for place in range(len(question)):
        for slot in find_sites(question[:place] + "\0" + question[place + 1 :]):
            assert "\0" not in slot.text


def test_telescope_by_aperture_takes_the_site_of_the_question() -> None:
    slots = find_sites("Tonight at Calar Alto: what can the 2.2 m telescope do?")
    assert [s.value for s in slots] == ["calar_alto", "caha_22m"]
    assert find_sites("What can the 2.2 m telescope do?") == []


def test_planned_and_unsaid_ones_have_a_note() -> None:
    (just,) = find_sites("用交大光谱望远镜观测")
    assert (just.value, just.note) == (
        "just",
        "Jiao Tong University Spectroscopic Telescope (JUST) is planned and does not observe yet.",
    )
    (vlt,) = find_sites("the VLT")
    assert "which one" in vlt.note
    assert find_sites("Keck I")[0].note == ""


def test_places_are_taken_out_of_what_is_left() -> None:
    unread = Unread("the 2.16 m at Xinglong and 3.5 m/s")
    unread.take(find_sites(unread.text))
    assert unread.text.strip("\0") == " and 3.5 m/s"


@given(st.text(alphabet=st.sampled_from(list("兴隆丽江米望远镜的 .-0123456mcINTOSLKeckat\0,/()"))))
@settings(max_examples=300)
def test_no_text_is_too_strange(text: str) -> None:
    for slot in find_sites(text):
        assert text[slot.start : slot.end] == slot.text and "\0" not in slot.text


def test_speed() -> None:
    questions = [q for q, _found in READ] + NONE
    for question in questions:
        find_sites(question)
    begin = time.perf_counter()
    for question in questions:
        find_sites(question)
    assert (time.perf_counter() - begin) / len(questions) < 0.005


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Kepler, TESS, K2 and HST observed it.", ["kepler_space", "tess", "k2_mission", "hst"]),
        ("the HARPS velocities and Keck/HIRES RVs", ["harps", "hires"]),
        ("Kepler-10 and K2-131 b", []),
    ],
)
def test_space_telescopes_and_spectrographs_are_called_by_their_data(question: str, expected: list[str]) -> None:
    assert [s.value for s in find_sites(question)] == expected
