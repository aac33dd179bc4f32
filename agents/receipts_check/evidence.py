"""Evidence: all that a report of one run may say, read from the run's folder alone.

There are facts, numbers with a unit, a name and a place; passages, texts that a report may quote; works, what the plan's tools
cite; and the digests, times, versions and names of the run.
"""

from __future__ import annotations

import json
import re
from functools import cached_property

from gnomon.agents.markup import clean, link_of
from gnomon.agents.receipts_check.blocks import CELL, CLOSE, OPEN, as_block, plain
from gnomon.agents.receipts_check.claims import claims
from gnomon.agents.receipts_check.facts import Fact, facts_of
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.passages import LANGUAGES, Passage, passages_of
from gnomon.agents.receipts_check.run_folder import RunFolder, Source
from gnomon.agents.receipts_check.sentences import clause, readable, squeezed, tokens, words_of
from gnomon.agents.receipts_check.units import scale_of
from gnomon.agents.receipts_check.words import members
from gnomon.agents.receipts_check.works import Work, work_of
from gnomon.agents.report_content import moment
from gnomon.knowledge.glossary import translate_name


class Evidence(RunFolder):
    """All that a report of one run may say."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.facts: list[Fact] = list(facts_of(self))
        self.passages: list[Passage] = [p for p in passages_of(self) if p.text.strip()]

    @cached_property
    def index(self) -> dict[str, list[tuple[int, int]]]:
        """Where each number stands in the passages, as token of `token_lists`."""
        out: dict[str, list[tuple[int, int]]] = {}
        for number, there in enumerate(self.token_lists):
            for position, token in enumerate(there):
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
                            frozenset(words_of(text[begin : item.start] + " " + text[item.end : end])),
                            passage,
                            objects,
                        )
                    )
        return out

    @cached_property
    def shown(self) -> dict[str, Source]:
        """What the report says of objects, tables, papers, spectra and images, text by text, made again from the outputs."""
        from gnomon.agents.reporter import answer_text

        out: dict[str, Source] = {}
        for shown in self.content.shown:
            if shown.step in self.sound:
                for text, number in shown.texts():
                    source = Source(f"what {shown.step} gave", shown.file, shown.step, number)
                    out.setdefault(without_marks(plain(clean(text))), source)
        if self.content.answer.found and not self.content.answer.groups:
            answer = answer_text(self.content)
            out.setdefault(without_marks(plain(answer)), Source("the answer", self.content.shown[0].file))
        out.pop("", None)
        return out

    @cached_property
    def shown_links(self) -> set[str]:
        """Addresses that the outputs have, as the report gives them."""
        sound = [shown for shown in self.content.shown if shown.step in self.sound]
        # A document may have an address in angle brackets in its text, where it leads nowhere.
        said = {link for shown in sound for text, _row in shown.texts() for link in ANGLED.findall(text)}
        return said | {link for shown in sound for link in shown.links()}

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
        for step in self.plan.steps:
            # Of weights that a model is loaded by.
            for name, value in step.arguments.items():
                if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
                    out.setdefault(value, Source(f"{name} of the step {step.id}", "plan.yaml"))
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
        out = {package_name(n): {str(v)} for n, v in record.get("packages", {}).items()}
        out["python"] = {str(record.get("python", ""))}
        out["linux"] = {str(record.get("release", ""))}
        for step in self.plan.steps:
            out.setdefault(package_name(step.tool), set()).add(step.version)
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
            texts += [translate_name(result.of, language) for language in LANGUAGES]
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

    @cached_property
    def dimensions(self) -> dict[str, set[str]]:
        """Physical dimensions in which the record has each quantity."""
        known: dict[str, set[str]] = {}
        for fact in self.facts:
            if fact.role == "value":
                for name in fact.names:
                    known.setdefault(name, set()).add((scale_of(fact.unit) or ("?",))[0])
        return known


# An address as the reports write one that leads somewhere.
ANGLED = re.compile(r"<(https?://[^>]*)>")


def without_marks(text: str) -> str:
    """A block's text without labels of receipts, links, bounds of cells and spaces."""
    text = re.sub(rf"{OPEN}\w+{CLOSE}|\[↗\]\(<[^>]*>\)|<https?://[^>]*>", " ", text)
    return squeezed(text.replace(CELL, " "))


def package_name(text: str) -> str:
    """A package's or tool's name as `Evidence.versions` keeps it."""
    return text.lower().replace("_", "-")
