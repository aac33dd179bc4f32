"""How good the planners are: questions with known plans, arguments and slots, and questions that must come back.

``python -m gnomon.eval.planner [--questions development|held_out] [--json]``, and with a language model ``--planner language
--base-url URL --model NAME [--style choices] [--alone] [--limit N] [--replies FOLDER]``, which also says how often the model changed a
plan, and whether that helped or hurt.

The suites (``eval/questions/*.yaml``) were written by people who had not read the planner.  A plan is right when it holds an acceptable goal and no tool
that the question did not want; an argument is right when it equals what the question says; it is invented when it is
neither the default nor in the question.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnomon.agents.attachments import Attached
from gnomon.agents.coordinator.telescopes_named import telescopes_wanted
from gnomon.agents.embedded.named_values import find_named
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.language.budget import Budget
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.goal_choice import choose_goal
from gnomon.agents.language.planner import STYLES, LanguagePlanner
from gnomon.agents.language.replies import Replies
from gnomon.agents.language.settings import Limits
from gnomon.agents.language.shortlist import NOT_ENOUGH, SOMETHING_ELSE, Candidate, kinds_of
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.objects import find_objects
from gnomon.agents.understanding.settings import find_files
from gnomon.agents.understanding.understand import understand
from gnomon.plans.arguments import complete, normal
from gnomon.plans.check import check
from gnomon.plans.plan import Attachment, Plan, is_file_name
from gnomon.plans.policy import Policy
from gnomon.tools.errors import GnomonError, NeedsAnswer
from gnomon.tools.registry import Registry
from gnomon.tools.units import parse_unit

QUESTIONS = Path(__file__).with_name("questions")
CLOCK = Clock.of("2026-11-21T16:00:00+08:00", "Asia/Shanghai")
READERS = {
    "LightCurve": "read_light_curve",
    "RadialVelocities": "read_radial_velocities",
    "SourceTable": "read_source_table",
    "Catalogue": "read_catalogue",
    "ObjectTable": "read_object_table",
    "MultibandLightCurves": "read_multiband_light_curves",
    "DynamicSpectrum": "read_filterbank",
    "VoltageRecords": "read_voltage_records",
    "Telescopes": "read_telescopes",
    "ObservingRequests": "read_observing_requests",
    "Schedule": "read_schedule",
    "SkyMap": "read_sky_map",
    "Image": "read_image",
    "Notices": "read_alerts",
    "ObservingEvents": "read_observing_events",
}
# No person's own telescopes: questions are judged by those that come along.
_NO_FILE = Path("no-such-file.yaml")


@dataclass
class Answered:
    """What a planner made of a question, and how that was judged."""

    question: dict[str, Any]
    plan: Plan | None = None
    back: NeedsAnswer | None = None
    error: str = ""
    seconds: float = 0.0
    tokens: int = 0
    requests: int = 0
    changed: bool = False
    fell_back: bool = False
    right_plan: bool = False
    right_back: bool = False
    arguments: tuple[int, int] = (0, 0)
    slots: tuple[int, int] = (0, 0)
    wrong: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)


def load(suite: str) -> list[dict[str, Any]]:
    """The questions of a suite."""
    from ruamel.yaml import YAML

    loaded: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(
        (QUESTIONS / f"{suite}.yaml").read_text(encoding="utf-8")
    )
    return loaded


def attached(kinds: Sequence[str], question: str = "") -> list[Attached]:
    """Files of these kinds, as if a reader had recognised them, by the names that the question calls them."""
    said = [
        str(s.value)
        for s in find_files(question)
        if not s.name and is_file_name(str(s.value)) and not str(s.value).endswith(".py")
    ]
    names = [*said, *(f"data_{i}.txt" for i, _kind in enumerate(kinds, 1))][: len(kinds)]
    return [
        Attached(
            Attachment(name=n, sha256="0" * 64, size=1, kind=k, found=f"a file of kind {k}", rows=1000), READERS[k]
        )
        for n, k in zip(names, kinds, strict=True)
    ]


def supplied(places: frozenset[int] = frozenset()) -> Attached:
    """The telescopes that a question names, as if they had been written into a file for it."""
    file = Attachment(name="telescopes.json", sha256="0" * 64, size=1, kind="Telescopes", found="telescopes", rows=10)
    return Attached(file, READERS["Telescopes"], supplied=True, places=places)


def answer(
    question: dict[str, Any],
    plan: Callable[[str, Sequence[Attached]], Plan],
    registry: Registry,
    planner: EmbeddedPlanner,
) -> Answered:
    """Ask one question and judge what comes; `planner` knows whether it wants telescopes."""
    made = Answered(question)
    files = attached(question.get("data", []), question["question"])
    start = time.perf_counter()
    try:
        named = telescopes_wanted(planner, question["question"], files, _NO_FILE)
        made.plan = plan(question["question"], [*files, supplied(named.places)] if named else files)
    except NeedsAnswer as error:
        made.back = error
    except GnomonError as error:
        made.error = str(error)
    made.seconds = time.perf_counter() - start
    _judge(made, registry)
    return made


def _judge(made: Answered, registry: Registry) -> None:
    question = made.question
    found = understand(question["question"], CLOCK)
    expected = question.get("slots", [])
    missed = [s for s in expected if not any(_same_slot(s, f.document()) for f in found.slots)]
    extra = [s for s in (made.plan.understood or [] if made.plan else []) if s.slot == "choice"]
    missed = [s for s in missed if not any(_same_slot(s, e.model_dump(exclude_none=True)) for e in extra)]
    made.slots = (len(expected) - len(missed), len(expected))
    made.wrong += [f"slot missed: {s}" for s in missed]
    if "back" in question:
        made.right_back = made.back is not None
        if made.plan is not None:
            made.wrong.append(f"planned {[s.tool for s in made.plan.steps]}")
        return
    if made.plan is None:
        made.wrong.append(f"came back ({made.back.why if made.back else 'error'}): {made.back or made.error}")
        made.arguments = (0, len(question.get("arguments", {})))
        return
    findings = check(made.plan, registry, Policy())
    tools = [s.tool for s in made.plan.steps]
    unwanted = set(question.get("not", [])) & set(tools)
    made.right_plan = not findings and bool(set(question["goal"]) & set(tools)) and not unwanted
    if not made.right_plan:
        made.wrong.append(
            f"plan {tools}, wanted {question['goal']}, unwanted {sorted(unwanted)}, findings {[f.what for f in findings]}"
        )
    _judge_arguments(made, registry)


def _judge_arguments(made: Answered, registry: Registry) -> None:
    assert made.plan is not None
    expected = made.question.get("arguments", {}) or {}
    right = 0
    for place, value in expected.items():
        tool, name = place.split(".")
        # A step by its name where there are several of a tool: request_observations_2.
        steps = [s for s in made.plan.steps if tool in (s.tool, s.id)]
        given = [s.arguments.get(name) for s in steps]
        tool = steps[0].tool if steps else tool
        parameter = registry[tool].parameter(name) if tool in registry else None
        if given and all(
            _equal(_named(g, parameter), _named(_wanted(registry, tool, name, value), parameter)) for g in given
        ):
            right += 1
        else:
            made.wrong.append(f"argument {place}: {given}, wanted {value}")
    made.arguments = (right, len(expected))
    for step in made.plan.steps:
        defaults = complete(registry[step.tool], {p.name: _any(p) for p in registry[step.tool].arguments if p.required})
        for name, value in step.arguments.items():
            if not {f"{step.tool}.{name}", f"{step.id}.{name}"} & expected.keys() and not _equal(
                value, defaults.get(name)
            ):
                parameter = registry[step.tool].parameter(name)
                named = name == "object_name" or (parameter is not None and parameter.sort in ("object", "body"))
                if named and find_objects(made.question["question"]):
                    continue
                made.invented.append(f"{step.tool}.{name} = {value}")


def _named(value: Any, parameter: Any) -> Any:
    """A name as it is understood, so that (433) Eros, Eros and 433 are one body, and a position is the same in hours and in degrees."""
    if parameter is None or parameter.sort not in ("object", "body", "position"):
        return value
    many = value if isinstance(value, list) else [value]
    return [
        (found[0][1] if (found := find_named(understand(_spoken(str(v), parameter.sort), CLOCK), parameter)) else v)
        for v in many
    ]


def _spoken(name: str, sort: str) -> str:
    return (
        f"asteroid {name}"
        if sort == "body" and name.isdigit()
        else f"RA, Dec {name}"
        if re.fullmatch(r"[\d.]+ [+-][\d.]+", name)
        else name
    )


def _any(parameter: Any) -> Any:
    one = "" if parameter.type == "str" else f"1 {parameter.unit}" if parameter.unit else 1
    return [one] if parameter.many else one


def _wanted(registry: Registry, tool: str, name: str, value: Any) -> Any:
    try:
        return normal(registry[tool], name, value)
    except GnomonError:
        parameter = registry[tool].parameter(name)
        if parameter is not None and parameter.many and not isinstance(value, list):
            return normal(registry[tool], name, [value])
        raise


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.get("unit") == b.get("unit") and _equal(a.get("value"), b.get("value"))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=2e-3)
    return bool(str(a).strip().lower() == str(b).strip().lower()) if isinstance(a, str) else bool(a == b)


def _same_slot(wanted: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether a slot was found: the same thing, however it is called."""
    a, b = wanted.get("value"), found.get("value")
    if wanted.get("role", "value") != found.get("role", "value") and "role" in wanted:
        return False
    if isinstance(a, int | float) and not isinstance(a, bool):
        if not isinstance(b, int | float) or isinstance(b, bool):
            return False
        if wanted.get("unit") and found.get("unit"):
            try:
                b = float((b * parse_unit(found["unit"])).to(parse_unit(str(wanted["unit"]))).value)
            except ValueError:
                return bool(wanted["unit"] == found["unit"]) and math.isclose(a, b, rel_tol=1e-6)
        elif found.get("unit") == "%":
            b = b / 100
        elif found.get("unit") == "sigma" and a < 1:
            b = math.erf(b / math.sqrt(2))
        elif bool(wanted.get("unit")) != bool(found.get("unit")) and found.get("unit") != "sigma":
            return False
        return math.isclose(a, b, rel_tol=2e-3, abs_tol=1e-9)
    if isinstance(a, dict) and isinstance(b, dict):
        return all(_close(a.get(k), b.get(k)) for k in a)
    if wanted["slot"] == "object":
        known = find_objects(str(a))
        a = known[0].value if known else a
    if wanted["slot"] == "file" and isinstance(b, int):
        return str(a) in (str(b), {1: "first", 2: "second", 3: "third"}.get(b))
    plain = [re.sub(r"[\W_]+", "", str(v)).lower() for v in (a, b)]
    if wanted["slot"] in ("telescope", "site"):
        names = [plain[1], re.sub(r"[\W_]+", "", str(found.get("name", ""))).lower()]
        return found["slot"] in ("telescope", "site") and any(plain[0] in n or n in plain[0] for n in names if n)
    return plain[0] == plain[1]


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) < 2e-3
    return str(a).replace(":00Z", "Z").rstrip("Z") == str(b).replace(":00Z", "Z").rstrip("Z")


def score(answers: Sequence[Answered]) -> dict[str, Any]:
    """The figures of merit."""
    plans = [a for a in answers if "back" not in a.question]
    backs = [a for a in answers if "back" in a.question]

    def share(done: int, of: int) -> str:
        return f"{done} of {of} ({100 * done / of:.1f} %)" if of else "0 of 0"

    seconds = sorted(a.seconds for a in answers)
    return {
        "questions": len(answers),
        "right plans": share(sum(a.right_plan for a in plans), len(plans)),
        "came back though plannable": sum(a.plan is None for a in plans),
        "right arguments": share(sum(a.arguments[0] for a in plans), sum(a.arguments[1] for a in plans)),
        "right slots": share(sum(a.slots[0] for a in answers), sum(a.slots[1] for a in answers)),
        "asked back or refused": share(sum(a.right_back for a in backs), len(backs)),
        "invented arguments": sum(len(a.invented) for a in answers),
        "with the expected reason": share(sum(_reason(a) for a in backs), len(backs)),
        "reply speaks of it": share(sum(_about(a) for a in backs), len(backs)),
        "seconds, median": round(seconds[len(seconds) // 2], 3),
        "seconds, largest": round(seconds[-1], 3),
        "tokens, mean": round(sum(a.tokens for a in answers) / len(answers)),
    }


def _reason(answered: Answered) -> bool:
    return answered.back is not None and answered.back.why == answered.question["back"]


def _about(answered: Answered) -> bool:
    about = answered.question.get("about") or []
    return answered.back is not None and (not about or any(str(w).lower() in str(answered.back).lower() for w in about))


def ask_all(questions: Sequence[dict[str, Any]], planner: Any, registry: Registry) -> Iterator[Answered]:
    """Ask all questions of a planner, one after the other."""
    for question in questions:
        yield answer(question, planner.plan, registry, planner)


def ask_with_model(
    questions: Sequence[dict[str, Any]], planner: LanguagePlanner, registry: Registry
) -> Iterator[tuple[Answered, Answered]]:
    """Ask all questions of the embedded planner and of the language planner; what each made of them."""
    for question in questions:
        alone = answer(question, planner.embedded.plan, registry, planner.embedded)
        made = answer(question, planner.plan, registry, planner.embedded)
        record = planner.record()
        made.tokens = planner.endpoint.budget.spent.total
        made.requests = planner.endpoint.budget.spent_requests
        made.changed = record["changed"]
        made.fell_back = any("error" in p for p in record["proposals"])
        yield alone, made


def compare(pairs: Sequence[tuple[Answered, Answered]]) -> dict[str, Any]:
    """What the model changed, and whether that helped or hurt; arguments count as well as plans."""

    def worth(made: Answered) -> tuple[int, int, int]:
        return int(made.right_plan or made.right_back), made.arguments[0], -len(made.invented)

    changed = [(alone, made) for alone, made in pairs if made.changed]
    return {
        "right with the embedded planner alone": sum(a.right_plan or a.right_back for a, _m in pairs),
        "right with the model": sum(m.right_plan or m.right_back for _a, m in pairs),
        "questions that the model was asked about": sum(m.requests > 0 for _a, m in pairs),
        "changed by the model": len(changed),
        "of these better": [m.question["id"] for a, m in changed if worth(m) > worth(a)],
        "of these worse": [m.question["id"] for a, m in changed if worth(m) < worth(a)],
        "fell back on an error": [m.question["id"] for _a, m in pairs if m.fell_back],
        "tokens, all": sum(m.tokens for _a, m in pairs),
        "requests, all": sum(m.requests for _a, m in pairs),
    }


def language_planner(given: argparse.Namespace, registry: Registry, embedded: EmbeddedPlanner) -> LanguagePlanner:
    """The language planner that the command line asks for."""
    limits = Limits()
    return LanguagePlanner(
        registry,
        embedded,
        Endpoint(
            given.base_url,
            given.model,
            os.environ.get("OPENAI_API_KEY"),
            budget=Budget(limits.requests, limits.tokens, limits.seconds),
            replies=Replies(Path(given.replies), record=bool(given.base_url)) if given.replies else None,
        ),
        style=given.style,
    )


class ModelAlone:
    """A planner whose goal a model chooses out of all tools that the files lead to, with nobody to correct it: what a model is worth by itself.

    Values are read and steps are composed by code.
    """

    def __init__(self, beside: LanguagePlanner) -> None:
        self.embedded, self.endpoint = beside.embedded, beside.endpoint
        self._limits = beside.endpoint.budget

    def plan(self, question: str, files: Sequence[Attached]) -> Plan:
        """The plan that ends in what the model chose.

        Raises
        ------
        NeedsAnswer
            Where the model says that no tool fits, or a value is missing.
        """
        limits = self._limits
        self.endpoint.budget = Budget(limits.requests, limits.tokens, limits.seconds, limits.cost)
        considered = self.embedded.consider(question, files)
        tools = [self.embedded.registry[name] for name in self.embedded._drafts(files, considered.said)]
        if not tools:
            raise NeedsAnswer("There are no data.", why="missing")
        choice = choose_goal(
            self.endpoint,
            question,
            considered.understood.language,
            kinds_of(files),
            [Candidate(t, 0.0) for t in tools],
        )
        first = choice.answers[0] if choice else SOMETHING_ELSE
        if first in (SOMETHING_ELSE, NOT_ENOUGH):
            raise NeedsAnswer("The model says that no tool fits.", why="outside")
        return self.embedded._made(considered, files, [self.embedded.registry[first]])


def spread(questions: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """So many questions, evenly over the suite."""
    if limit <= 0 or limit >= len(questions):
        return list(questions)
    return [questions[int(i * len(questions) / limit)] for i in range(limit)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a suite and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", default="development", help="name of a suite")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="also list what went wrong")
    parser.add_argument("--only", default="", help="identifiers that start so, with commas between")
    parser.add_argument("--limit", type=int, default=0, help="so many questions, spread over the suite")
    parser.add_argument("--planner", choices=("embedded", "language"), default="embedded")
    parser.add_argument("--base-url", default=None, help="address of the model's server")
    parser.add_argument("--model", default="", help="its name there")
    parser.add_argument("--alone", action="store_true", help="let the model choose goals with nobody to correct it")
    parser.add_argument("--style", choices=STYLES, default="choices")
    parser.add_argument("--replies", default="", help="folder of recorded replies; written to where there is a server")
    given = parser.parse_args(arguments)
    registry = Registry.load()
    only = tuple(given.only.split(","))
    questions = spread([q for q in load(given.questions) if q["id"].startswith(only)], given.limit)
    planner = EmbeddedPlanner(registry, Path.home() / ".cache" / "gnomon", clock=CLOCK)
    scores: dict[str, Any] = {"suite": given.questions, "planner": given.planner}
    if given.planner == "language" and given.alone:
        alone = ModelAlone(language_planner(given, registry, planner))
        answers = []
        for question in questions:
            answers.append(answer(question, alone.plan, registry, planner))
            answers[-1].tokens = alone.endpoint.budget.spent.total
        scores |= {"model": f"{given.model}, alone", **score(answers)}
    elif given.planner == "language":
        pairs = list(ask_with_model(questions, language_planner(given, registry, planner), registry))
        answers = [made for _alone, made in pairs]
        scores |= {"model": given.model, **score(answers), **compare(pairs)}
    else:
        answers = list(ask_all(questions, planner, registry))
        scores |= score(answers)
    if given.json:
        print(json.dumps(scores, ensure_ascii=False, indent=1))
    else:
        for name, value in scores.items():
            print(f"{name:<28} {value}")
    if given.wrong:
        for made in answers:
            if made.wrong or made.invented or ("back" in made.question and not (_reason(made) and _about(made))):
                print(f"\n{made.question['id']} {made.question['data']} {made.question['question']}")
                for line in made.wrong + [f"invented: {i}" for i in made.invented]:
                    print(f"   {line}")
                if made.back is not None and "back" in made.question:
                    print(f"   {made.question['back']} / {made.back.why}: {made.back}")
        by_kind = Counter(w.split(":")[0].split(" (")[0].split(" [")[0] for a in answers for w in a.wrong)
        print(by_kind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
