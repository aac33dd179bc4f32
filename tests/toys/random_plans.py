"""Plans over the toys, drawn at random: of any length, with any words in them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gnomon.plans.arguments import complete
from gnomon.plans.canonical import text_digest
from gnomon.plans.plan import Attachment, Plan, Ref, Step
from gnomon.tools.registry import Registry

FILE = "TOY\n5\n"
TILTED = ("toy_measure", "toy_draw")
# Text that YAML takes for something else unless it is quoted, and text that does not fit on one line.
AWKWARD = [
    "", " ", "yes", "null", "~", "1", "1.0", "0x1f", "1e3", "0.5 d", "1:30", "2020-01-01", "- a", "a: b", "# a", "'", '"', "\\",
    "{a}", "[a]", "&a", "*a", "!a", "%a", "@a", "|", ">", "a\nb", "a\n", "\na", "\ta", "a ", "\r", "a\r\nb", "…", "星等", "😀",
    "x" * 200, "word " * 60,
]  # fmt: skip
words = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
# As people write numbers; minus zero is looked at below.
numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6).map(lambda x: x + 0.0)
wide_numbers = numbers | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
names = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z")


def planned(registry: Registry, specs: list[dict[str, Any]], **more: Any) -> Plan:
    """A plan of steps that are each ``{"id", "tool", "inputs", "arguments", "why"}``, on one toy file."""
    steps = []
    for spec in specs:
        tool = registry[spec["tool"]]
        steps.append(
            Step(
                id=spec["id"],
                tool=tool.name,
                version=tool.version,
                arguments=complete(tool, spec["arguments"]),
                inputs={k: Ref(file=v) if v == "toy.txt" else Ref(step=v) for k, v in spec["inputs"].items()},
                kind=str(tool.kind),
                effects=list(tool.effects),
                cost=tool.cost(),
                why=spec.get("why", ""),
            )
        )
    file = Attachment(
        name="toy.txt", sha256=text_digest(FILE), size=len(FILE), kind="LightCurve", found="a toy", rows=5
    )
    return Plan(
        **{"question": "How long is the toy?", "language": "en", "goal": "Measurements", **more},
        files=[file],
        steps=steps,
    )


@st.composite
def some_steps(draw: st.DrawFn, *, runs: bool, ordered: bool = True) -> list[dict[str, Any]]:
    """Steps without circles: some that read, and others on what was made before them; several may share an input.

    What `runs` waits for nothing and keeps to numbers with which a table is a good one.
    """
    ids = iter(draw(st.lists(names, min_size=9, max_size=9, unique=True)))
    slopes = numbers if runs else wide_numbers
    pauses = (
        st.just("0 s") if runs else st.builds("{!r} {}".format, st.floats(0, 1e6), st.sampled_from(["s", "min", "d"]))
    )
    steps: list[dict[str, Any]] = []

    def add(tool: str, inputs: dict[str, str], arguments: dict[str, Any]) -> None:
        why = "" if runs else draw(words)
        steps.append({"id": next(ids), "tool": tool, "inputs": inputs, "arguments": arguments, "why": why})

    def made_by(*tools: str) -> list[str]:
        return [s["id"] for s in steps if s["tool"] in tools]

    for _ in range(draw(st.integers(1, 2))):
        add("toy_read", {"file": "toy.txt"}, {})
    for _ in range(draw(st.integers(0, 7))):
        tool = draw(st.sampled_from(["toy_tilt", "toy_wait", "toy_break", "toy_follow", *TILTED]))
        curves = made_by("toy_tilt") if tool in TILTED else made_by("toy_read", "toy_tilt")
        if tool == "toy_follow" and (broken := made_by("toy_break")):
            add(tool, {"periodogram": draw(st.sampled_from(broken))}, {})
        elif tool != "toy_follow" and curves:
            arguments = {
                "toy_tilt": st.fixed_dictionaries({}, optional={"slope": slopes, "pause": pauses}),
                "toy_wait": st.fixed_dictionaries({"pause": pauses, "label": words}),
                "toy_break": st.fixed_dictionaries({"how": st.sampled_from(["input", "bug", "empty", "wrong"])}),
            }.get(tool, st.just({}))
            add(tool, {"light_curve": draw(st.sampled_from(curves))}, draw(arguments))
    return steps if ordered else draw(st.permutations(steps))


some_words = {
    "question": words,
    "language": st.sampled_from(["en", "zh"]),
    "goal": words,
    "assumptions": st.lists(words, max_size=3),
    "missing": st.lists(words, max_size=3),
}
