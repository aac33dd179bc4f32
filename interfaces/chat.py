"""The command ``gnomon chat``: the conversation in the terminal, or line by line from a pipe.

What is said and what comes of it is `gnomon.agents.dialogue`; here it is read and shown.  Replies go to standard output, prompts, progress and
warnings to standard error.  With ``--json`` each reply is one JSON object on a line of standard output, with the keys of `Reply.document`, ``chat`` (the
conversation's name) and ``said``, and nothing else is there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import (
    Cluster,
    Data,
    Exit,
    Json,
    Offline,
    Workers,
    Yes,
    is_interactive,
    open_conversation,
)
from gnomon.interfaces.output import expect_answer, labelled, print_answer, print_text, say
from gnomon.interfaces.progress import shown
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue, Reply

PROMPT = "> "
# With what the command leaves, by the last reply that a pipe got; in a terminal nobody asks for it.
_LEFT_WITH = {"waits": Exit.WAITS, "asks": Exit.NEEDS_ANSWER, "error": Exit.FAILED, "stopped": Exit.FAILED}


class _Ended(BaseException):
    """The terminal was closed, or the machine's keeper wants the process to end: the conversation ends, not only a run."""


def register(app: typer.Typer) -> None:
    """Put this command on the application."""
    app.command()(chat)


def chat(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Name of the conversation; with --resume, the start of one.")
    ] = None,
    data: Data = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a conversation; with the last one where no NAME is given.")
    ] = False,
    yes: Yes = False,
    offline: Offline = False,
    cluster: Cluster = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Talk: ask, change the plan, run it, ask back; from a terminal or a pipe."""
    from gnomon.agents.dialogue import Dialogue
    from gnomon.agents.follow_ups.chat_record import ChatRecord, find_name, new_name

    conversation = open_conversation(offline, workers, cluster)
    chats = conversation.home / "chats"
    called = find_name(chats, name or "") if resume else name or new_name()
    record = ChatRecord(chats, called)
    if not resume and record.path.exists():
        raise errors.UsageError(
            f"There is a conversation called {called} already.", remedy="Say --resume to go on with it."
        )
    with record.held(), _ending():
        present = is_interactive(as_json)
        dialogue = Dialogue(
            conversation, record=record, present=present, beforehand=yes, show=None if as_json else _show
        )
        for path in data or []:
            dialogue.attach(path.resolve())
        code = _talk(dialogue, called, resume, present, as_json)
    raise typer.Exit(Exit.DONE if present else code)


@contextmanager
def _ending() -> Iterator[None]:
    """Let a closed terminal and a request to end do so, while Ctrl-C ends a run alone."""

    ended = threading.Event()

    def end(number: int, frame: object) -> None:
        ended.set()
        raise _Ended

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        with _heard_while_reading(set(map(int, numbers)), ended):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _heard_while_reading(numbers: set[int], ended: threading.Event) -> Iterator[None]:
    """Let a signal be heard that comes between the prompt and the wait for a line, where `input` would sleep over it.

    The interpreter writes the number of each signal into a pipe as it comes; where nobody has answered it a moment later, it is
    sent once more, to a wait that it then ends.
    """
    if not hasattr(signal, "pthread_kill"):  # not on Windows
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    here = threading.get_ident()

    def listen() -> None:
        while came := os.read(reading, 1):
            while came[0] in numbers and not ended.wait(0.2):
                signal.pthread_kill(here, came[0])

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    last = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(last)
        ended.set()
        os.close(writing)
        listener.join()
        os.close(reading)


def _talk(dialogue: Dialogue, called: str, resumed: bool, present: bool, as_json: bool) -> Exit:
    """Hear until nobody says anything any more."""
    if not as_json:
        if resumed:
            say(dialogue.say("resumed", name=called))
            _print(dialogue.hear("/status"), dialogue)
        elif present:
            say(dialogue.say("greeting"))
    code = Exit.DONE
    try:
        for text in _said(dialogue, present):
            reply = _heard(dialogue, text, as_json)
            if reply is None:
                continue
            if as_json:
                document = {"chat": called, "said": text, **reply.document()}
                print_text(json.dumps(document, ensure_ascii=False))
            else:
                _print(reply, dialogue)
            failed = reply.run is not None and reply.kind == "ran" and reply.run["status"] == "failed"
            code = Exit.FAILED if failed else _LEFT_WITH.get(reply.kind, Exit.DONE)
            if reply.kind == "left":
                break
    except _Ended:
        code = Exit.FAILED
    if not as_json and dialogue.session.sayings:
        say(dialogue.say("left", name=called))
    return code


def _said(dialogue: Dialogue, present: bool) -> Iterator[str]:
    """What is said, line by line; an empty line says nothing."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    if present:
        with suppress(ImportError):
            import readline  # noqa: F401  (input() then lets people edit their line)
    while True:
        try:
            if present:
                text = input(PROMPT)
            elif not (text := sys.stdin.readline()):
                return
        except EOFError:
            say("")
            return
        except KeyboardInterrupt:
            say(f"\n{dialogue.say('interrupted')}")
            continue
        if text.strip():
            yield text.strip()


def _heard(dialogue: Dialogue, text: str, as_json: bool) -> Reply | None:
    """The reply to a saying, with the progress of what it runs; None where somebody stopped it before there was one."""
    expect_answer()
    with shown(as_json) as progress:
        dialogue.conversation.progress = progress
        try:
            return dialogue.hear(text)
        except KeyboardInterrupt:
            say(f"\n{dialogue.say('interrupted')}")
            return None


# --------------------------------------------------------------------------- showing


def _show(reply: Reply) -> None:
    """The plan, with what is another in it."""
    from gnomon.plans.render import plan_page

    assert reply.plan is not None
    if reply.difference is not None and not reply.difference.same:
        print_text(reply.difference.page(reply.plan.language))
    print_text(plan_page(reply.plan))


def _print(reply: Reply, dialogue: Dialogue) -> None:
    """A reply, for a person."""
    if reply.kind == "ran":
        _print_ran(reply, dialogue.say)
        return
    if reply.kind == "plan" and reply.plan is not None:
        _show(reply)
    for number, option in enumerate(reply.alternatives, 1):
        print_text(f"  {number}. {option.label}")
    if reply.text:
        print_text(reply.text)
    for number, option in enumerate(reply.options, 1):
        print_text(f"  {number}. {option.label}")


def _print_ran(reply: Reply, told: Callable[..., str]) -> None:
    run: dict[str, Any] = reply.run or {}
    before = reply.text.removesuffix(run.get("answer", "")).strip()
    if before:
        print_text(before)
    print_answer(run.get("answer", ""))
    if run.get("shown"):
        print_text(f"\n{run['shown']}\n")
    for warning in run.get("warnings", []):
        say(labelled("warning", warning, run.get("question", "")))
    if run.get("report"):
        say(told("ran", report=run["report"]))
