"""The report: receipts, warnings first, foreign text without power, the language of the question, the same bytes twice."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from gnomon.agents.markup import escape_markdown, words
from gnomon.agents.report_content import _filled
from gnomon.plans.plan import Ref, Step

HOSTILE = (
    '<script>alert(1)</script> & "q" {{ 7*7 }} {% raw %} **bold** [x](javascript:alert(1)) | ``` \n# head \u202egnp.exe'
)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def rendered_markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


@pytest.fixture(scope="module")
def whole(finish_run):
    return finish_run("read_points", "measure_points", "draw_points", missing=("Planet mass, if you give it.",))


@pytest.fixture(scope="module")
def written(whole):
    return whole.report()


@pytest.fixture(scope="module")
def page(written):
    return Page(written.html.read_text(encoding="utf-8"))


def test_answer_says_the_first_quantities_of_each_object(written) -> None:
    assert written.answer == (
        "planet 1: period 1199.0 +5.1/−5.0 d, velocity semi-amplitude 7.12 +0.22/−0.20 m/s, eccentricity < 0.31 (95 %); "
        "planet 2: period 75.765 +0.075/−0.065 d."
    )


def test_results_json_is_what_the_interfaces_print(whole, written) -> None:
    document = json.loads((whole.run.folder / "report" / "results.json").read_text(encoding="utf-8"))
    assert document["answer"] == written.answer
    assert document["warnings"] == written.warnings
    assert document["results"] == [r.document() for r in written.results]
    assert document["plan_hash"] == whole.plan.hash


def test_page_stands_alone(page) -> None:
    assert not page.all("script")
    assert not page.all("link")
    assert all((i["src"] or "").startswith("data:image/png;base64,") for i in page.all("img"))
    assert page.all("img")
    assert not [a for a in page.all("a") if not re.match(r"#|https://(doi\.org|ui\.adsabs)", a["href"] or "")]
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv"))
    assert "default-src 'none'" in (policy or "")


def test_every_number_of_the_results_has_a_receipt(written, page) -> None:
    html = written.html.read_text(encoding="utf-8")
    cells = re.findall(r'<td class="value">(.*?)</td>', html)
    assert len(cells) == len(written.results)
    listed = {t["id"] for t in page.all("tr") if t.get("id")}
    for cell in cells:
        target = re.search(r'href="#(r\d+)"', cell)
        assert target and target[1] in listed
    assert {a["href"] for a in page.all("a") if (a["href"] or "").startswith("#r")} <= {
        f"#{i}" for i in listed | {li["id"] for li in page.all("li") if li.get("id")}
    }
    for after in html.split('class="number">')[1:]:
        assert '</span><sup class="receipt"><a href="#r' in after[:160]


def test_markdown_has_the_same_receipts(written) -> None:
    text = written.markdown.read_text(encoding="utf-8")
    used = set(re.findall(r"(?<!\\)\[(r\d+)\](?!:)", text))
    assert used == set(re.findall(r"^\[(r\d+)\]: ", text, flags=re.M))
    assert used == set(re.findall(r"^\| (r\d+) \|", text, flags=re.M))
    assert "outputs/measure\\_points.ecsv, row 1, value/lower/upper/level/unit" in text
    html = rendered_markdown(text)
    assert '<a href="#receipts">r1</a>' in html
    assert html.count("<table>") == 4


def test_warnings_come_before_results(written) -> None:
    html = written.html.read_text(encoding="utf-8")
    said = words("en")
    assert html.index(said["warnings"]) < html.index(f"<h2>{said['results']}</h2>")
    assert "read_points: Two rows of points.csv were left out." in written.warnings
    assert any("Row 6 (semi-major axis of planet 2) has no finite value" in w for w in written.warnings)


def test_methods_data_and_references(written, page) -> None:
    assert "The light curve was read from points.csv, times offset by 0 d." in page.text
    assert "3 of 5 rows kept; left out: not a number: 2; sorted by time" in page.text
    assert "BJD, scale TDB, zero at JD 2457000.0" in page.text
    links = [a["href"] for a in page.all("a") if (a["href"] or "").startswith("https")]
    assert links == [
        "https://doi.org/10.1051/0004-6361:20020802",
        "https://ui.adsabs.harvard.edu/abs/1976Ap%26SS..39..447L",
        "https://doi.org/10.1109/MCSE.2007.55",
    ]


def test_the_method_of_a_step_with_ten_thousand_names_is_one_sentence() -> None:
    names = [f"Star {i}" for i in range(10_000)]
    step = Step(
        id="find", tool="find", version="1.0", arguments={"names": names}, kind="SourceTable", effects=["compute"],
        cost={}, inputs={"tables": [Ref(file=f"{i}.csv") for i in range(12)]},
    )  # fmt: skip
    said = _filled("Of {names} in {tables}.", step, "en")
    assert said == "Of Star 0, Star 1, Star 2 and 9,997 more in 0.csv, 1.csv, 2.csv and 9 more."
    assert _filled("{names}", step, "zh") == "Star 0, Star 1, Star 2 等 10000 个"


def test_approval_and_provenance(whole, page) -> None:
    assert "Ada <ada@observatory>" in page.text
    assert whole.plan.hash in page.text
    assert "by command" in page.text
    assert "numpy" in page.text
    assert "Planet mass, if you give it." in page.text


def test_figures_are_copied_by_step(whole) -> None:
    copied = (whole.run.folder / "report" / "draw_points.png").read_bytes()
    assert copied == (whole.run.folder / "outputs" / "draw_points.png").read_bytes()


def test_same_run_gives_same_bytes(whole, written) -> None:
    folder = whole.run.folder / "report"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert whole.report() == written
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_report_names_no_path_of_this_machine(whole, tmp_path) -> None:
    home = str(whole.run.folder.parents[1])
    for path in (whole.run.folder / "report").glob("*.[mhj]*"):
        assert home not in path.read_text(encoding="utf-8")


# --------------------------------------------------------------------------- hostile text


@pytest.fixture(scope="module")
def hostile(finish_run):
    return finish_run(
        "read_points",
        "measure_points",
        "draw_points",
        question=HOSTILE,
        file="<img src=x onerror=alert(1)>[a](b)`.csv",
        arguments={
            "read_points": {"label": "{quantity.__class__} <b>{0}</b> {{ 7*7 }}"},
            "measure_points": {"style": "hostile"},
        },
    ).report()


def test_hostile_text_has_no_power_over_html(hostile) -> None:
    page = Page(hostile.html.read_text(encoding="utf-8"))
    assert not page.all("script")
    assert len(page.all("img")) == 1
    assert not any(name.startswith("on") for _tag, attributes in page.tags for name in attributes)
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert "\u202e" not in page.text


def test_hostile_text_has_no_power_over_markdown(hostile) -> None:
    html = rendered_markdown(hostile.markdown.read_text(encoding="utf-8"))
    page = Page(html)
    assert not page.all("script")
    assert len(page.all("img")) == 1
    assert len(page.all("h1")) == 1
    assert "<script>alert(1)</script>" in page.text
    assert "**bold**" in page.text
    assert not [a for a in page.all("a") if not re.match(r"#|https://(doi\.org|ui\.adsabs)", a["href"] or "")]
    assert "\u202e" not in page.text


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "+ a",
        "1. a",
        "# a",
        "> a",
        "=== ",
        "---",
        "a | b",
        "`x`",
        "![a](b)",
        "<http://a.b>",
        "[r1]",
        "~~a~~",
        "$x$",
    ],
)
def test_escaped_markdown_reads_as_it_was_written(text: str) -> None:
    html = rendered_markdown(f"{escape_markdown(text)}\n\n[r1]: #x\n")
    page = Page(html)
    assert [tag for tag, _a in page.tags] == ["p"]
    assert page.text.strip() == text.strip()


# --------------------------------------------------------------------------- failures, findings of nothing, languages


def test_failure_is_said_first_with_its_remedy(finish_run) -> None:
    report = finish_run("read_points", "measure_points", "fit_badly", "summarise_fit").report()
    assert report.answer.startswith(
        "The step “fit_badly” failed, so the answer is not complete. The <i>fit</i> cannot work. Give *velocities*. planet 1:"
    )
    assert report.warnings[0] == "fit_badly: The <i>fit</i> cannot work. Give *velocities*."
    assert "Not run, since what they need failed: summarise_fit." in report.warnings
    assert "journal.jsonl, line" in report.markdown.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "answer"), [("en", "No signal stands out of the noise."), ("zh", "没有信号高于噪声。")]
)
def test_finding_nothing_is_the_answer(finish_run, language: str, answer: str) -> None:
    report = finish_run("read_points", "search_nothing", "summarise_search", language=language).report()
    assert report.answer == answer
    assert report.results == []


@pytest.mark.parametrize(
    ("language", "answer"),
    [("en", "Nothing was measured; the run made: figure."), ("zh", "没有测得数值；本次运行得到：图。")],
)
def test_run_that_measured_nothing_says_what_it_made(finish_run, language: str, answer: str) -> None:
    assert finish_run("read_points", "draw_points", language=language).report().answer == answer


def test_report_in_chinese(finish_run) -> None:
    report = finish_run("read_points", "measure_points", language="zh", question="行星的周期是多少？").report()
    assert report.answer.startswith(
        "行星 1：周期 1199.0 +5.1/−5.0 d，速度半振幅 7.12 +0.22/−0.20 m/s，偏心率 < 0.31 (95 %)；行星 2："
    )
    html = report.html.read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in html
    assert "<h2>请先阅读</h2>" in html
    assert "从 points.csv 读取光变曲线，时间偏移 0 d。" in html
    assert "最小质量" in html
    assert "<h2>Results" not in html


def test_both_languages_have_the_same_words() -> None:
    def keys(value, prefix=""):
        if not isinstance(value, dict):
            return {prefix}
        return set().union(*(keys(v, f"{prefix}.{k}") for k, v in value.items()))

    def fields(value):
        return {k: set(re.findall(r"\{(\w+)\}", v)) for k, v in value.items()}

    assert keys(words("en")) == keys(words("zh"))
    assert fields(words("en")["say"]) == fields(words("zh")["say"])


def test_reused_steps_say_where_they_come_from(finish_run, tmp_path) -> None:
    first = finish_run("read_points", "measure_points", home=tmp_path)
    second = finish_run("read_points", "measure_points", home=tmp_path)
    assert first.run.id != second.run.id
    report = second.report()
    assert first.run.id in report.html.read_text(encoding="utf-8")
    assert "read_points: Two rows of points.csv were left out." in report.warnings


def test_report_without_an_approval_says_so(whole, finish_run) -> None:
    from dataclasses import replace

    changed = replace(whole, plan=whole.plan.model_copy(update={"question": "Another question?"}))
    assert changed.report().warnings[0] == "The plan in this folder is not the one that was approved."
    whole.report()  # put back what the other tests look at
