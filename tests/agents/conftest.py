from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gnomon.plans.approval import decide
from gnomon.plans.arguments import complete
from gnomon.plans.engine import Engine
from gnomon.plans.plan import Attachment, Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry


@dataclass
class Finished:
    """A run that ended, and what is needed to report it."""

    run: Run
    registry: Registry
    store: Store
    plan: Plan

    def report(self):
        from gnomon.agents.reporter import write_report

        return write_report(self.run, self.registry, self.store, self.plan)


@pytest.fixture(scope="module")
def report_registry() -> Iterator[Registry]:
    with pytest.MonkeyPatch.context() as patch:
        # Worker processes are spawned with this path, and so can import the tools.
        patch.syspath_prepend(str(Path(__file__).parent))
        yield Registry.of_modules([importlib.import_module("report_tools")])


@pytest.fixture(scope="module")
def finish_run(report_registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Finished]:
    """Run tools one after another on one small file, in a folder of their own, through the real engine."""

    def run_of(
        *tools: str,
        question: str = "What is the period?",
        language: str = "en",
        file: str = "points.csv",
        arguments: dict[str, dict[str, object]] | None = None,
        missing: tuple[str, ...] = (),
        home: Path | None = None,
    ) -> Finished:
        home = home or tmp_path_factory.mktemp("home")
        store = Store(home / "store")
        source = home / "source"
        source.write_text("t,f\n0,1\n")
        sha256 = store.put_file(source)
        maker: dict[str, str] = {}
        steps = []
        for name in tools:
            tool = report_registry[name]
            inputs = {p.name: Ref(file=file) for p in tool.files}
            inputs |= {p.name: Ref(step=maker[p.kind.name]) for p in tool.inputs if p.kind}
            steps.append(
                Step(
                    id=name,
                    tool=name,
                    version=tool.version,
                    arguments=complete(tool, (arguments or {}).get(name, {})),
                    inputs=inputs,
                    kind=str(tool.kind),
                    effects=list(tool.effects),
                    cost=tool.cost(3),
                )
            )
            maker[tool.kind.name] = name
        plan = Plan(
            question=question,
            language=language,
            goal="Measurements",
            missing=list(missing),
            files=[Attachment(name=file, sha256=sha256, size=8, kind="LightCurve", found="a light curve", rows=3)],
            steps=steps,
        )
        policy = Policy()
        run = Run.create(home / "runs", f"run-{len(list((home / 'runs').glob('*')))}", plan, store)
        with run.exclusive():
            run.record(decide(plan, policy, "approve", "command", who="Ada <ada@observatory>"))
            Engine(report_registry, store, policy, workers=1).execute(run)
        return Finished(run, report_registry, store, run.plan(report_registry))

    return run_of
