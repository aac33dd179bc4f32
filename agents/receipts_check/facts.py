"""Facts: the numbers of a run's record, each with a unit, a name and a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gnomon.agents import results as measured
from gnomon.agents.receipts_check.run_folder import RunFolder, Source
from gnomon.agents.receipts_check.sentences import words_of
from gnomon.agents.receipts_check.words import key_of, object_key, record_noun
from gnomon.agents.receipts_check.words import words as vocabulary
from gnomon.agents.results import Result
from gnomon.knowledge.glossary import translate
from gnomon.plans.arguments import spoken
from gnomon.tools.registry import Kind

# Tables of these kinds say something in each row; those of other kinds are data, of which only the counts are told.
TOLD = ("Measurements", "TransitCandidates")
_SUFFIXES = {"_s": "s", "_d": "d", "_msun": "Msun", "_rsun": "Rsun", "_k": "K", "_days": "d", "_hours": "h"}


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


def facts_of(record: RunFolder) -> Iterator[Fact]:
    """All facts of a run, in the order in which a check tries them."""
    for (step, row), result in record.rows.items():
        yield from _of_result(record, step, row, result)
    for step, table in record.tables.items():
        kind = Kind.parse(record.sound[step].kind).name
        file = f"outputs/{step}{record.sound[step].suffix}"
        if kind not in TOLD:  # nobody speaks of the rows of a table of results
            place = Source(f"rows of {file}", file, step)
            yield Fact(float(len(table)), "", "count", frozenset({"row", "kept"}), "", place)
        if kind in TOLD and kind != "Measurements":
            yield from _of_rows(step, file, table)
        if "instrument" in table.colnames:
            yield _count(
                len({str(i) for i in table["instrument"]}),
                "instrument",
                Source("instruments", file, step, columns=("instrument",)),
            )
        yield from _of_meta(table.meta, Source(f"metadata of {file}", file, step))
    yield from _of_plan(record)
    yield from _of_journal(record)
    content = record.content
    counted = (
        (len(content.plan.steps), "step", "steps of the plan"),
        (len(record.outputs), "step", "steps that finished"),
        (len(content.pictures), "figure", "figures"),
        (len(content.plan.files), "file", "attached files"),
        (len(content.references), "work", "works that the tools cite"),
        (len(content.notices), "warning", "notices"),
    )
    for number, noun, what in counted:
        yield _count(number, noun, Source(f"number of {what}", "journal.jsonl"))
    objects: dict[str, set[str]] = {}
    for result in record.content.results:
        if (key := object_key(result.of)) != result.of.casefold().strip():
            noun = record_noun(result.of.removesuffix(key).strip().split(" ")[-1])
            objects.setdefault(noun, set()).add(key)
    for noun, keys in objects.items():
        yield _count(len(keys), noun, Source(f"number of objects called {noun}", "outputs"))


def _count(number: float, noun: str, source: Source) -> Fact:
    return Fact(float(number), "", "count", frozenset({record_noun(noun)}), "", source)


def _of_result(record: RunFolder, step: str, row: int, result: Result) -> Iterator[Fact]:
    file = f"outputs/{step}{record.sound[step].suffix}"
    name, of = frozenset({key_of(result.quantity)}), object_key(result.of)
    if result.of and any(
        o != result.of and o.startswith(result.of + " ") for o in {r.of for r in record.content.results}
    ):
        of = ""  # the star whose planets are the other objects

    def fact(value: float, role: str, column: str, unit: str = result.unit) -> Fact:
        what = " ".join(p for p in (translate(result.quantity, "en"), f"of {result.of}" if result.of else "") if p)
        source = Source(f"{what}: {value!r} {unit}".strip(), file, step, row, (column,))
        return Fact(value, unit, role, name, of, source, result.limit)

    ends = result.uncertainty
    limit = (ends.upper if result.limit == "upper" else ends.lower) if ends and result.limit else None
    yield fact(result.value if limit is None else limit, "value", result.limit if limit is not None else "value")
    if record_noun(result.quantity.removeprefix("number_of_")) != result.quantity.removeprefix(
        "number_of_"
    ) or result.quantity.startswith("number_of_"):
        yield Fact(
            result.value,
            "",
            "count",
            frozenset({record_noun(result.quantity.removeprefix("number_of_"))}),
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


def _of_rows(step: str, file: str, table: Any) -> Iterator[Fact]:
    label = next((c for c in table.colnames if record_noun(c) in vocabulary()["labelled"]), "")
    for index in range(len(table)):
        of = str(table[label][index]) if label else ""
        for column in table.colnames:
            cell = table[column][index]
            number = (
                measured._number(cell) if getattr(cell, "dtype", None) is not None and cell.dtype.kind in "if" else None
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
                        frozenset({record_noun(column[2:])}),
                        of,
                        Source(what, file, step, index + 1, (column,)),
                    )
    if label:
        yield _count(len(table), label, Source(f"rows of {file}", file, step))
    if "accepted" in table.colnames and label:
        yield _count(
            sum(bool(a) for a in table["accepted"]),
            label,
            Source("accepted rows", file, step, columns=("accepted",)),
        )


def _of_meta(meta: Any, source: Source, path: tuple[str, ...] = ()) -> Iterator[Fact]:
    if isinstance(meta, dict):
        for name, value in meta.items():
            if not str(name).startswith("__"):
                yield from _of_meta(value, source, (*path, str(name)))
    elif isinstance(meta, int | float) and not isinstance(meta, bool) and path:
        name = path[-1]
        unit = next((u for suffix, u in _SUFFIXES.items() if name.endswith(suffix)), "")
        what = f"{'.'.join(path)} = {meta!r}"
        names = frozenset(words_of(" ".join(path)))
        place = Source(what, source.file, source.step, columns=(".".join(path),))
        yield Fact(float(meta), unit, "level" if name == "level" else "data", names, "", place)
        if name.startswith("rows") or (path[0] == "reading" and "dropped" in path):
            which = "dropped" if "dropped" in path else name.removeprefix("rows").strip("_")
            yield Fact(float(meta), "", "count", frozenset({"row", which}), "", place)
        if record_noun(name) != name or name in ("draws", "chains"):
            yield _count(meta, name, place)


def _of_plan(record: RunFolder) -> Iterator[Fact]:
    for step in record.plan.steps:
        tool = record.registry.get(step.tool)
        for name, value in step.arguments.items():
            parameter = tool.parameter(name) if tool else None
            described = parameter.description if parameter else ""
            for single in value if isinstance(value, list) else [value]:
                number, unit = (single["value"], single["unit"]) if isinstance(single, dict) else (single, "")
                if isinstance(number, bool) or not isinstance(number, int | float):
                    continue
                source = Source(f"{step.id}: {name} = {spoken(single)}", "plan.yaml", step.id, columns=(name,))
                names = frozenset(
                    {name, *words_of(name.replace("_", " ")), *words_of(described.split(",")[0].split(";")[0])}
                )
                yield Fact(float(number), unit, "argument", names, "", source)
    for file in record.plan.files:
        place = f"inputs/{file.name}"
        yield Fact(float(file.size), "byte", "value", frozenset({"size"}), "", Source(f"size of {file.name}", place))
        if file.rows:
            yield _count(file.rows, "row", Source(f"rows of {file.name}", place))


def _of_journal(record: RunFolder) -> Iterator[Fact]:
    for step, event in record.events.items():
        if "seconds" in event:
            source = Source(f"seconds of {step}", "journal.jsonl", step, columns=(f"line {event['seq']}",))
            yield Fact(
                float(event["seconds"]), "s", "seconds", frozenset(words_of(step.replace("_", " "))), step, source
            )
    if record.content.seconds is not None:
        yield Fact(
            record.content.seconds, "s", "seconds", frozenset(), "", Source("seconds of the run", "journal.jsonl")
        )
