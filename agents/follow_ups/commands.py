"""Commands of a conversation, which begin with a slash, and the pages that they show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.embedded.compose import ACCOMPANIMENTS
from gnomon.agents.follow_ups import deciding
from gnomon.agents.follow_ups.options import Option, Unclear
from gnomon.agents.follow_ups.paths import named_files
from gnomon.agents.follow_ups.phrases import listed, phrase
from gnomon.agents.follow_ups.recall import Recall
from gnomon.agents.follow_ups.reply import Reply
from gnomon.agents.markup import one_line
from gnomon.agents.understanding.grammar import language_of

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue

_EXAMPLES = 4
_RUNS = 20


def command(dialogue: Dialogue, text: str) -> Reply | None:
    """What a command does; None where the text is none."""
    if not text.startswith("/"):
        return None
    name, _space, rest = text[1:].partition(" ")
    if name == "data":
        return _data(dialogue, rest.strip())
    pages = {"help": help_page, "status": status, "files": _files, "plan": _plan, "runs": _runs}
    if name in pages:
        return pages[name](dialogue)
    if name in ("quit", "exit"):
        return Reply("left", "")
    if named_files(text, (), dialogue.folder) or Path(text).exists():
        return None
    return Reply("error", dialogue.say("unknown_command", command=f"/{name}"))


def _data(dialogue: Dialogue, rest: str) -> Reply:
    if not rest:
        raise Unclear(dialogue.say("file_argument"))
    files = named_files(rest, [f.path for f in dialogue.session.files], dialogue.folder)
    if not files:
        raise Unclear(dialogue.say("no_file", file=rest))
    return dialogue.only_files(files)


def help_page(dialogue: Dialogue) -> Reply:
    """What can be said, with questions that the files at hand answer."""
    planner = dialogue.conversation.planner
    kinds = {f.kind for f in dialogue.session.files}
    readers = {t.name for t in dialogue.registry.readers if t.kind.name in kinds}
    reached = [
        t
        for t in dialogue.registry.values()
        if t.kind.name not in ACCOMPANIMENTS
        and not t.files
        and t.name not in planner.unavailable
        and (not readers or any(_leads(dialogue, r, t.name) for r in readers))
    ]
    examples = [next((e for e in t.declaration.examples if language_of(e) == dialogue.language), "") for t in reached]
    told = listed(dialogue.language, [phrase(dialogue.language, "quoted", text=e) for e in examples if e][:_EXAMPLES])
    lines = [dialogue.say("help"), dialogue.say("help_examples", examples=told) if told else ""]
    return Reply("told", "\n".join(filter(None, lines)))


def _leads(dialogue: Dialogue, reader: str, tool: str) -> bool:
    composer = dialogue.conversation.planner.composer
    return composer.leads(dialogue.registry[reader], dialogue.registry[tool])


def status(dialogue: Dialogue) -> Reply:
    """Where the conversation stands: the present plan, what came of it, and the files."""
    position = dialogue.session.position
    files = _files(dialogue).text
    if position is None:
        return Reply("told", "\n".join([dialogue.say("status_none"), files]))
    state = deciding.stands(dialogue, position)
    line = dialogue.say("status_plan", plan=f"{position.plan.hash[:12]}…", state=state)
    return Reply("plan", "\n".join([line, files]), position.plan, run=deciding.outcome(dialogue, position))


def _plan(dialogue: Dialogue) -> Reply:
    position = dialogue.doing.present_plan()
    return Reply("plan", deciding.stands(dialogue, position), position.plan, run=deciding.outcome(dialogue, position))


def _files(dialogue: Dialogue) -> Reply:
    if not dialogue.session.files:
        return Reply("told", dialogue.say("no_files"))
    meant = set(dialogue.session.meant)
    lines = [
        dialogue.say("file_line", mark="*" if f.path in meant else " ", file=str(f.path), found=f.found)
        for f in dialogue.session.files
    ]
    return Reply("told", "\n".join(lines))


def _runs(dialogue: Dialogue) -> Reply:
    past = Recall(dialogue.conversation.runs, dialogue.kept, dialogue.clock).past[:_RUNS]
    if not past:
        return Reply("told", dialogue.say("no_runs_yet"))
    options = [
        Option(
            dialogue.say(
                "run_line", run=p.run, status=p.status, date=f"{p.when:%Y-%m-%d %H:%M}", question=one_line(p.question)
            ),
            {"do": "take_up", "run": p.run},
        )
        for p in past
    ]
    dialogue.session.offer(options)
    return Reply("runs", "", options=tuple(options))
