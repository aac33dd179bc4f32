"""Evidence: what the folder of a run holds that a report may say, read from the folder alone.

Each output is checked against the journal before anything in it counts.  There are *facts*, numbers with a unit, a name and a
place; *passages*, texts that a report may quote; *works*, what the plan's tools cite; and the digests, times, versions and names
of the run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from gnomon.agents import results as measured
from gnomon.agents.claims import CLOSE, OPEN, Item, as_block, claims, plain
from gnomon.agents.claims import words as claim_words
from gnomon.agents.markup import clean, link_of, words
from gnomon.agents.report_content import Content, gather, moment
from gnomon.agents.results import Result
from gnomon.knowledge.glossary import translate, translate_name
from gnomon.plans.arguments import normal, spoken
from gnomon.plans.canonical import file_digest
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.plans.store import Artifact, Store
from gnomon.tools.errors import AlteredFile, PlanError
from gnomon.tools.kinds import KINDS
from gnomon.tools.registry import Kind, Registry, Tool

# Tables of these kinds say something in each row; those of other kinds are data, of which only the counts are told.
TOLD = ("Measurements", "TransitCandidates")
_LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Source:
    """Where a fact, a passage or a work stands: a file of the run's folder and a place in it."""

    what: str
    file: str = ""
    step: str = ""
    row: int = 0
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        row = f"row {self.row}" if self.row else ""
        where = ", ".join(p for p in (self.file, row, "/".join(self.columns)) if p)
        return f"{self.what} ({where})" if where else self.what


@dataclass(frozen=True)
class Fact:
    """A number of the record.

    Parameters
    ----------
    value : float
    unit : str
        As astropy reads it; empty for none.
    role : str
        ``value``, ``end`` (of an interval), ``above``, ``below``, ``level``, ``argument``, ``seconds``, ``count``, ``data``.
    names : frozenset of str
        Of a measured value the quantity's key in the glossary; of others the words by which one knows it.
    of : str
        The object, as `object_key` writes it.
    limit : {"", "upper", "lower"}
    source : Source
    """

    value: float
    unit: str
    role: str
    names: frozenset[str]
    of: str
    source: Source
    limit: str = ""


@dataclass(frozen=True)
class Passage:
    """A text of the record that a report may quote."""

    text: str
    source: Source


@dataclass(frozen=True)
class Work:
    """A citation of the plan's tools, taken apart."""

    text: str
    authors: tuple[str, ...]
    et_al: bool
    year: str
    doi: str
    bibcode: str
    others: tuple[str, ...]
    tools: tuple[str, ...]


class _Folder(Store):
    """The outputs of a run's folder, read as if they were a store; nothing is ever written."""

    def __init__(self, folder: Path, outputs: dict[str, Artifact]) -> None:
        self.root = folder
        self._places = {a.digest: folder / "outputs" / f"{step}{a.suffix}" for step, a in outputs.items()}

    def path(self, digest: str, suffix: str) -> Path:
        """Where an output lies."""
        return self._places.get(digest, self.root / "outputs" / f"{digest}{suffix}")


def plan_that_ran(run: Run, registry: Registry) -> Plan:
    """The plan of a run's last start: from the journal, or for older journals from plan.yaml where it has the same hash.

    Raises
    ------
    AlteredFile
        Where plan.yaml is another plan and the journal kept none.
    """
    starts = run.events("run.started") or run.events("run.created")
    wanted = str(starts[-1]["plan"]) if starts else ""
    if starts and "document" in starts[-1]:
        plan = Plan.of_document(starts[-1]["document"])
        if plan.hash == wanted:
            return plan
    for read in (lambda: run.plan(registry), lambda: _bare_plan(run.folder / "plan.yaml", registry)):
        try:
            plan = read()
        except PlanError:
            continue
        if not wanted or plan.hash == wanted:
            return plan
    raise AlteredFile(
        f"plan.yaml in {run.folder.name} is not the plan that ran.", remedy="Put back the plan that was approved."
    )


def _bare_plan(path: Path, registry: Registry) -> Plan:
    """A plan file with its arguments in the form that plans keep and no default added, as an older tool had fewer of them."""
    from ruamel.yaml import YAML

    plan = Plan.of_document(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    steps = []
    for step in plan.steps:
        tool = registry.get(step.tool)
        arguments = {k: _as_kept(tool, k, v) for k, v in step.arguments.items()}
        steps.append(step.model_copy(update={"arguments": arguments}))
    return plan.model_copy(update={"steps": steps})


def _as_kept(tool: Tool | None, name: str, value: Any) -> Any:
    try:
        return normal(tool, name, value) if tool else value
    except PlanError:  # the tool has another argument now; the hash decides whether this reading is right
        match = re.fullmatch(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?) (\S.*)", value) if isinstance(value, str) else None
        return {"value": float(match[1]), "unit": match[2]} if match else value


def object_key(of: str) -> str:
    """How objects are compared: the number or letter that a name such as ``HD 164922 planet 2`` ends with, else the name."""
    nouns = "|".join(sorted(map(re.escape, claim_words()["labelled"]), key=len, reverse=True))
    match = re.search(rf"(?:^|[\s\d])(?:{nouns})\s*(\w{{1,3}})$", of)
    return match[1] if match else of.casefold().strip()


@dataclass
class Evidence:
    """All that a report of one run may say.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder.
    registry : Registry
    """

    folder: Path
    registry: Registry
    faults: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run = Run(self.folder)
        self.plan = plan_that_ran(self.run, self.registry)
        self.events = measured.outcomes(self.run, self.plan)
        self.outputs = measured.finished(self.run, self.plan)
        self.sound = {step: a for step, a in self.outputs.items() if self._is_sound(step, a)}
        store = _Folder(self.folder, self.outputs)
        self.content: Content = gather(self.run, self.registry, store, self.plan)
        approval = self.run.approval()
        if approval is None or approval.decision != "approve" or approval.plan != self.plan.hash:
            self.faults.append(("approval", {}))
        for file in self.plan.files:
            path = self.folder / "inputs" / file.name
            if not path.exists():
                self.faults.append(("missing", {"file": f"inputs/{file.name}"}))
            elif file_digest(path) != file.sha256:
                self.faults.append(("altered", {"file": f"inputs/{file.name}", "step": "the plan"}))
        self.facts: list[Fact] = list(self._facts())
        self.passages: list[Passage] = [p for p in self._passages() if p.text.strip()]

    def _is_sound(self, step: str, artifact: Artifact) -> bool:
        name = f"outputs/{step}{artifact.suffix}"
        path = self.folder / name
        if not path.exists():
            self.faults.append(("missing", {"file": name}))
            return False
        if file_digest(path) != artifact.sha256:
            self.faults.append(("altered", {"file": name, "step": step}))
            return False
        return True

    # ------------------------------------------------------------------ facts

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The tables among the outputs that are as the journal says, by step."""
        out = {}
        for step, artifact in self.sound.items():
            kind = Kind.parse(artifact.kind).name
            if artifact.suffix in (".ecsv", ".parquet"):
                out[step] = KINDS[kind].codec.read(self.folder / "outputs" / f"{step}{artifact.suffix}")
        return out

    @cached_property
    def rows(self) -> dict[tuple[str, int], Result]:
        """Measured numbers by step and row, counted from 1."""
        places = ((measured.locate(r.receipt), r) for r in self.content.results)
        return {(p.step, p.row): r for p, r in places if p.step in self.sound}

    def _facts(self) -> Iterator[Fact]:
        for (step, row), result in self.rows.items():
            yield from self._of_result(step, row, result)
        for step, table in self.tables.items():
            kind = Kind.parse(self.sound[step].kind).name
            file = f"outputs/{step}{self.sound[step].suffix}"
            if kind not in TOLD:  # nobody speaks of the rows of a table of results
                place = Source(f"rows of {file}", file, step)
                yield Fact(float(len(table)), "", "count", frozenset({"row", "kept"}), "", place)
            if kind in TOLD and kind != "Measurements":
                yield from self._of_rows(step, file, table)
            if "instrument" in table.colnames:
                yield self._count(
                    len({str(i) for i in table["instrument"]}),
                    "instrument",
                    Source("instruments", file, step, columns=("instrument",)),
                )
            yield from self._of_meta(table.meta, Source(f"metadata of {file}", file, step))
        yield from self._of_plan()
        yield from self._of_journal()
        content = self.content
        counted = (
            (len(content.plan.steps), "step", "steps of the plan"),
            (len(self.outputs), "step", "steps that finished"),
            (len(content.pictures), "figure", "figures"),
            (len(content.plan.files), "file", "attached files"),
            (len(content.references), "work", "works that the tools cite"),
            (len(content.notices), "warning", "notices"),
        )
        for number, noun, what in counted:
            yield self._count(number, noun, Source(f"number of {what}", "journal.jsonl"))
        objects: dict[str, set[str]] = {}
        for result in self.content.results:
            if (key := object_key(result.of)) != result.of.casefold().strip():
                noun = _group(result.of.removesuffix(key).strip().split(" ")[-1])
                objects.setdefault(noun, set()).add(key)
        for noun, keys in objects.items():
            yield self._count(len(keys), noun, Source(f"number of objects called {noun}", "outputs"))

    @staticmethod
    def _count(number: float, noun: str, source: Source) -> Fact:
        return Fact(float(number), "", "count", frozenset({_group(noun)}), "", source)

    def _of_result(self, step: str, row: int, result: Result) -> Iterator[Fact]:
        file = f"outputs/{step}{self.sound[step].suffix}"
        name, of = frozenset({key_of(result.quantity)}), object_key(result.of)
        if result.of and any(o != result.of and o.startswith(result.of + " ") for o in self._objects):
            of = ""  # the star whose planets are the other objects

        def fact(value: float, role: str, column: str, unit: str = result.unit) -> Fact:
            what = " ".join(p for p in (translate(result.quantity, "en"), f"of {result.of}" if result.of else "") if p)
            source = Source(f"{what}: {value!r} {unit}".strip(), file, step, row, (column,))
            return Fact(value, unit, role, name, of, source, result.limit)

        ends = result.uncertainty
        limit = (ends.upper if result.limit == "upper" else ends.lower) if ends and result.limit else None
        yield fact(result.value if limit is None else limit, "value", result.limit if limit is not None else "value")
        if _group(result.quantity.removeprefix("number_of_")) != result.quantity.removeprefix(
            "number_of_"
        ) or result.quantity.startswith("number_of_"):
            yield Fact(
                result.value,
                "",
                "count",
                frozenset({_group(result.quantity.removeprefix("number_of_"))}),
                of,
                fact(result.value, "", "value").source,
            )
        if ends is None:
            return
        if ends.level is not None:
            yield fact(ends.level, "level", "level", "")
        if not result.limit:
            for end, role, column in ((ends.upper, "above", "upper"), (ends.lower, "below", "lower")):
                if end is not None:
                    yield fact(end, "end", column)
                    yield fact(abs(end - result.value), role, column)

    @cached_property
    def _objects(self) -> set[str]:
        return {r.of for r in self.content.results}

    def _of_rows(self, step: str, file: str, table: Any) -> Iterator[Fact]:
        label = next((c for c in table.colnames if _group(c) in claim_words()["labelled"]), "")
        for index in range(len(table)):
            of = str(table[label][index]) if label else ""
            for column in table.colnames:
                cell = table[column][index]
                number = (
                    measured._number(cell)
                    if getattr(cell, "dtype", None) is not None and cell.dtype.kind in "if"
                    else None
                )
                if number is not None and column != label:
                    unit = str(getattr(table[column], "unit", None) or "")
                    what = f"{column.replace('_', ' ')} of {label} {of}: {number!r} {unit}".strip()
                    names = frozenset({key_of(column.removeprefix("n_")), key_of(column)})
                    yield Fact(number, unit, "value", names, of, Source(what, file, step, index + 1, (column,)))
                    if column.startswith("n_"):
                        yield Fact(
                            number,
                            "",
                            "count",
                            frozenset({_group(column[2:])}),
                            of,
                            Source(what, file, step, index + 1, (column,)),
                        )
        if label:
            yield self._count(len(table), label, Source(f"rows of {file}", file, step))
        if "accepted" in table.colnames and label:
            yield self._count(
                sum(bool(a) for a in table["accepted"]),
                label,
                Source("accepted rows", file, step, columns=("accepted",)),
            )

    def _of_meta(self, meta: Any, source: Source, path: tuple[str, ...] = ()) -> Iterator[Fact]:
        if isinstance(meta, dict):
            for name, value in meta.items():
                if not str(name).startswith("__"):
                    yield from self._of_meta(value, source, (*path, str(name)))
        elif isinstance(meta, int | float) and not isinstance(meta, bool) and path:
            name = path[-1]
            unit = next((u for suffix, u in _SUFFIXES.items() if name.endswith(suffix)), "")
            what = f"{'.'.join(path)} = {meta!r}"
            names = frozenset(_words_of(" ".join(path)))
            place = Source(what, source.file, source.step, columns=(".".join(path),))
            yield Fact(float(meta), unit, "level" if name == "level" else "data", names, "", place)
            if name.startswith("rows") or (path[0] == "reading" and "dropped" in path):
                which = "dropped" if "dropped" in path else name.removeprefix("rows").strip("_")
                yield Fact(float(meta), "", "count", frozenset({"row", which}), "", place)
            if _group(name) != name or name in ("draws", "chains"):
                yield self._count(meta, name, place)

    def _of_plan(self) -> Iterator[Fact]:
        for step in self.plan.steps:
            tool = self.registry.get(step.tool)
            for name, value in step.arguments.items():
                parameter = tool.parameter(name) if tool else None
                described = parameter.description if parameter else ""
                for single in value if isinstance(value, list) else [value]:
                    number, unit = (single["value"], single["unit"]) if isinstance(single, dict) else (single, "")
                    if isinstance(number, bool) or not isinstance(number, int | float):
                        continue
                    source = Source(f"{step.id}: {name} = {spoken(single)}", "plan.yaml", step.id, columns=(name,))
                    names = frozenset(
                        {name, *_words_of(name.replace("_", " ")), *_words_of(described.split(",")[0].split(";")[0])}
                    )
                    yield Fact(float(number), unit, "argument", names, "", source)
        for file in self.plan.files:
            place = f"inputs/{file.name}"
            yield Fact(
                float(file.size), "byte", "value", frozenset({"size"}), "", Source(f"size of {file.name}", place)
            )
            if file.rows:
                yield self._count(file.rows, "row", Source(f"rows of {file.name}", place))

    def _of_journal(self) -> Iterator[Fact]:
        for step, event in self.events.items():
            if "seconds" in event:
                source = Source(f"seconds of {step}", "journal.jsonl", step, columns=(f"line {event['seq']}",))
                yield Fact(
                    float(event["seconds"]), "s", "seconds", frozenset(_words_of(step.replace("_", " "))), step, source
                )
        if self.content.seconds is not None:
            yield Fact(
                self.content.seconds, "s", "seconds", frozenset(), "", Source("seconds of the run", "journal.jsonl")
            )

    # ------------------------------------------------------------------ passages

    def _passages(self) -> Iterator[Passage]:
        content, plan = self.content, self.plan
        page = Source("the page that was approved", "plan.yaml")
        yield Passage(plan.question, Source("the question", "plan.yaml"))
        for text in (*plan.assumptions, *plan.missing, plan.goal):
            yield Passage(text, Source("the plan", "plan.yaml"))
        for line in content.page.splitlines():
            yield Passage(re.sub(r"^\s*\d+\.\s", "", line), page)
        if approval := self.run.approval():
            for line in approval.page.splitlines():  # as it was shown then
                yield Passage(re.sub(r"^\s*\d+\.\s", "", line), page)
        for step in plan.steps:
            yield Passage(step.why, Source(f"why of {step.id}", "plan.yaml", step.id))
        for method in content.methods:
            yield Passage(method.text, Source("the method of " + method.receipt.step, "plan.yaml", method.receipt.step))
        for notice in content.notices:
            line = notice.receipt.file if notice.receipt else ""
            for text in (notice.what, notice.remedy):
                yield Passage(text, Source("what the run said", line, notice.step))
        for step, event in self.events.items():
            place = Source(f"journal, line {event['seq']}", "journal.jsonl", step)
            for text in (*event.get("warnings", []), *(str(v) for v in (event.get("error") or {}).values())):
                yield Passage(str(text), place)
            if "artifact" in event:
                yield Passage(str(event["artifact"]["preview"]), place)
        for number, picture in enumerate(content.pictures, start=1):
            place = Source(f"caption of {picture.name}", f"outputs/{picture.name}", picture.receipt.step)
            yield Passage(picture.caption, place)
            for language in _LANGUAGES:
                yield Passage(f"{words(language)['figure']} {number} {picture.caption}", place)
        for data in content.data:
            yield from self._of_data(data)
        for step, row in self.rows:
            yield Passage(self.rows[step, row].note, Source("note", f"outputs/{step}.ecsv", step, row, ("note",)))
        record = content.environment
        machine = Source("the environment", "environment.json")
        yield Passage(
            f"{record.get('python', '')} {record.get('system', '')} {record.get('machine_class', '')}", machine
        )
        yield Passage(str(record.get("machine_class", "")), machine)
        for language in _LANGUAGES:
            for text in _all_texts(words(language)):
                yield Passage(re.sub(r"\{\w+\}", " ", text), Source("the wording of reports"))
            if content.seconds is not None:
                took = words(language)["notes"]["seconds"].format(seconds=f"{content.seconds:.2f}")
                yield Passage(f"{content.finished} {took}", Source("seconds of the run", "journal.jsonl"))

    def _of_data(self, data: Any) -> Iterator[Passage]:
        source = Source(
            f"metadata of {data.name}",
            data.receipt.file if data.receipt else "plan.yaml",
            data.receipt.step if data.receipt else "",
        )
        yield Passage(data.found, source)
        for language in _LANGUAGES:
            note = words(language)["notes"]
            reading, reference = data.reading, data.reference
            yield Passage(note["size"].format(size=data.size), source)
            if "rows_kept" in reading:
                yield Passage(
                    note["kept"].format(kept=reading["rows_kept"], total=reading.get("rows_total", "?")), source
                )
            for reason, count in (reading.get("dropped") or {}).items():
                yield Passage(f"{reason}: {count}", source)
            for name, column in (reading.get("columns") or {}).items():
                yield Passage(f"{name}: {column}", source)
            if reference:
                values = {
                    k: reference[k] if reference.get(k) is not None else note["unknown"]
                    for k in ("name", "scale", "zero_jd")
                }
                yield Passage(note["reference"].format(**values), source)

    @cached_property
    def index(self) -> dict[str, list[tuple[int, int]]]:
        """Where each number stands in the passages, as token of `token_lists`."""
        out: dict[str, list[tuple[int, int]]] = {}
        for number, tokens in enumerate(self.token_lists):
            for position, token in enumerate(tokens):
                if token[:1] in "+-.0123456789":
                    out.setdefault(token.lstrip("+"), []).append((number, position))
        return out

    @cached_property
    def token_lists(self) -> list[list[str]]:
        """The words of each passage."""
        return [[t for t, _start, _end in tokens(readable(plain(p.text)))] for p in self.passages]

    @cached_property
    def numbers_in_passages(self) -> list[tuple[Item, frozenset[str], Passage, set[str]]]:
        """Numbers of the passages, the words of their clause, and the objects named there."""
        out = []
        for passage in self.passages:
            if passage.source.what == "the wording of reports":
                continue
            text = plain(passage.text)
            found = claims(as_block(text))
            for item in found:
                if item.number and item.form == "number":
                    begin, end = clause(text, item.start, item.end)
                    objects = {i.name for i in found if i.form == "object"}
                    out.append(
                        (
                            item,
                            frozenset(_words_of(text[begin : item.start] + " " + text[item.end : end])),
                            passage,
                            objects,
                        )
                    )
        return out

    # ------------------------------------------------------------------ names, digests, times, versions, works

    @cached_property
    def hashes(self) -> dict[str, Source]:
        """Digests of this run, in full."""
        out = {self.plan.hash: Source("the plan's hash", "plan.yaml")}
        for step, artifact in self.outputs.items():
            source = Source(f"what {step} made", f"outputs/{step}{artifact.suffix}", step)
            out[artifact.digest] = out[artifact.sha256] = source
        for event in self.run.events():
            for name in ("source", "key", "sha256", "prev", "plan"):
                if isinstance(event.get(name), str):
                    out.setdefault(event[name], Source(f"{name} of line {event['seq']}", "journal.jsonl"))
        for file in self.plan.files:
            out[file.sha256] = Source(f"the file {file.name}", f"inputs/{file.name}")
        if approval := self.run.approval():
            for name in ("plan", "shown", "policy"):
                out.setdefault(getattr(approval, name), Source(f"{name} of the approval", "journal.jsonl"))
        return out

    @cached_property
    def times(self) -> list[tuple[str, Source]]:
        """Times of the run that a report tells: made, approved, started, ended."""
        told = ("run.created", "approval", "run.started", "run.finished", "report.written")
        out = [
            (str(e["time"]), Source(e["event"], "journal.jsonl", columns=(f"line {e['seq']}",)))
            for e in self.run.events()
            if e["event"] in told
        ]
        if approval := self.run.approval():
            out.append((approval.when, Source("the approval", "journal.jsonl")))
        return [(moment(time), source) for time, source in out]

    @cached_property
    def versions(self) -> dict[str, set[str]]:
        """Versions by the name of a package or tool, with hyphens for underscores."""
        path = self.folder / "environment.json"
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        out = {_name(n): {str(v)} for n, v in record.get("packages", {}).items()}
        out["python"] = {str(record.get("python", ""))}
        out["linux"] = {str(record.get("release", ""))}
        for step in self.plan.steps:
            out.setdefault(_name(step.tool), set()).add(step.version)
        return out

    @cached_property
    def names(self) -> str:
        """All texts of the record in one, in lower case, to look names up in."""
        texts = [p.text for p in self.passages]
        texts += [w.text for w in self.works] + [link_of(w.text) for w in self.works]
        texts += [r.of for r in self.content.results] + [self.run.id]
        texts += [str(e.get("token", "")) + str(e.get("run", "")) + str(e.get("reused", "")) for e in self.run.events()]
        for step in self.plan.steps:
            texts += [step.id, step.tool, step.kind, *(str(v) for v in step.arguments.values())]
        texts += [f"outputs/{s}{a.suffix} {s}{a.suffix}" for s, a in self.outputs.items()]
        texts += [f.name for f in self.plan.files]
        texts += (
            [str(e.get("who", "")) for e in [self.run.approval().model_dump()] if self.run.approval()]
            if self.run.approval()
            else []
        )
        texts += [
            "report.md report.html results.json journal.jsonl plan.yaml environment.json sha256 SHA-256 log10 UTF-8"
        ]
        return "\n".join(plain(t).casefold() for t in texts)

    @cached_property
    def full_names(self) -> set[str]:
        """Names with digits in them, as a report writes them: the question, attached files, objects."""
        texts = [self.plan.question, *(f.name for f in self.plan.files)]
        for result in self.content.results:
            texts += [translate_name(result.of, language) for language in _LANGUAGES]
        found = {" ".join(plain(clean(t)).split()) for t in texts}
        return {t for t in found if len(t) > 3 and any(c.isdigit() for c in t)}

    @cached_property
    def known_objects(self) -> set[str]:
        """Numbers and letters that name an object anywhere in the record."""
        out = {f.of for f in self.facts if f.of and f.role != "seconds"}
        for passage in self.passages:
            for item in claims(as_block(plain(passage.text))):
                if item.form == "object":
                    out |= set(members(item.name))
        return out

    @cached_property
    def works(self) -> list[Work]:
        """What the tools of the plan cite: by their declaration, and as the plan's evidence has it."""
        tools: dict[str, set[str]] = {}
        for step in self.plan.steps:
            tool = self.registry.get(step.tool)
            for citation in (*(tool.declaration.citations if tool else ()), *step.evidence):
                tools.setdefault(" ".join(citation.split()), set()).add(step.tool)
        return [work_of(text, tuple(sorted(used))) for text, used in tools.items()]

    def inner_and_outer(self) -> dict[str, str]:
        """Which object is the innermost and which the outermost, where periods or axes of several are known."""
        for quantity in ("period", "semi_major_axis"):
            known = {
                f.of: f.value
                for f in self.facts
                if f.role == "value" and quantity in f.names and f.of and f.source.step in {s for s, _ in self.rows}
            }
            if len(known) > 1:
                order = sorted(known, key=lambda k: known[k])
                return {"inner": order[0], "outer": order[-1]}
        return {}


# --------------------------------------------------------------------------- words

_SUFFIXES = {"_s": "s", "_d": "d", "_msun": "Msun", "_rsun": "Rsun", "_k": "K", "_days": "d", "_hours": "h"}
_TOKEN = re.compile(
    r"[A-Za-zÀ-ž]+(?:['’][a-z]+)?|(?:(?<![A-Za-z0-9_.)])[+-])?(?:\d{1,3}(?:[,\u2009]\d{3})+(?![\d,])|\d+)(?:\.\d+)*(?:[eE][+-]?\d+)?|[\u4e00-\u9fff]|[%°±<>≤≥σ⁻⁰¹²³⁴-⁹α-ωΑ-Ω☉⊕]"
)


def readable(text: str) -> str:
    """A text with labels and reference marks blanked, which are no part of what it says."""
    text = re.sub(rf"{OPEN}\w+{CLOSE}", lambda m: " " * len(m[0]), text)
    return re.sub(r"\[[\d\s,–-]+\]", lambda m: " " * len(m[0]), text)


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Words, characters, numbers and the signs that matter, with their places; other punctuation is left out."""
    return [(re.sub("[,\u2009]", "", m[0]).lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


_CLAUSE = re.compile(r"[,;:(),。，；：（）、\ue002]|\.\s")


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause around a place."""
    begin = max((m.end() for m in _CLAUSE.finditer(text[:start])), default=0)
    stop = _CLAUSE.search(text, end)
    return begin, stop.start() if stop else len(text)


@cache
def _empty() -> frozenset[str]:
    from gnomon.agents.embedded.words import words as question_words

    return frozenset(question_words()["empty"]["en"]) | {
        "than",
        "were",
        "was",
        "which",
        "since",
        "each",
        "its",
        "d",
        "s",
        "h",
    }


def _words_of(text: str) -> set[str]:
    """Content words of a text: English without plural endings, Chinese in pairs of characters."""
    found = {w.lower().rstrip("s") for w in re.findall(r"[A-Za-z]{2,}", text)} - _empty()
    for run in re.findall(r"[\u4e00-\u9fff]+", text):
        found |= {run[i : i + 2] for i in range(len(run) - 1)} or {run}
    return found


def words_of(text: str) -> set[str]:
    """Content words of a text, as facts and passages are found by."""
    return _words_of(text)


def key_of(quantity: str) -> str:
    """The glossary's key of a quantity, or the name itself."""
    from gnomon.knowledge.glossary import find

    term = find(quantity)
    return term.key if term else quantity


@cache
def _group(noun: str) -> str:
    for group in claim_words()["nouns"]:
        if noun.lower() in group or noun.lower() + "s" in group:
            return str(group[0])
    return noun


def group_of(noun: str) -> set[str]:
    """What a counted noun may be called in the record."""
    own = _group(noun)
    return {own, *claim_words()["alike"].get(own, [])}


def members(name: str) -> list[str]:
    """The numbers or letters of ``1``, ``1 and 2``, ``第二``."""
    ordinals = claim_words()["ordinals"]
    if name.lower() in ordinals:
        return [str(ordinals[name.lower()])]
    if match := re.fullmatch(r"(\d+)\s*(?:to|–|-|至|到)\s*(\d+)", name):
        return [str(i) for i in range(int(match[1]), int(match[2]) + 1)]
    return re.findall(r"\d+|(?<![A-Za-z])[b-i](?![A-Za-z])", name)


def _name(text: str) -> str:
    return text.lower().replace("_", "-")


def package_name(text: str) -> str:
    """A package's or tool's name as `Evidence.versions` keeps it."""
    return _name(text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def squeezed(text: str) -> str:
    """A text without spaces and case."""
    return _squeezed(text)


def _all_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from _all_texts(entry)
    elif isinstance(value, str):
        yield value


_AUTHORS = re.compile(r"^(?P<authors>.+?)\s+(?P<year>\d{4}[a-z]?)\b")


def work_of(text: str, tools: tuple[str, ...] = ()) -> Work:
    """A citation taken apart; what it does not have is empty."""
    head = _AUTHORS.match(text)
    authors = head["authors"] if head else ""
    et_al = bool(re.search(r"\bet al\.?|等", authors))
    names = [n.strip() for n in re.split(r",|&|\band\b|与|和", re.sub(r"\bet al\.?|等人?", "", authors)) if n.strip()]
    doi = re.search(r"\b10\.\d{4,9}/[^\s,;<>]+", text)
    bibcode = re.search(r"(?<![\w.])\d{4}[A-Za-z&.]{5}[A-Za-z0-9.]{9}[A-Z]", text)
    others = tuple(m[0].lower().replace(" ", "") for m in re.finditer(r"(?i)\b(?:arxiv|ascl)\s*:\s*\S*\d", text))
    return Work(
        text=text,
        authors=tuple(folded(n) for n in names),
        et_al=et_al,
        year=head["year"] if head else "",
        doi=doi[0].rstrip(".").lower() if doi else "",
        bibcode=bibcode[0] if bibcode else "",
        others=others,
        tools=tools,
    )


def folded(name: str) -> str:
    """A name without accents and case."""
    import unicodedata

    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()
