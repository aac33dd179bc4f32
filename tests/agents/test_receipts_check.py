"""The checker of receipts: planted wrong numbers and citations are caught, and nothing that is true is flagged."""

from __future__ import annotations

import random
import re
import shutil

import pytest

from gnomon.agents.receipts_check import agrees, chain, check, check_file, claims_of, mark, strip_marks
from gnomon.agents.receipts_check.blocks import as_block, blocks, plain
from gnomon.agents.receipts_check.claims import claims
from gnomon.tools.errors import AlteredFile, JournalError, UsageError

WHOLE = ("read_points", "measure_points", "draw_points")


@pytest.fixture(scope="module")
def english(finish_run):
    done = finish_run(*WHOLE, missing=("Planet mass, if you give it.",))
    done.report()
    return done


@pytest.fixture(scope="module")
def chinese(finish_run):
    done = finish_run(*WHOLE, language="zh", question="行星的周期是多少？")
    done.report()
    return done


def text_of(done, suffix: str = "md") -> str:
    return (done.run.folder / "report" / f"report.{suffix}").read_text(encoding="utf-8")


def flagged(done, text: str) -> list[str]:
    return [f"{c.text}: {c.reason}" for c in check(text, done.run.folder, done.registry).unsupported]


def with_sentence(done, sentence: str) -> tuple[str, int]:
    """The report with a paragraph of its own before the second heading, and where that starts."""
    text = text_of(done)
    place = text.index("\n## ") + 1
    return f"{text[:place]}{sentence}\n\n{text[place:]}", place


def caught(done, text: str, start: int, end: int) -> tuple[bool, list[str]]:
    """Whether the planted words are flagged, and what else is."""
    found = check(text, done.run.folder, done.registry).unsupported
    hits = [c for c in found if c.start < end and c.end > start]
    return bool(hits), [f"{c.text}: {c.reason}" for c in found if c not in hits]


# --------------------------------------------------------------------------- nothing true is flagged


@pytest.mark.parametrize("suffix", ["md", "html"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "tools",
    [
        WHOLE,
        ("read_points", "search_nothing", "summarise_search"),
        ("read_points", "measure_points", "fit_badly", "summarise_fit"),
    ],
)
def test_report_as_written_is_supported(finish_run, tools, language: str, suffix: str) -> None:
    done = finish_run(*tools, language=language, question="行星的周期？" if language == "zh" else "What is the period?")
    done.report()
    checked = check_file(done.run.folder / "report" / f"report.{suffix}", done.registry)
    assert [f"{c.text}: {c.reason}" for c in checked.unsupported] == []
    assert checked.faults == ()
    assert len(checked.claims) > 20


def test_hostile_report_as_written_is_supported(finish_run) -> None:
    done = finish_run(
        *WHOLE,
        question="<b>1</b> **planets** of 2 [stars](javascript:alert(3)) {{ 7*7 }} | `5 d`?",
        file="a [7](b)` 12.csv",
        arguments={"measure_points": {"style": "hostile"}},
    )
    done.report()
    for suffix in ("md", "html"):
        text = text_of(done, suffix)
        assert [c.text for c in check(text, done.run.folder, done.registry).unsupported] == []


TRUE_EN = [
    "Planet 1 has a period of about 1199 days and a semi-amplitude of 7.1 m/s.",
    "Two planets were found.",
    "The period of planet 2 is 75.77 d, that of planet 1 is 1199 d.",
    "The periods of planets 1 and 2 are 1199.0 d and 75.8 d.",
    "Planet 1 orbits every 3.28 years.",
    "Planet 1 has a minimum mass of 107 Earth masses (0.338 Jupiter masses).",
    "The eccentricity of planet 1 is below 0.31 (95 % confidence).",
    "A 95 % upper limit of 0.31 was set on the eccentricity of planet 1.",
    "K = 7.12 m/s for planet 1, or 712 cm/s.",
    "Planet 2 has a 75.8-day period.",
    "Its period, 75.765 ± 0.070 d, is that of planet 2.",
    "Three of five rows were kept; two rows were left out.",
    "The box search of Kovács et al. (2002) was used, doi:10.1051/0004-6361:20020802.",
    "See Lomb (1976) and Hunter 2007 [3].",
    "| object | period (d) |\n|---|---|\n| planet 1 | 1199 |\n| planet 2 | 75.77 |",
    "Planet 2 has a period of 6.546 × 10⁶ s, 1.818e3 h.",
    "The interval of the period of planet 1 runs from 1194 to 1204 d.",
    "行星 1 的周期约为 1199 天。",
]
TRUE_ZH = [
    "行星 1 的周期约为１１９９天，速度半振幅为 7.12 米/秒。",
    "共有两颗行星。",
    "行星 2 的周期为 75.77 天，行星 1 的周期为 1199 天。",
    "行星 1 和行星 2 的周期分别为 1199 天和 75.8 天。",
    "行星 1 的最小质量为 107 倍地球质量。",
    "行星 1 的偏心率小于 0.31（置信度 95 %）。",
    "文件共有 5 行，保留 3 行。",
    "方法见 Kovács 等（2002）。",
    "第二颗行星的周期是 75.77 天。",
    "Planet 2 has a period of 75.8 days.",
]


@pytest.mark.parametrize("sentence", TRUE_EN)
def test_true_rewording_is_supported(english, sentence: str) -> None:
    assert flagged(english, with_sentence(english, sentence)[0]) == []


@pytest.mark.parametrize("sentence", TRUE_ZH)
def test_true_rewording_in_chinese_is_supported(chinese, sentence: str) -> None:
    assert flagged(chinese, with_sentence(chinese, sentence)[0]) == []


# --------------------------------------------------------------------------- wrong numbers and invented citations

# A sentence, and the words in it that are wrong.
WRONG_EN = [
    ("Planet 1 has a period of 75.77 d.", "75.77"),
    ("The periods of planets 1 and 2 are 75.8 d and 1199.0 d.", "75.8"),
    ("Planet 1 has a period of 1199 h.", "1199"),
    ("Planet 1 has a period of −1199.0 d.", "−1199.0"),
    ("Planet 2 has a period of 7.5765 d.", "7.5765"),
    ("Planet 2 has a period of 75.756 d.", "75.756"),
    ("The period of planet 2 is 75.765 ± 0.75 d.", "0.75"),
    ("The periods have a ratio of 15.8.", "15.8"),
    ("Planet 1 takes twice as long as the other.", "twice"),
    ("Three planets were found.", "Three"),
    ("There are 4 planets.", "4"),
    ("Planet 3 was not seen.", "3"),
    ("Planet 2 has a radius of 2.4 Earth radii.", "2.4"),
    ("The star is 31.7 pc away.", "31.7"),
    ("Planet 1 has a minimum mass of 0.338 Earth masses.", "0.338"),
    ("The eccentricity of planet 1 is above 0.31.", "0.31"),
    ("The eccentricity of planet 1 is 0.08.", "0.08"),
    ("The rotation period is 75.765 d.", "75.765"),
    ("Numpy 0.9.1 was used.", "0.9.1"),
    ("The run ended at 25:61:07 UTC.", "25:61:07"),
    ("HD 164922 was observed.", "HD 164922"),
    ("The difference of the periods is 1123.3 d.", "1123.3"),
    ("Of five rows, four rows were kept.", "four"),
    ("The chance is 1 × 10⁻⁵.", "1 × 10⁻⁵"),
    ("The plan is 0123456789abcdef.", "0123456789abcdef"),
]
WRONG_ZH = [
    ("行星 1 的周期为 75.77 天。", "75.77"),
    ("行星 2 的周期为 75.77 小时。", "75.77"),
    ("行星 1 的最小质量为 170 倍地球质量。", "170"),
    ("共发现三颗行星。", "三"),
    ("行星 1 的周期是行星 2 的十五倍。", "十五倍"),
    ("有效温度为 5400 K。", "5400"),
    ("文件共有 5 行，保留 4 行。", "4"),
    ("速度半振幅为 ７１．２ 米/秒。", "７１．２"),
]
INVENTED = [
    ("This was seen before (Smith et al. 2019).", "Smith et al. 2019"),
    ("See Lomb (1977).", "Lomb (1977"),
    ("See Kovács & Zucker (2002).", "Kovács & Zucker (2002"),
    ("Fulton et al. found it first.", "Fulton et al"),
    ("The data are at doi:10.3847/1538-3881/ab0001.", "10.3847/1538-3881/ab0001"),
    ("The data are at https://doi.org/10.1051/0004-6361:20020803.", "10.1051/0004-6361:20020803"),
    ("See 1976Ap&SS..39..448L.", "1976Ap&SS..39..448L"),
    ("See arXiv:1607.01801.", "arXiv:1607.01801"),
    ("It is known [17].", "[17]"),
    ("如张三等（2019）所示。", "张三等（2019"),
    ("见 Hunter（2017）。", "Hunter（2017"),
]


@pytest.mark.parametrize(("sentence", "wrong"), [*WRONG_EN, *INVENTED])
def test_wrong_sentence_is_caught(english, sentence: str, wrong: str) -> None:
    text, place = with_sentence(english, sentence)
    start = place + sentence.index(wrong)
    assert caught(english, text, start, start + len(wrong))[0]


@pytest.mark.parametrize(("sentence", "wrong"), [*WRONG_ZH, *INVENTED])
def test_wrong_sentence_in_chinese_is_caught(chinese, sentence: str, wrong: str) -> None:
    text, place = with_sentence(chinese, sentence)
    start = place + sentence.index(wrong)
    assert caught(chinese, text, start, start + len(wrong))[0]


def test_thirty_numbers_and_ten_citations_at_once(english) -> None:
    planted = [*WRONG_EN, *[(s, w) for s, w in WRONG_ZH if "颗" not in s][:5], *INVENTED[:10]]
    assert len(planted) == 40
    text, place = with_sentence(english, "\n\n".join(s for s, _w in planted))
    end = place + sum(len(s) + 2 for s, _w in planted)
    found = check(text, english.run.folder, english.registry).unsupported
    for sentence, wrong in planted:
        start = text.index(sentence) + sentence.index(wrong)
        assert [c for c in found if c.start < start + len(wrong) and c.end > start], sentence
    assert [c.text for c in found if not place <= c.start < end] == []


# What stands in a report as written, and what somebody makes of it.
ALTERED = [
    ("7.12 +0.22/−0.20 m/s [r2]", "7.21 +0.22/−0.20 m/s [r2]", "7.21"),
    ("7.12 +0.22/−0.20 m/s [r2]", "7.12 +0.12/−0.20 m/s [r2]", "+0.12"),
    ("7.12 +0.22/−0.20 m/s [r2]", "7.12 +0.22/−0.20 km/s [r2]", "7.12"),
    ("7.12 +0.22/−0.20 m/s [r2]", "7.12 +0.22/−0.20 m/s [r99]", "[r99]"),
    ("75.765 +0.075/−0.065 d [r5]", "1199.0 +0.075/−0.065 d [r5]", "1199.0"),
    ("75.765 +0.075/−0.065 d [r5]", "75.765 +0.075/−0.065 d [r1]", "75.765"),
    ("&lt; 0.31 (95 %) [r3]", "&gt; 0.31 (95 %) [r3]", "0.31"),
    ("&lt; 0.31 (95 %) [r3]", "&lt; 0.31 (99 %) [r3]", "99 %"),
    ("| 68.3 % |", "| 68.2 % |", "68.2 %"),
    ("0.338 M\\_Jup [r4]", "0.388 M\\_Jup [r4]", "0.388"),
    ("times offset by 0 d", "times offset by 1 d", "1 d"),
    ("3 of 5 rows kept", "4 of 5 rows kept", "4"),
    ("not a number: 2", "not a number: 3", "3"),
    ("zero at JD 2457000.0", "zero at JD 2457001.0", "2457001.0"),
    ("8 bytes", "9 bytes", "9"),
    ("read\\_points 1.2 |", "read\\_points 1.3 |", "1.3"),
    ("measure\\_points.ecsv, row 2,", "measure\\_points.ecsv, row 7,", "7"),
    ("measure\\_points.ecsv, row 2,", "measure\\_points.ecsv, row 1,", "1"),
    ("Row 6 (semi-major axis", "Row 5 (semi-major axis", "5"),
    ("Kovács et al. 2002, A box", "Kovács et al. 2003, A box", "2003"),
    ("Lomb 1976, Least", "Bomb 1976, Least", "Bomb"),
    ("doi:10.1109/MCSE.2007.55 ", "doi:10.1109/MCSE.2007.56 ", "MCSE.2007.56"),
    ("<https://doi.org/10.1109/MCSE.2007.55>", "<https://doi.org/10.1109/MCSE.2007.56>", "MCSE.2007.56"),
    ("drawn. \\[3\\]", "drawn. \\[1\\]", "\\[1\\]"),
]


@pytest.mark.parametrize(("old", "new", "wrong"), ALTERED)
def test_altered_report_is_caught(english, old: str, new: str, wrong: str) -> None:
    text = text_of(english)
    place = text.index(old)
    altered = text[:place] + new + text[place + len(old) :]
    start = place + new.index(wrong)
    found = check(altered, english.run.folder, english.registry).unsupported
    assert [c for c in found if c.start < start + len(wrong) and c.end > start]
    assert [c.text for c in found if c.end <= place or c.start >= place + len(new)] == []


def test_altered_digest_in_the_list_is_caught(english) -> None:
    text = text_of(english)
    row = re.search(r"^\| r1 \|.*`([0-9a-f]{64})`", text, re.M)
    assert row
    digit = "0" if row[1][5] != "0" else "1"
    start = row.start(1)
    hit, others = caught(english, text[: start + 5] + digit + text[start + 6 :], start, start + 64)
    assert hit
    assert others == []


@pytest.mark.parametrize("which", ["english", "chinese"])
def test_any_changed_digit_is_caught(request, which: str) -> None:
    done = request.getfixturevalue(which)
    text = text_of(done)
    checked = check(text, done.run.folder, done.registry)
    dice = random.Random(20)
    numbers = [c for c in checked.claims if c.kind == "number" and any(d.isdigit() for d in c.text)]
    for claim in dice.sample(numbers, 30):
        place = claim.start + dice.choice([i for i, c in enumerate(claim.text) if c.isdigit()])
        digit = dice.choice([d for d in "0123456789" if d != text[place]])
        altered = text[:place] + digit + text[place + 1 :]
        line = slice(altered.rfind("\n", 0, place) + 1, altered.index("\n", place))
        assert caught(done, altered, line.start, line.stop)[0], altered[line]


# --------------------------------------------------------------------------- the record


@pytest.fixture
def copied(english, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(english.run.folder, folder)
    return folder


def test_altered_output_is_a_fault_and_supports_nothing(english, copied) -> None:
    table = copied / "outputs" / "measure_points.ecsv"
    table.write_text(table.read_text(encoding="utf-8").replace("75.765", "76.765"), encoding="utf-8")
    for text in (text_of(english), text_of(english).replace("75.765", "76.765")):
        checked = check(text, copied, english.registry)
        assert any("measure_points" in f for f in checked.faults)
        assert any("75.765" in c.text or "76.765" in c.text for c in checked.unsupported)


def test_altered_input_is_a_fault(english, copied) -> None:
    (copied / "inputs" / "points.csv").write_text("t,f\n0,2\n", encoding="utf-8")
    assert any("inputs/points.csv" in f for f in check(text_of(english), copied, english.registry).faults)


def test_journal_counts_and_not_plan_yaml(english, copied) -> None:
    plan = copied / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("1.2", "1.3"), encoding="utf-8")
    assert flagged(english, text_of(english)) == []
    checked = check(text_of(english), copied, english.registry)
    assert checked.unsupported == ()


def test_altered_journal_is_refused(english, copied) -> None:
    journal = copied / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"left out", b"left in!"))
    with pytest.raises((JournalError, AlteredFile)):
        check(text_of(english), copied, english.registry)


def test_report_elsewhere_needs_the_folder(english, tmp_path) -> None:
    path = tmp_path / "mine.md"
    path.write_text(text_of(english), encoding="utf-8")
    with pytest.raises(UsageError, match="does not lie in the folder of a run"):
        check_file(path, english.registry)
    assert check_file(path, english.registry, english.run.folder).good
    with pytest.raises(UsageError, match="not the folder of a run"):
        check_file(path, english.registry, tmp_path)
    with pytest.raises(UsageError, match="could not be read"):
        check_file(tmp_path / "none.md", english.registry)


# --------------------------------------------------------------------------- marks and chains


@pytest.mark.parametrize("suffix", ["md", "html"])
@pytest.mark.parametrize(("which", "title"), [("english", "Without a receipt"), ("chinese", "没有凭据的内容")])
def test_marks_come_and_go(request, which: str, title: str, suffix: str) -> None:
    done = request.getfixturevalue(which)
    text = text_of(done, suffix).replace("75.765", "75.675")
    checked = check(text, done.run.folder, done.registry)
    marked = mark(text, checked)
    assert marked.index(title) < marked.index("75.675 ⚠" if suffix == "md" else '<mark class="unsupported">75.675')
    line = int(re.findall(r"(?:line|第) (\d+)", marked)[0])
    assert "75.675" in marked.split("\n")[line - 1]
    assert strip_marks(marked) == text
    again = check(marked, done.run.folder, done.registry)
    assert mark(marked, again) == marked
    assert [c.text for c in again.unsupported] == [c.text for c in checked.unsupported]
    whole = text_of(done, suffix)
    assert mark(whole, check(whole, done.run.folder, done.registry)) == whole
    with pytest.raises(UsageError):
        mark(whole, checked)


def test_claims_say_where_they_stand(english) -> None:
    text, place = with_sentence(english, "It is 99.9 d.")
    (claim,) = check(text, english.run.folder, english.registry).unsupported
    assert text[claim.start : claim.end] == claim.text == "99.9 d"
    assert text.split("\n")[claim.line - 1][claim.column - 1 : claim.end_column - 1] == "99.9 d"
    assert claim.start == place + 6


def test_chain_leads_to_the_input_and_the_approval(english) -> None:
    checked = check(text_of(english), english.run.folder, english.registry)
    (claim,) = claims_of(checked, "75.765")[:1]
    lines = chain(claim, english.run.folder, english.registry)
    tree = "\n".join(lines)
    sha256 = english.plan.files[0].sha256
    assert lines[0] == "75.765"
    assert "outputs/measure_points.ecsv, row 5, value" in lines[1]
    assert f"inputs/points.csv, 8 bytes, sha256 {sha256[:12]}…: the bytes here match" in tree
    assert "measure_points 1.2" in tree
    assert f"plan {english.plan.hash[:12]}…" in tree
    assert "it stands for exactly this plan" in tree
    assert "allowed by Ada <ada@observatory>" in tree
    (label,) = claims_of(checked, "r5")[:1]
    assert "outputs/measure_points.ecsv, row 5" in "\n".join(chain(label, english.run.folder, english.registry))
    assert claims_of(checked, "12345.6") == []


# --------------------------------------------------------------------------- finding and rounding


def number_of(text: str):
    return next(i.number for i in claims(as_block(plain(text))) if i.number and i.form == "number")


@pytest.mark.parametrize(
    ("text", "value", "agree"),
    [
        ("75.77", 75.765, True),
        ("75.8", 75.765, True),
        ("76", 75.765, True),
        ("75.76", 75.767, False),
        ("75", 75.767, False),
        ("1,199.0", 1199.04, True),
        ("1200", 1200.9, True),
        ("1200", 1199.0, True),
        ("1000", 1199.0, False),
        ("2.45e6", 2454321.0, True),
        ("1.3 × 10⁻³", 0.00126797, True),
        ("1.2\\times10^{-3}", 0.00126797, False),
        ("−7.1", 7.1, False),
        ("0.0", 0.04, False),
        ("２．５", 2.5, True),
        ("3.2万", 32000.0, True),
    ],
)
def test_rounding_is_honest(text: str, value: float, agree: bool) -> None:
    assert agrees(number_of(text), value) is agree


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7.19 +0.28/−0.27 m/s", [(7.19, "value", "m / s"), (0.28, "above", "m / s"), (0.27, "below", "m / s")]),
        ("0.874+-0.012 solar masses", [(0.874, "value", "Msun"), (0.012, "error", "Msun")]),
        ("(1.50 ± 0.02) × 10⁻³ d", [(1.5e-3, "value", "d"), (2e-5, "error", "d")]),
        ("10–12 d", [(10.0, "value", "d"), (12.0, "value", "d")]),
        ("75.77(5) d", [(75.77, "value", "d"), (0.05, "error", "d")]),
        ("< 0.31 (95 %)", [(0.31, "value", ""), (95.0, "level", "percent")]),
        ("13 倍地球质量", [(13.0, "value", "Mearth")]),
    ],
)
def test_groups_of_numbers(text: str, found: list[tuple[float, str, str]]) -> None:
    numbers = [i.number for i in claims(as_block(plain(text))) if i.number and i.form == "number"]
    assert [(pytest.approx(n.value), n.role, n.unit) for n in numbers] == found


def test_names_and_dates_are_no_numbers() -> None:
    text = "HD 164922 (K2-3, points_12.csv, 2026-11-21 10:56:18 UTC) SHA-256 SDSS J1234+5678"
    assert [i for i in claims(as_block(plain(text))) if i.form == "number"] == []


def test_escaped_markdown_keeps_its_places() -> None:
    source = "| T\\_c | 1\\.5 &lt; *2.5 d* [r1] |\n|---|---|\n"
    (row,) = blocks(source)
    for item in claims(row):
        start, end = row.span(item.start, item.end)
        assert plain(source[start:end]).replace("\\", "").strip("[]") == item.text.strip("\ue000\ue001")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Of the candidates 400 are unlike what the model knows.", "number"),
        ("candidate 400 is the best one", "object"),
        ("candidates 1 and 2 are the best ones", "object"),
    ],
)
def test_one_number_after_several_things_counts_them_and_names_none(text: str, form: str) -> None:
    (item,) = claims(as_block(text))
    assert item.form == form
