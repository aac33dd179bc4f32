"""What a report shows of objects, tables, papers, spectra and images: exact, with receipts, in both languages, and the whole to be had."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import gnomon.tools.reporting
from gnomon.agents.receipts_check import check, check_file
from gnomon.agents.shown import safe_link
from gnomon.plans.approval import decide
from gnomon.plans.arguments import complete
from gnomon.plans.engine import Engine
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry

HERE = str(Path(__file__).parent)
ALL = (
    "fetch_target", "fetch_sources", "fetch_holdings", "fetch_notices", "fetch_papers", "fetch_ephemeris", "fetch_spectrum", "fetch_image",
)  # fmt: skip
PLOTS = ("plot_image", "plot_spectrum", "plot_ephemeris", "plot_sources")


class Done:
    """A run that ended, with its report."""

    def __init__(self, run: Run, registry: Registry, store: Store) -> None:
        from gnomon.agents.reporter import write_report

        self.run, self.registry = run, registry
        self.plan = run.plan(registry)
        self.written = write_report(run, registry, store, self.plan)
        folder = run.folder / "report"
        self.markdown, self.html = ((folder / f"report.{n}").read_text(encoding="utf-8") for n in ("md", "html"))
        self.results = json.loads((folder / "results.json").read_text(encoding="utf-8"))

    def flagged(self, text: str) -> list[str]:
        return [f"{c.text}: {c.reason}" for c in check(text, self.run.folder, self.registry).unsupported]


@pytest.fixture(scope="module")
def finish(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Done]:
    """Run tools one after another through the real engine, each on what the ones before it made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)  # worker processes are spawned with this path
        registry = Registry.of_modules([importlib.import_module("shown_tools"), gnomon.tools.reporting])

        def run_of(*tools: str, language: str = "en", goal: str = "", arguments: dict[str, dict[str, object]] | None = None) -> Done:  # fmt: skip
            home = tmp_path_factory.mktemp("home")
            store, policy, maker, steps = Store(home / "store"), Policy(), {}, []
            for name in tools:
                tool = registry[name]
                inputs = {p.name: Ref(step=maker[p.kind.name]) for p in tool.inputs if p.kind and p.kind.name in maker}
                steps.append(
                    Step(
                        id=name, tool=name, version=tool.version, arguments=complete(tool, (arguments or {}).get(name, {})), inputs=inputs,
                        kind=str(tool.kind), effects=list(tool.effects), cost=tool.cost(3),
                    )
                )  # fmt: skip
                maker.setdefault(tool.kind.name, name)
            question = "这个天体在哪里？" if language == "zh" else "Where is it, and what is there?"
            plan = Plan(question=question, language=language, goal=goal or steps[0].kind, files=[], steps=steps)
            run = Run.create(home / "runs", "run-0", plan, store)
            with run.exclusive():
                run.record(decide(plan, policy, "approve", "command", who="Ada <ada@observatory>"))
                Engine(registry, store, policy, workers=1).execute(run)
            return Done(run, registry, store)

        yield run_of


@pytest.fixture(scope="module")
def english(finish: Callable[..., Done]) -> Done:
    return finish(*ALL, *PLOTS)


@pytest.fixture(scope="module")
def chinese(finish: Callable[..., Done]) -> Done:
    return finish(
        *ALL, *PLOTS, language="zh", arguments={"fetch_target": {"style": "two"}, "fetch_sources": {"style": "cut"}}
    )


def test_every_step_finished(english: Done, chinese: Done) -> None:
    for done in (english, chinese):
        assert {e["event"] for e in done.run.outcomes().values()} == {"step.finished"}, done.run.events("step.failed")


@pytest.mark.parametrize("suffix", ["md", "html"])
@pytest.mark.parametrize("which", ["english", "chinese"])
def test_report_as_written_has_all_its_receipts(which: str, suffix: str, request: pytest.FixtureRequest) -> None:
    done = request.getfixturevalue(which)
    checked = check_file(done.run.folder / "report" / f"report.{suffix}", done.registry)
    assert [f"{c.line}: {c.text}: {c.reason}" for c in checked.unsupported] == []
    assert checked.faults == () and len(checked.claims) > 200


# --------------------------------------------------------------------------- what is said


def test_object_as_a_card(english: Done, chinese: Done) -> None:
    assert english.written.answer.startswith(
        "TRAPPIST-1: at 23h06m29.372s −05°02′29.04″ (ICRS, epoch 2000.0), low-mass star (LM*), spectral type M7.5e, distance 12.4669 pc."
    )
    for said in (
        "346.622383° −5.041399°",
        "80.2123 ± 0.0716 mas",
        "NED, VizieR: 0.1234″ apart",
        f"Gaia DR3 {2635476908753563008}",
        "and 10 more",
        'href="https://ui.adsabs.harvard.edu/abs/2020yCat.1350....0G"',
        "2020yCat.1350....0G (parallax, position)",
    ):
        assert said in english.html, said
    assert "小质量恒星 (LM*)" in chinese.html and "类星体 (QSO)" in chinese.html
    assert "NED 没有回答：NED did not answer within 60 s." in chinese.html


def test_table_is_exact_and_says_how_complete_it_is(english: Done, chinese: Done) -> None:
    assert (
        "| 4 | 2635476908753563011 | 346.608616 | — |" in english.markdown
    )  # masked, and no digit of an identifier lost
    assert "source\\_id | ra \\[°\\] | dec \\[°\\] | phot\\_g\\_mean\\_mag \\[mag\\]" in english.markdown
    assert "Complete: 40 rows. Asked: Gaia archive (Gaia DR3) 2026-11-20 10:00:00 UTC." in english.markdown
    assert "the first 10 of 40 rows, 8 of 14 columns" in english.markdown
    assert "`gnomon export run-0 fetch_sources -o fetch_sources.csv`" in english.markdown
    for said in (
        "不完整：40 行，其余被 the service's own limit of 40 rows 截去。",
        "回复是较早的一次",
        "情况未知：M 67。",
    ):
        assert said in chinese.markdown, said


def test_every_number_shown_is_one_of_the_table(english: Done) -> None:
    from astropy.table import QTable

    table = QTable.read(english.run.folder / "outputs" / "fetch_sources.ecsv", format="ascii.ecsv")
    (shown,) = [t for t in english.results["tables"] if t["step"] == "fetch_sources"]
    names = [head.split(" ")[0] for head in shown["columns"]]
    for row, cells in zip(table, shown["first"], strict=False):
        for name, text in zip(names, cells, strict=True):
            value = row[name]
            if text == "—":
                assert bool(value.mask)
            elif name in ("source_id", "note"):
                assert text == str(value)
            else:
                number = float(text.replace("−", "-"))
                assert number == pytest.approx(
                    float(getattr(value, "value", value)), abs=6e-7 if name in ("ra", "dec") else 6e-5
                )


def test_papers_are_a_list_of_papers(english: Done) -> None:
    assert (
        "Gillon, M.; Triaud, A. H. M. J.; Demory, B.-O. et al. 2017, Seven temperate terrestrial planets"
        in english.html
    )
    assert 'href="https://doi.org/10.1038/nature21360"' in english.html
    assert 'href="https://arxiv.org/abs/2401.01234"' in english.html
    assert "the rest was cut off by the limit of 2 rows of this plan" in english.html


def test_links_lead_only_to_the_web() -> None:
    assert safe_link("https://mast.example/get?id=1&x=<2>") == "https://mast.example/get?id=1&x=%3C2%3E"
    for bad in ("javascript:alert(1)", "ftp://a.b/c", "https://a b", "https://", "", None, "https://a.b/\u202egnp"):
        assert safe_link(bad) == ""


@pytest.mark.parametrize("suffix", ["html", "markdown"])
def test_text_of_archives_has_no_power(finish: Callable[..., Done], suffix: str) -> None:
    style = {"style": "hostile"}
    done = finish("fetch_target", "fetch_sources", "fetch_papers", "fetch_notices", arguments={"fetch_target": style, "fetch_sources": style})  # fmt: skip
    text = getattr(done, suffix)
    if suffix == "markdown":
        from markdown_it import MarkdownIt

        text = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "<script>" not in text and "\u202e" not in text
    assert not [a for a in re.findall(r'<a href="([^"]*)"', text) if not a.startswith(("#", "https://"))]
    assert done.flagged(done.markdown) == [] and done.flagged(done.html) == []


# --------------------------------------------------------------------------- receipts


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("2635476908753563010", "2635476908753563018"),
        ("12.4669 pc", "12.5669 pc"),
        ("−05°02′29.04″", "−05°02′29.94″"),
        ("80.2123 ± 0.0716", "80.2123 ± 0.0116"),
        ("Complete: 40 rows", "Complete: 41 rows"),
        ("doi:10.1038/nature21360", "doi:10.1038/nature21361"),
        ("<https://doi.org/10.1038/nature21360>", "<https://doi.org/10.1038/nature21361>"),
        ("17.2315", "17.9315"),
        ("2020-02-21 06:00", "2020-02-22 06:00"),
    ],
)
def test_altered_text_is_flagged(english: Done, right: str, wrong: str) -> None:
    assert right in english.markdown
    assert english.flagged(english.markdown.replace(right, wrong, 1))


# --------------------------------------------------------------------------- pictures, and what else a run measured


def test_captions_are_in_the_language_of_the_question(english: Done, chinese: Done) -> None:
    assert "Path of 1 Ceres (A801 AA) on the sky" in english.html and "在天上的路径" not in english.html
    assert "1 Ceres (A801 AA) 在天上的路径" in chinese.html and "Path of 1 Ceres" not in chinese.html


def test_picture_of_nothing_takes_nothing_away(finish: Callable[..., Done]) -> None:
    done = finish("fetch_sources", "plot_sources", arguments={"fetch_sources": {"style": "count"}})
    assert done.run.status() == "done"
    assert done.written.answer == "1 row from Gaia archive (all that there are)."
    assert done.written.warnings == [] and "1811709771" in done.markdown
    alone = finish("fetch_sources", "plot_sources", goal="Figure", arguments={"fetch_sources": {"style": "count"}})
    assert alone.written.answer.startswith("The table has no positions, so there is nothing to draw on the sky.")


def test_measured_numbers_are_the_answer_and_what_led_to_them_stays_short(finish: Callable[..., Done]) -> None:
    done = finish("fetch_target", "measure_target")
    assert done.written.answer == "planet 1: period 1.510 ± 0.010 d."
    assert "low-mass star" in done.html


def test_step_that_only_leads_to_another_is_a_line_in_the_terminal(english: Done) -> None:
    text = english.results["shown"]
    assert text.splitlines()[0] == "objects · fetch_target" and "    distance         12.4669 pc" in text.splitlines()
    assert max(map(len, [line for line in text.splitlines() if re.match(r"  +\d  ", line)])) <= 115


def test_json_has_the_tables(english: Done) -> None:
    told = {t["step"]: t for t in english.results["tables"]}
    assert told["fetch_sources"]["rows"] == 40 and told["fetch_sources"]["complete"] is True
    assert told["fetch_papers"]["complete"] is False and told["fetch_notices"]["complete"] is None
    assert told["fetch_image"]["file"] == "outputs/fetch_image.fits"


def test_same_run_gives_the_same_bytes(english: Done) -> None:
    folder = english.run.folder / "report"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    Done(english.run, english.registry, Store(english.run.folder.parents[1] / "store"))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_columns_of_several_tables_are_a_row_for_each(finish: Callable[..., Done]) -> None:
    done = finish("fetch_columns", arguments={"fetch_columns": {"tables": 40}})

    (shown,) = done.results["tables"]
    assert (
        shown["first"][:2] == [["sky.t0", "3", "dec, pmra, ra"], ["sky.t1", "3", "dec, pmra, ra"]]
        and len(shown["first"]) == 30
    )
    assert "120 columns of 40 tables from Tables" in done.markdown and "first 30 of 40" in done.markdown
    assert not done.flagged(done.markdown)


def test_columns_of_one_table_with_what_they_mean(finish: Callable[..., Done]) -> None:
    done = finish("fetch_columns", language="zh")

    assert "sky.t0 的 3 列" in done.markdown and "What pmra means" in done.markdown and "mas/yr" in done.markdown
    assert not done.flagged(done.markdown)


def test_catalogue_on_disk_as_a_card(finish: Callable[..., Done]) -> None:
    done = finish("fetch_catalogue")

    assert "Deep field: 1,234,567 rows in 2 files on disk" in done.markdown
    assert "ra, dec (ICRS, epoch 2016.0)" in done.markdown and "and 18 more" in done.markdown
    assert not done.flagged(done.markdown)
