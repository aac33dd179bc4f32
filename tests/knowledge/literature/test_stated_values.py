"""Numbers that texts state: read back from every form they are written in, with their places, and nothing else taken for one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.knowledge.literature.printed_text import plain_view
from gnomon.knowledge.literature.stated_values import StatedValue, stated_values
from gnomon.knowledge.literature.written_units import as_unit


def one(text: str) -> StatedValue:
    (value,) = stated_values(text)
    assert text[value.start : value.end] == value.text
    return value


@pytest.mark.parametrize(
    ("text", "value", "plus", "minus", "unit", "what"),
    [
        ("recall 0.84 ± 0.02 for S/N", 0.84, 0.02, 0.02, "", "recall"),
        ("The mass is 0.341 +0.014/−0.013 M_jup.", 0.341, 0.014, 0.013, "Mjup", "mass"),
        ("a velocity of 12.3(4) km s−1", 12.3, 0.4, 0.4, "km/s", "velocity"),
        ("radius 1.2^{+0.3}_{-0.2} R_J", 1.2, 0.3, 0.2, "Rjup", "radius"),
        ("radius 1.2_{-0.2}^{+0.3} R_J", 1.2, 0.3, 0.2, "Rjup", "radius"),
        ("a radius of 1.2+0.3−0.2 R☉", 1.2, 0.3, 0.2, "Rsun", "radius"),
        (r"a slope of $1.2\pm0.3$", 1.2, 0.3, 0.3, "", "slope"),
        (r"$T_{\rm eff} = 4800 \pm 100$ K", 4800, 100, 100, "K", "T_eff"),
        ("eccentricity e = 0.12 +0.03/-0.05 at 95% confidence", 0.12, 0.03, 0.05, "", "e"),
        ("a slope of 1.2_{-0.2}^{+0.3} was found", 1.2, 0.3, 0.2, "", "slope"),
        ("P = 3.52 ± 0.01 d", 3.52, 0.01, 0.01, "d", "P"),
        ("purity 84 % ± 2 %", 84, 2, 2, "%", "purity"),
        ("M_BH = (4.3 ± 0.2) × 10^6 M⊙", 4.3e6, 2e5, 2e5, "Msun", "M_BH"),
        ("周期为 3.52 ± 0.01 天", 3.52, 0.01, 0.01, "d", "周期"),
        ("轨道半长轴约0.05±0.01个天文单位", 0.05, 0.01, 0.01, "AU", "轨道半长轴"),
    ],
)
def test_uncertainties_of_every_form(text: str, value: float, plus: float, minus: float, unit: str, what: str) -> None:
    read = one(text)

    assert read.value is not None and read.plus is not None and read.minus is not None
    assert (read.value, read.plus, read.minus) == pytest.approx((value, plus, minus))
    assert as_unit(read.unit) == as_unit(unit)
    assert read.what == what


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("a flux of 3 × 10^-4 Jy", 3e-4, "Jy"),
        ("a flux of 3 × 10−4 mJy beam−1", 3e-4, "mJy / beam"),
        ("a flux of 3 × 10⁻⁴ Jy", 3e-4, "Jy"),
        (r"a flux of $3\times10^{-4}$ erg s$^{-1}$ cm$^{-2}$", 3e-4, "erg s-1 cm-2"),
        ("a rate of 1.2e-5 s^-1", 1.2e-5, "1/s"),
        ("a density of 10^5 cm−3", 1e5, "cm-3"),
        ("about 10,000 years", 1e4, "yr"),
        ("2.37 million years", 2.37e6, "yr"),
        ("距离约为 4.2 万光年", 4.2e4, "lyr"),
        ("年龄为 46 亿年", 4.6e9, "yr"),
        ("周期为十二年", 12.0, "yr"),
        ("about 400 ppm", 400.0, "ppm"),
        ("a field of 1.5 deg2", 1.5, "deg2"),
        ("a width of 5 Å", 5.0, "Angstrom"),
        ("at 24 μm", 24.0, "um"),
        ("a gradient of 3 km/s/kpc", 3.0, "km / (s kpc)"),
        ("a gradient of 3 km/(s kpc)", 3.0, "km / (s kpc)"),
        ("a 10-day period", 10.0, "d"),
    ],
)
def test_powers_of_ten_and_units(text: str, value: float, unit: str) -> None:
    read = one(text)

    assert read.value == pytest.approx(value)
    assert as_unit(read.unit) == as_unit(unit)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("a flux < 5 mJy", "upper"), ("a flux ≲ 5 mJy", "upper"), ("a flux of at most 5 mJy", "upper"), ("an upper limit of 5 mJy", "upper"), ("流量小于 5 mJy", "upper"), ("流量不超过5 mJy", "upper"), ("5 mJy 以下", "upper"),
        ("a flux > 5 mJy", "lower"), ("a flux of more than 5 mJy", "lower"), ("流量至少为 5 mJy", "lower"), ("5 mJy or more", "lower"), ("a flux of 5 mJy", ""), ("a flux of about 5 mJy", ""),
    ],
)  # fmt: skip
def test_limits(text: str, limit: str) -> None:
    assert one(text).limit == limit


@pytest.mark.parametrize(
    ("text", "low", "high", "unit", "what"),
    [
        ("a fraction of 0.2–0.5", 0.2, 0.5, "", "fraction"),
        ("temperatures between 20 and 40 K", 20, 40, "K", "temperatures"),
        ("20 ≤ S/N < 30", 20, 30, "", "S/N"),
        ("30° < ℓ < 120°", 30, 120, "deg", "ℓ"),
        ("periods from 0.5 to 3 d", 0.5, 3, "d", "periods"),
        ("energies of 800 keV - 2 MeV", 0.8, 2, "MeV", "energies"),
        ("亮度在4.8等到5.2等之间", 4.8, 5.2, "mag", "亮度"),
        ("0 < b < 0.46", 0, 0.46, "", "b"),
    ],
)
def test_ranges(text: str, low: float, high: float, unit: str, what: str) -> None:
    read = one(text)

    assert (read.low, read.high) == pytest.approx((low, high))
    assert read.value is None and as_unit(read.unit) == as_unit(unit) and read.what == what
    assert read.document()["low"] == pytest.approx(low)


def test_what_changed_is_no_range() -> None:
    found = stated_values("the covered probability fell from 46 % to 21 % and the purity rose from 50 % to 70 %")

    assert [v.value for v in found] == [46, 21, 50, 70]
    assert [v.what for v in found] == ["covered probability"] * 2 + ["purity"] * 2


def test_conditions_and_levels() -> None:
    recall, snr = stated_values("a recall of 0.84 ± 0.02 for S/N > 20")
    assert recall.condition == "for S/N > 20" and snr.in_condition and not recall.in_condition

    flux, frequency = stated_values("a 3σ upper limit of 5 mJy at 1.4 GHz")
    assert flux.level == "3σ" and flux.limit == "upper" and flux.condition == "at 1.4 GHz" and frequency.in_condition

    snr, complete = stated_values("当信噪比大于 20 时，完备度为 0.95")
    assert complete.condition == "当信噪比大于 20 时" and complete.what == "完备度" and snr.in_condition

    assert one("Σmν < 0.12 eV (95% confidence)").level == "95%"
    surely = one("e = 0.12 ± 0.03 at 95% confidence")
    assert surely.level == "95%" and surely.condition == ""
    assert [v.level for v in stated_values("a tension of 5σ with 67.4 ± 0.5 km/s")] == [""]


@pytest.mark.parametrize(
    "text",
    [
        "as shown by Kovács et al. (2002) and in Section 3.2",
        "see Fig. 4, Table 2, Eq. 12 and pages 391–402",
        "HD 209458, NGC 1068, WASP-12 b, 55 Cnc e, M 31 and 2MASS J05352184-0546085",
        "doi:10.1051/0004-6361:20020802, arXiv:1202.3665 and https://example.org/v2/100",
        "Gaia DR3, version 1.2, astropy 5.2.1, Python 3.11",
        "observed on 2019-06-20, on 20 June 2019 and at 12:30:15",
        "a 2:1 resonance in a 3D model",
        "citations [12] and [3,4] and [Moss2018]",
        "第3.2节和图 4，公元1052年，2019年6月20日，HD 209458",
        "the code ``x = 3.5`` and `radius=20`",
        "军市 | Jūnshì | Market for Soldiers | 6 | 7",
        "[[315.2, 0.0135], [320.7, 0.0135], [341.1, 0.0139]]",
    ],
)
def test_what_is_no_measurement(text: str) -> None:
    assert stated_values(text) == []


_FLOATS = st.floats(1e-6, 1e6).map(lambda x: float(f"{x:.4g}"))


@settings(max_examples=150, deadline=None)
@given(
    _FLOATS,
    st.sampled_from(["{:.3e}", "{:g}", "{:.4f}", "{:,.2f}"]),
    st.sampled_from(["d", "km/s", "K", "%", "mag", "erg s^-1 cm^-2", "M☉"]),
    st.booleans(),
)
def test_what_is_written_is_read_back(number: float, form: str, unit: str, chinese: bool) -> None:
    written = form.format(number)
    expected = float(written.replace(",", ""))
    read = one(f"振幅为 {written} {unit}。" if chinese else f"The amplitude is {written} {unit}.")

    assert read.value == pytest.approx(expected, rel=1e-12)
    assert as_unit(read.unit) == as_unit("Msun" if unit == "M☉" else unit)
    assert read.what == ("振幅" if chinese else "amplitude")


@settings(max_examples=150, deadline=None)
@given(
    _FLOATS,
    st.floats(0.001, 99).map(lambda x: float(f"{x:.3g}")),
    st.floats(0.001, 99).map(lambda x: float(f"{x:.3g}")),
    st.sampled_from(
        [
            "{v} +{p}/−{m}",
            "{v}^{{+{p}}}_{{-{m}}}",
            "{v}_{{-{m}}}^{{+{p}}}",
            "{v} +{p} −{m}",
            "$ {v}^{{+{p}}}_{{-{m}}} $",
        ]
    ),
)
def test_asymmetric_uncertainties_are_read_back(number: float, plus: float, minus: float, form: str) -> None:
    v, p, m = (f"{x:f}" for x in (number, plus, minus))
    read = one(f"a period of {form.format(v=v, p=p, m=m)} d")

    assert (read.value, read.plus, read.minus) == pytest.approx((float(v), float(p), float(m)))
    assert read.unit == "d"


_PIECES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["±", "10^", "× 10", "-", "–", " to ", "(", ")", "{", "}", "$", "\\pm", "<", "3σ", "%", " km s−1", "M☉", "for ", "at ", "约", "从", "到", "年", "多", "\0", "|", "\n", "e5", "[", "]", "_{", "^{+"]),
        st.from_regex(r"[0-9]{1,25}(\.[0-9]{0,8})?", fullmatch=True),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_PIECES.map("".join), st.integers(0, 1000))
def test_any_text_is_read_and_places_hold(text: str, offset: int) -> None:
    found = stated_values(text, offset)

    assert len(plain_view(text)) == len(text)
    position = offset
    for value in found:
        assert position <= value.start < value.end <= offset + len(text)
        assert text[value.start - offset : value.end - offset] == value.text
        position = value.end
        numbers = [n for n in (value.value, value.low, value.high, value.plus, value.minus) if n is not None]
        assert numbers and all(math.isfinite(n) for n in numbers)
        assert (value.plus is None) == (value.minus is None) and (value.low is None) == (value.high is None)
        as_unit(value.unit)
        if value.low is not None and value.high is not None:
            assert value.low < value.high


def test_a_long_text_gives_as_many_as_its_sentences() -> None:
    sentence = "The planet has a mass of 0.53 ± 0.11 M_J, a radius of 1.0+0.13−0.06 R_J for a star of 5200 K, and it transits every 4.0 days. "
    few, many = stated_values(sentence * 10), stated_values(sentence * 100)
    assert len(many) == 10 * len(few) == 400


def test_a_condition_that_a_sentence_begins_with_ends_where_somebody_acts() -> None:
    period, mass = stated_values("For the inner planet we find P = 75.765 ± 0.052 d and a mass of 12.9 ± 1.6 M_earth.")
    assert (period.condition, mass.condition) == ("For the inner planet", "For the inner planet")
    assert not period.in_condition and not mass.in_condition
