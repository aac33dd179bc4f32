"""The text of a plan: what it says, where it stands, and one sentence for each mistake, with its line and column."""

from __future__ import annotations

import pytest

from gnomon.plans.document import examine, says
from gnomon.plans.findings import UnsoundPlan, nearest
from gnomon.plans.plan_text import PlanText
from gnomon.plans.policy import Policy
from gnomon.tools.registry import Registry

TEXT = """\
# By hand.
question: How long is the toy?   # asked on Monday
language: en
goal: Measurements
files:
  - name: toy.txt
    sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    size: 6
    kind: LightCurve
    found: a toy
steps:
  - id: read
    tool: toy_read
    version: "1.0"
    inputs: {file: {file: toy.txt}}
    kind: LightCurve
    effects: [compute]
    cost: {seconds: 0.1}

  # Tilt it.
  - id: tilt
    tool: toy_tilt
    version: '1.0'
    arguments:
      pause: 2 min     # long
      slope: 0.50
    inputs:
      light_curve: {step: read}
    kind: LightCurve[tilted]
    effects: [compute]
    cost: {seconds: 0.1}
    why: |
      Because # this is no comment
      it must be.

  - id: measure
    tool: toy_measure
    version: '1.0'
    inputs:
      light_curve:
        step: tilt
    kind: Measurements
    effects: [compute]
    cost: {seconds: 0.1}
"""


def found(text: str, toys: Registry) -> list[tuple[str, int | None, int | None]]:
    return [(f.rule, f.line, f.column) for f in examine(text, toys, Policy()).findings]


def test_a_plan_written_by_hand_is_sound(toys: Registry) -> None:
    examined = examine(TEXT, toys, Policy())
    assert examined.findings == ()
    plan = examined.require()
    assert plan.step("tilt").arguments == {"slope": 0.5, "pause": {"value": 120.0, "unit": "s"}}
    assert plan.step("tilt").why == "Because # this is no comment\nit must be.\n"
    assert not says(TEXT.replace("slope: 0.50", "slope: 0.51"), plan)


# a change of TEXT, and for each finding its rule, line and column, and a part of its remedy
MISTAKES: list[tuple[str, str, list[tuple[str, int, int, str]]]] = [
    # arguments
    ("pause: 2 min", "pause: 2", [("argument", 25, 14, "2 s")]),
    ("pause: 2 min", "pause: 1,5 min", [("argument", 25, 14, "write 1.5 min")]),
    ("pause: 2 min", "pause: 1:30", [("argument", 25, 14, "Sixties")]),
    ("pause: 2 min", "pause: 012", [("ambiguous-number", 25, 14, "Write 12")]),
    ("pause: 2 min", "pause:", [("argument", 25, 7, "leave it out")]),
    ("slope: 0.50", "slope: yes", [("argument", 26, 14, "plain number")]),
    ("slope: 0.50", "slop: 0.50", [("unknown-argument", 26, 7, "Did you mean slope?")]),
    ("slope: 0.50", "light_curve: 0.50", [("unknown-argument", 26, 7, "under inputs")]),
    ("slope: 0.50", "pause: 3 s", [("duplicate-key", 26, 7, "Keep one")]),
    # references
    ("{step: read}", "{step: red}", [("unknown-step", 28, 27, "Did you mean read?")]),
    ("{step: read}", "{stp: read}", [("unknown-field", 28, 21, "Did you mean step?")]),
    ("{step: read}", "{step: read, file: toy.txt}", [("form", 28, 20, "{step: NAME}")]),
    ("{step: read}", "read", [("form", 28, 20, "{step: read}")]),
    ("{step: read}", "[{step: read}]", [("many", 28, 20, "{step: NAME}")]),
    ("{file: toy.txt}", "{file: toys.txt}", [("unknown-file", 15, 27, "Did you mean toy.txt?")]),
    ("{file: toy.txt}", "{step: tilt}", [("cycle", 15, 13, "circle"), ("reference", 15, 20, "{file: NAME}")]),
    ("        step: tilt", "        step: read", [("kind-mismatch", 41, 15, "{step: tilt}")]),
    ("{step: read}", "{step: tilt}", [("cycle", 27, 5, "another step")]),
    ("      light_curve: {step: read}", "      light: {step: read}",
     [("missing-input", 27, 5, "These make it: read, tilt"), ("unknown-input", 28, 7, "Did you mean light_curve?")]),
    # steps
    ("tool: toy_measure", "tool: toy_mesure", [("unknown-tool", 37, 11, "Did you mean toy_measure?")]),
    ("id: measure", "id: tilt", [("duplicate-id", 36, 9, "Rename")]),
    ("id: measure", "id: Measure", [("form", 36, 9, "small letter")]),
    ("id: measure", "id: 3", [("form", 36, 9, "in quotes: '3'")]),
    ('version: "1.0"', "version: 1.0", [("form", 14, 14, "in quotes: '1.0'")]),
    ('version: "1.0"', 'version: "0.9"', [("tool-version", 14, 14, "'1.0'")]),
    ("    kind: LightCurve[tilted]\n", "", [("missing-field", 21, 5, "`kind: LightCurve[tilted]`")]),
    ("kind: LightCurve[tilted]", "kind: LightCurve", [("kind", 29, 11, "LightCurve[tilted]")]),
    ("    kind: Measurements", "    knid: Measurements", [("missing-field", 36, 5, "kind"), ("unknown-field", 42, 5, "Did you mean kind?")]),
    # the plan
    ("language: en", "language: fr", [("form", 3, 11, "language")]),
    ("language: en", "language:", [("form", 3, 1, "`language: en`")]),
    ("goal: Measurements", "gaol: Measurements", [("missing-field", 2, 1, "goal"), ("unknown-field", 4, 1, "Did you mean goal?")]),
    ("goal: Measurements", "goal: 1e3", [("form", 4, 7, "in quotes")]),
    ("size: 6", "size: -6", [("form", 8, 11, "0 or more")]),
    ("size: 6", "size: many", [("form", 8, 11, "Write one")]),
    ("name: toy.txt", "name: ../toy.txt", [("form", 6, 11, ""), ("unknown-file", 15, 27, "")]),
    # YAML
    ("    tool: toy_tilt", "\ttool: toy_tilt", [("yaml", 22, 1, "spaces")]),
    ("    tool: toy_tilt", "   tool: toy_tilt", [("yaml", 22, 4, "Indent")]),
    ("    tool: toy_tilt", "     tool: toy_tilt", [("yaml", 22, 10, "indent")]),
    ("question: How", "question: Really: how", [("yaml", 2, 17, "quotes")]),
    ("goal: Measurements", "goal", [("yaml", 4, 1, "name: value")]),
    ("goal: Measurements", "goal: 'Measurements", [("yaml", 4, 7, "Close it")]),
    ("goal: Measurements", "goal: *x", [("yaml", 4, 7, "quotes")]),
    ("goal: Measurements", "goal: @x", [("yaml", 4, 7, "quotes")]),
    ("goal: Measurements", "goal: !x y", [("yaml", 4, 7, "Remove")]),
    ("goal: Measurements", "goal: [x", [("yaml", 5, 6, "Close it")]),
    ("goal: Measurements", "goal: \x01", [("yaml", 4, 7, "Remove")]),
    ("steps:", "---\nsteps:", [("yaml", 11, 1, "one plan")]),
    ("# By hand.", "%YAML 1.1\n---", [("yaml", 1, 1, "%YAML")]),
    ("goal: Measurements", "goal: Measurements\ngoal: Figure", [("duplicate-key", 5, 1, "Keep one")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[new.strip()[:40] for _, new, _ in MISTAKES])
def test_each_mistake_has_its_line_and_column(
    toys: Registry, old: str, new: str, expected: list[tuple[str, int, int, str]]
) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    findings = examine(text, toys, Policy()).findings
    assert [(f.rule, f.line, f.column) for f in findings] == [e[:3] for e in expected]
    for finding, (_, line, column, remedy) in zip(findings, expected, strict=True):
        assert remedy in finding.remedy
        with pytest.raises(UnsoundPlan) as caught:
            examine(text, toys, Policy(), "my.yaml").require()
        assert f"my.yaml:{line}:{column}: " in str(caught.value)
        assert finding.place == "plan" or f"{finding.place}: " in str(caught.value)


def test_all_findings_are_told_at_once(toys: Registry) -> None:
    text = (
        TEXT.replace("pause: 2 min", "pause: 2")
        .replace("slope: 0.50", "slop: 0.5")
        .replace("{step: read}", "{step: red}")
        .replace("tool: toy_measure", "tool: toy_mesure")
        .replace('version: "1.0"', "version: 1.0")
        .replace("    kind: Measurements\n", "")
        .replace("language: en", "language: de")
    )
    rules = [rule for rule, _, _ in found(text, toys)]
    assert rules == ["form", "form", "argument", "unknown-argument", "unknown-step", "missing-field", "unknown-tool"]


def test_the_line_is_shown_with_a_mark_below(toys: Registry) -> None:
    text = TEXT.replace("How long is the toy?", "玩具").replace("slope: 0.50", "slope: much")
    with pytest.raises(UnsoundPlan) as caught:
        examine(text, toys, Policy()).require()
    lines = str(caught.value).split("\n")
    assert lines[1] == "   26 |       slope: much"
    assert lines[2] == "      |              ^"
    wide = TEXT.replace("question: How long is the toy?", '"问题" : x')
    with pytest.raises(UnsoundPlan, match=r"    2 \| \"问题\" : x   # asked on Monday\n      \| \^"):
        examine(wide, toys).require()
    with pytest.raises(UnsoundPlan) as caught:
        examine("a: [\x1b[31m", toys).require()
    assert "\x1b" not in str(caught.value)


def test_no_plan_at_all(toys: Registry) -> None:
    for text in ("", "# only a comment\n", "- 1\n- 2\n", "just words", "3"):
        assert [f.rule for f in examine(text, toys, Policy()).findings] == ["no-plan"]


def test_too_deep_too_large_and_endless_texts_are_refused(toys: Registry) -> None:
    for text in (
        "[" * 5000,
        "a: &a [" + "1," * 400 + "]\nb: &b [" + "*a," * 400 + "]\nc: [" + "*b," * 400 + "]\n",
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
    ):
        assert [f.rule for f in examine(text, toys, Policy()).findings][-1:] in (["yaml"], ["anchor"])
        assert len(examine(text, toys, Policy()).findings) == 1


def test_numbers_that_json_does_not_keep_are_findings(toys: Registry) -> None:
    for old, new, rule in (
        ("{seconds: 0.1}", "{seconds: .inf}", "number"),
        ("size: 6", "size: 9007199254740993", "number"),
        ("goal: Measurements", 'goal: "\\ud800"', "text"),
    ):
        assert [r for r, _, _ in found(TEXT.replace(old, new, 1), toys)] == [rule]


def test_anchors_and_merges_are_read(toys: Registry) -> None:
    text = TEXT.replace("cost: {seconds: 0.1}", "cost: &cost {seconds: 0.1}", 1).replace(
        "cost: {seconds: 0.1}", "cost: *cost"
    )
    assert examine(text, toys, Policy()).require().hash == examine(TEXT, toys).require().hash
    merged = TEXT.replace(
        "inputs: {file: {file: toy.txt}}", "inputs: {<<: {file: {file: other.txt}}, file: {file: toy.txt}}"
    )
    assert examine(merged, toys, Policy()).require().hash == examine(TEXT, toys).require().hash


def test_places_in_the_text(toys: Registry) -> None:
    text = PlanText(TEXT)
    assert text.locate("steps.tilt.arguments.pause") == (25, 14)
    assert text.locate("steps.tilt.arguments.pause", name=True) == (25, 7)
    assert text.locate("steps[1].arguments.pause") == (25, 14)
    assert text.locate("steps.tilt.arguments") == (24, 5)
    assert text.locate("steps.tilt.arguments.absent") == (24, 5)
    assert text.locate("steps.tilt") == (21, 5)
    assert text.locate("steps.absent.tool") == (11, 1)
    assert text.locate("files.toy.txt.size") == (8, 11)
    assert text.locate("steps.read.effects[0]") == (17, 15)
    assert text.locate("plan") == (2, 1)
    assert PlanText("").locate("steps.tilt") == (1, 1)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_comments_are_found_and_nothing_else(toys: Registry, ends: str, mark: str) -> None:
    text = PlanText((mark + TEXT).replace("\n", ends))
    assert [text.text[a:b] for a, b in text.comments] == ["# By hand.", "# asked on Monday", "# Tilt it.", "# long"]
    assert text.locate("steps.tilt.arguments.pause") == (25, 14)
    assert examine(text.text, toys, Policy()).require().hash == examine(TEXT, toys).require().hash


def test_did_you_mean() -> None:
    known = ["period_min", "period_max", "max_signals"]
    assert nearest("max_period", known) == "Did you mean period_max?"
    assert nearest("PERIOD_MIN", known) == "Did you mean period_min?"
    assert nearest("temperature", known, "There are three.") == "There are three."
    assert nearest("x", [], "None.") == "None."
