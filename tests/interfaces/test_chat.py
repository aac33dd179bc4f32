"""`gnomon chat`: through a pseudo-terminal as a person has it, and through a pipe, where nobody is there to approve."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from gnomon.interfaces import chat as chat_module

from .started import Command, Starter

pty = pytest.importorskip("pty")  # not on every system

COMMAND = [sys.executable, "-m", "gnomon.interfaces.command_line", "chat"]
PROMPT = "\n> "
ASKED = "Measure the length of the toy"
KEYS = {"chat", "said", "kind", "text", "plan", "difference", "alternatives", "run", "options"}
PATIENCE = 120.0


class Terminal:
    """A chat in a terminal of its own: what is typed, and what stands on the screen."""

    def __init__(
        self, arguments: list[str], environment: dict[str, str], folder: Path, starter: Starter | None
    ) -> None:
        ours, theirs = pty.openpty()
        self.screen = ""
        self.process: Command | subprocess.Popen[bytes]
        environment = {**environment, "TERM": "dumb", "COLUMNS": "200"}
        if starter is not None:
            self.process = starter.start(
                ["chat", *arguments], environment, folder, (theirs, theirs, theirs), terminal=True
            )
        else:
            self.process = subprocess.Popen(
                [*COMMAND, *arguments],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                cwd=folder,
                env=environment,
                start_new_session=True,
                preexec_fn=_take_terminal,
            )
        os.close(theirs)
        self._ours = ours

    def wait_for(self, text: str, seconds: float = PATIENCE) -> str:
        """What came on the screen until a text did."""
        begin = len(self.screen)
        deadline = time.monotonic() + seconds
        while text not in self.screen[begin:]:
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"{text!r} never came; on the screen was:\n{self.screen[begin:]}")
        return self.screen[begin:]

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def say(self, text: str, until: str = PROMPT) -> str:
        """Type a line, and wait for the next prompt."""
        self.type(f"{text}\n")
        return self.wait_for(until)

    def interrupt(self) -> None:
        """Ctrl-C at the prompt, pressed again as a person would where nothing came of it.

        `input` prints the prompt before it waits for a key; what is pressed between the two it sees only with the next key.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            self.type("\x03")
            try:
                self.wait_for(PROMPT, 5)
                return
            except AssertionError:
                if time.monotonic() > deadline:
                    raise

    def end(self) -> int:
        """Wait for the process to end."""
        while self.process.poll() is None:
            self._read()
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        ended = self.process.poll() is not None  # before looking: what it wrote last is still to be read
        if select.select([self._ours], [], [], 0.1)[0]:
            with suppress(OSError):  # the other end is closed
                more = os.read(self._ours, 65536)
                self.screen += more.decode("utf-8", "replace").replace("\r\n", "\n")
                return bool(more)
            return False
        return not ended


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Tests that were started in the background ignore Ctrl-C, and so does all that they start; a command in a terminal does not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def terminal(environment: dict[str, str], starter: Starter, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Begins a chat in a process that starts at once, or with `fresh` in a fresh Python."""
    opened: list[Terminal] = []

    def begin(*arguments: object, fresh: bool = False) -> Terminal:
        opened.append(Terminal([str(a) for a in arguments], environment, tmp_path, None if fresh else starter))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


@pytest.fixture
def pipe(environment: dict[str, str], starter: Starter, tmp_path: Path) -> Callable[..., Any]:
    def say(lines: list[str], *arguments: object) -> Any:
        given = ["chat", *[str(a) for a in arguments]]
        with TemporaryFile() as said, TemporaryFile() as out, TemporaryFile() as err:
            said.write(("\n".join(lines) + "\n").encode())
            said.seek(0)
            code = starter.start(given, environment, tmp_path, (said.fileno(), out.fileno(), err.fileno())).wait(300)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(given, code, out.read().decode(), err.read().decode())

    return say


def runs(home: Path) -> list[Path]:
    return sorted((home / "runs").glob("2*"))


def events(run: Path, name: str) -> list[dict[str, Any]]:
    return [e for e in map(json.loads, (run / "journal.jsonl").read_text().splitlines()) if e["event"] == name]


# ---------------------------------------------------------------------- a terminal


def test_a_person_asks_approves_changes_and_asks_back(
    terminal: Callable[..., Terminal], toy: Path, tmp_path: Path
) -> None:
    chat = terminal("--data", toy)
    chat.wait_for(PROMPT)
    shown = chat.say(ASKED)
    assert "toy_tilt = toy_tilt" in shown
    answered = chat.say("yes")
    assert "mean flux 2.00 ± 0.10" in answered
    assert "Report: " in answered
    changed = chat.say("use a slope of 0.7 instead")
    assert "~ slope: 0.5 -> 0.7" in changed
    again = chat.say("run it")
    assert "toy_read: taken over from run" in again
    assert "mean flux 2.40 ± 0.10" in again
    why = chat.say("where does that mean flux come from?")
    assert "outputs/toy_measure.ecsv, row 2" in why
    assert "toy_tilt.slope = 0.7" in why
    chat.type("\x04")
    assert chat.end() == 0
    first, second = runs(tmp_path / "home")
    (approval,) = events(first, "approval")
    assert approval["approval"]["how"] == "terminal"
    assert approval["approval"]["plan"] == events(first, "run.created")[0]["plan"] in shown
    assert events(second, "approval")[0]["approval"]["plan"] in changed


def test_control_c_stops_the_run_and_not_the_chat(terminal: Callable[..., Terminal], toy: Path, tmp_path: Path) -> None:
    chat = terminal("--data", toy, fresh=True)
    chat.wait_for(PROMPT)
    chat.say("Wait with the toy")
    chat.say("use a pause of 60 s")
    chat.type("yes\n")
    log = tmp_path / "toys.log"
    deadline = time.monotonic() + PATIENCE
    while "toy_wait" not in (log.read_text() if log.exists() else ""):
        chat._read()
        assert time.monotonic() < deadline
    chat.type("\x03")
    stopped = chat.wait_for(PROMPT, 30)
    assert "Stopped" in stopped
    assert "Traceback" not in chat.screen
    (run,) = runs(tmp_path / "home")
    assert not events(run, "run.finished")
    assert "~ pause: 60 s -> 0.1 s" in chat.say("use a pause of 0.1 s")
    assert "taken over" in chat.say("run it")
    chat.interrupt()
    chat.say("quit", "goes on from here")
    assert chat.end() == 0


def test_what_was_stopped_goes_on(terminal: Callable[..., Terminal], toy: Path, tmp_path: Path) -> None:
    chat = terminal("--data", toy)
    chat.wait_for(PROMPT)
    chat.say("Wait with the toy")
    chat.say("use a pause of 5 s")
    chat.type("yes\n")
    log = tmp_path / "toys.log"
    while "toy_wait" not in (log.read_text() if log.exists() else ""):
        chat._read()
    chat.type("\x03")
    chat.wait_for(PROMPT, 30)
    assert "Report: " in chat.say("run it")
    (run,) = runs(tmp_path / "home")
    assert len(events(run, "approval")) == 1
    assert len(events(run, "run.started")) == 2


def test_no_rejects_with_the_reason(terminal: Callable[..., Terminal], toy: Path, tmp_path: Path) -> None:
    chat = terminal("--data", toy)
    chat.wait_for(PROMPT)
    chat.say(ASKED)
    assert "nothing of it ran" in chat.say("no, that is the wrong toy")
    (run,) = runs(tmp_path / "home")
    approval = events(run, "approval")[0]["approval"]
    assert (approval["decision"], approval["reason"]) == ("reject", "no, that is the wrong toy")
    assert "rejected" in chat.say("yes")


def test_killed_and_resumed(terminal: Callable[..., Terminal], toy: Path) -> None:
    chat = terminal("morning", "--data", toy)
    chat.wait_for(PROMPT)
    chat.say(ASKED)
    chat.say("use a slope of 0.7 instead")
    os.kill(chat.process.pid, signal.SIGKILL)
    chat.end()
    again = terminal("--resume", "morning")
    shown = again.wait_for(PROMPT)
    assert "slope = 0.7" in shown
    assert "slope = 0.5" in again.say("undo")
    assert "slope = 0.7" in again.say("redo")
    assert "mean flux 2.40" in again.say("yes")
    other = terminal("--resume", "morning")
    assert "going on in another process" in other.wait_for("another one")


def test_a_request_to_end_ends_the_chat(terminal: Callable[..., Terminal], toy: Path) -> None:
    chat = terminal("--data", toy)
    chat.wait_for(PROMPT)
    chat.say(ASKED)
    chat.process.send_signal(signal.SIGTERM)
    chat.wait_for("goes on from here")
    chat.end()


# ---------------------------------------------------------------------- a pipe


def test_a_pipe_is_nobody_at_a_terminal(
    pipe: Callable[..., Any], toy: Path, tmp_path: Path, ran: Callable[[], list[str]]
) -> None:
    said = pipe([ASKED, "yes"], "--data", toy)
    (run,) = runs(tmp_path / "home")
    assert f"gnomon approve {run.name}" in said.stdout
    assert said.returncode == 3
    assert not events(run, "approval")
    assert ran() == []


def test_a_pipe_approves_beforehand_where_told(pipe: Callable[..., Any], toy: Path, tmp_path: Path) -> None:
    said = pipe([ASKED, "use a slope of 0.7 instead"], "--data", toy, "--yes")
    assert "mean flux 2.00 ± 0.10" in said.stdout
    assert "mean flux 2.40 ± 0.10" in said.stdout
    assert said.returncode == 0
    hows = [events(run, "approval")[0]["approval"]["how"] for run in runs(tmp_path / "home")]
    assert hows == ["beforehand", "beforehand"]
    # The page stands before the answer that it led to.
    assert said.stdout.index("Steps:") < said.stdout.index("2.00 ± 0.10")


def test_json_is_one_object_a_line(pipe: Callable[..., Any], toy: Path) -> None:
    lines = [ASKED, "use a slope of 0.7 instead", "yes", "use 5 arcmin instead", "/files", "撤销", "quit"]
    said = pipe(lines, "--data", toy, "--json")
    replies = [json.loads(line) for line in said.stdout.splitlines()]
    assert [r["said"] for r in replies] == lines
    assert all(set(r) == KEYS for r in replies)
    assert [r["kind"] for r in replies] == ["plan", "plan", "waits", "told", "told", "plan", "left"]
    assert replies[1]["difference"]["steps"][0]["changes"][0]["new"] == 0.7
    assert replies[2]["run"]["status"] == "waiting"
    assert "nothing was changed" in replies[3]["text"]
    assert replies[5]["plan"]["hash"] == replies[0]["plan"]["hash"]
    assert "回到计划" in replies[5]["text"]


def test_the_record_of_one_chat_is_another_ones_question(pipe: Callable[..., Any], toy: Path, tmp_path: Path) -> None:
    pipe([ASKED, "quit"], "first", "--data", toy, "--yes")
    said = pipe(["what did we do today?", "1", "use a slope of 0.9 instead"], "--json")
    found, taken, changed = [json.loads(line) for line in said.stdout.splitlines()]
    assert found["kind"] == "runs"
    assert ASKED in found["options"][0]
    assert taken["run"]["answer"].startswith("toy: length 5")
    assert changed["plan"]["steps"][1]["arguments"]["slope"] == 0.9
    assert pipe(["quit"], "first", "--data", toy).returncode == 2
    assert "first" in pipe(["quit"], "first").stderr
    assert (tmp_path / "home" / "chats" / "first.jsonl").is_file()


@pytest.mark.parametrize(
    ("lines", "expected", "code"),
    [
        (["/data nowhere.csv"], "nowhere.csv", 4),
        (["/dance"], "/help", 1),
        (["undo"], "nothing to undo", 0),
        (["/plan"], "no plan yet", 4),
        (["/runs"], "no runs yet", 0),
        (["/help"], "/data FILE", 0),
        (["帮助"], "/data 文件", 0),
        (["\udcff"], "", None),
    ],
)
def test_one_sentence_for_everything(
    pipe: Callable[..., Any], lines: list[str], expected: str, code: int | None
) -> None:
    if "\udcff" in lines[0]:
        lines = ["\ufffd\ufffd"]
    said = pipe(lines)
    assert expected in said.stdout
    assert "Traceback" not in said.stderr
    assert code is None or said.returncode == code


@pytest.mark.slow
def test_a_real_conversation(terminal: Callable[..., Terminal], shared: Path, tmp_path: Path) -> None:
    """Radial velocities of HD 164922: the second planet (Fulton et al. 2016, doi:10.3847/0004-637X/830/1/46: 75.765 d), why no third, fewer, and again."""
    chat = terminal("--data", shared / "examples" / "rv_HD164922.txt")
    chat.wait_for(PROMPT)
    chat.say("Which planets orbit HD 164922?")
    chat.type("yes\n")
    assert "75.7" in chat.wait_for(PROMPT, 900)
    why = chat.say("why only two planets?")
    assert "Considered and left out:" in why
    assert "planets 3" in why
    assert "~ max_planets: 4 -> 1" in chat.say("at most 1 planet")
    chat.type("run it\n")
    again = chat.wait_for(PROMPT, 900)
    assert "velocity_periodogram: taken over from run" in again
    assert "planet 2" not in again
    assert "76" not in chat.say("为什么是这个周期？").partition("周期 = ")[2][:20]
    back = chat.say("撤销")
    assert "75.7" in back
    assert "75.767 ± 0.05" in chat.say("75.77 是怎么来的？")
    asked = chat.say("repeat it for HD 10180")
    assert "HD 10180" in asked
    assert "/data FILE" in asked
    chat.say("quit", "goes on from here")
    assert chat.end() == 0
    assert len(runs(tmp_path / "home")) == 2


# ---------------------------------------------------------------------- signals


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="such signals are sent on POSIX systems only")
def test_a_signal_that_nobody_answered_is_sent_once_more() -> None:
    """`input` sleeps over a signal that comes just before it waits: then only its number stands in the pipe, as here."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(chat_module._Ended), chat_module._ending():
        pipe = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(pipe)
        os.write(pipe, bytes([signal.SIGTERM]))
        time.sleep(30)
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="such signals are sent on POSIX systems only")
def test_nothing_is_sent_where_nothing_came() -> None:
    with chat_module._ending():
        time.sleep(0.3)
