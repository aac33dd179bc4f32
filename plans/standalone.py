"""What a script does besides its steps: find inputs, keep outputs, refuse the network, compare with the record.

The class `Script` is lifted, verbatim, into every script that `gnomon script` writes, so that the script needs no part of
Gnomon; this module is also where the script's check can be tested on its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gnomon.tools.errors import (
    AlteredFile,
    EmptyResult,
    GnomonError,
    MissingFile,
    MissingReply,
    NetworkRefused,
    ReplayError,
    UsageError,
    WeightsError,
)
from gnomon.tools.kinds.comparison import compare
from gnomon.tools.machine import machine_class
from gnomon.tools.transport import transport

# A step with one of these is never done twice, neither by resuming nor by replaying.
ACTS_ON_THE_WORLD = frozenset({"write_files", "run_code", "spend", "submit"})
SETTLED_WORDS = {"finished": "done", "empty": "found nothing", "failed": "failed", "skipped": "skipped"}


def parse_command_line(arguments: list[str] | None, description: str, replayable: bool) -> argparse.Namespace:
    """What the person asked of a script."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--replay",
        metavar="FOLDER",
        type=Path,
        help="run on the inputs and recorded replies of a bundle, with the network refused",
    )
    way.add_argument("--live", action="store_true", help="run with the network where a step needs it")
    parser.add_argument(
        "--inputs",
        metavar="FOLDER",
        type=Path,
        help="where the attached files lie (default: `inputs` of the bundle, or beside this file)",
    )
    parser.add_argument(
        "--out", metavar="FOLDER", type=Path, default=Path("out"), help="where the outputs go (default: out)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare the outputs with the record; alone, without running anything",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write what became of each step")
    options = parser.parse_args(arguments)
    if not (options.replay or options.live or options.check):
        parser.error("say --replay FOLDER or --live, or --check alone")
    if options.check and not replayable:
        parser.error("this script was written from a plan that never ran: there is no record to check against")
    return options


class Nothing:
    """What stands for the value of a step that made none.

    Parameters
    ----------
    state : str
        ``empty``, ``failed`` or ``skipped``.
    step : str
    """

    def __init__(self, state: str, step: str) -> None:
        self.state = state
        self.step = step


class Script:
    """A plan, run step by step.

    Parameters
    ----------
    record : dict
        Of the plan: its files and weights by digest, and for each step what the run that is on record made.
    kinds : dict
        For each kind the functions ``suffix, write, read, digest, parts, check``.
    folder : pathlib.Path
        The bundle, or the folder of the script.
    out : pathlib.Path
        Where outputs go.
    replay : bool
        Whether the network is refused and recorded replies are played back.
    inputs : pathlib.Path, optional
        Where the attached files lie.
    """

    def __init__(
        self,
        record: dict[str, Any],
        kinds: dict[str, tuple[Callable[..., Any], ...]],
        folder: Path,
        out: Path,
        *,
        replay: bool,
        inputs: Path | None = None,
    ) -> None:
        self.record = record
        self.kinds = kinds
        self.folder = folder
        self.out = out
        self.replay = replay
        self.inputs = inputs
        self.became: dict[str, dict[str, Any]] = {}
        self.not_replayable = ""

    # ------------------------------------------------------------------ inputs

    def file(self, name: str) -> Path:
        """An attached file, after checking that it is the one that the plan names.

        Raises
        ------
        MissingFile
            Where it is not there.
        AlteredFile
            Where it is another one.
        """
        tried = [self.inputs] if self.inputs else [self.folder / "inputs", self.folder]
        found = next((p / name for p in tried if (p / name).is_file()), None)
        if found is None:
            raise MissingFile(
                f"The file {name} is not in {' or '.join(str(p) for p in tried)}.",
                remedy="Say where with --inputs FOLDER.",
            )
        wanted = self.record["files"][name]
        if (sha256 := digest_of_file(found)) != wanted:
            raise AlteredFile(
                f"{found} is not the file of the plan: its sha256 is {sha256[:12]}…, and the plan names {wanted[:12]}….",
                remedy="Give the file that the question came with.",
            )
        return found

    def weights(self, sha256: str) -> Path:
        """A file of trained weights, known by its digest.

        Raises
        ------
        WeightsError
            Where it is missing or another one.
        """
        found = sorted((self.folder / "weights").glob(f"{sha256}*"))
        if not found:
            raise WeightsError(
                f"The weights {sha256[:12]}… are not in {self.folder / 'weights'}.",
                remedy="Take them from the run's bundle.",
            )
        if digest_of_file(found[0]) != sha256:
            raise WeightsError(
                f"{found[0].name} is not what its name says.", remedy="Take it from the run's bundle again."
            )
        return found[0]

    # ------------------------------------------------------------------ running

    def step(self, identifier: str, function: Callable[..., Any], /, **inputs: Any) -> Any:
        """Run one step, keep what it makes in a file, and return what that file holds."""
        for value in inputs.values():
            for single in value if isinstance(value, list) else [value]:
                if isinstance(single, Nothing):
                    self._note(identifier, "skipped", 0.0, f"needs {single.step}, which {SETTLED_WORDS[single.state]}")
                    return Nothing("skipped", identifier)
        planned = self.record["steps"][identifier]
        suffix, write, read, digest, _parts, check = self.kinds[planned["kind"]]
        if acts := sorted(ACTS_ON_THE_WORLD & set(planned["effects"])):
            return self._on_record(identifier, planned, f"it acts on the world ({', '.join(acts)})")
        if self.replay and planned.get("clock"):
            return self._on_record(identifier, planned, "the clock ended it")
        started = time.perf_counter()
        try:
            with self._transport(identifier, planned["effects"]):
                value = function(**inputs)
            if fault := check(value, SimpleNamespace(**self.record["kinds"][planned["kind"]])):
                raise GnomonError(f"The result is not a good {planned['kind']}: {fault}.")
            path = self.out / f"{identifier}{suffix(value)}"
            path.parent.mkdir(parents=True, exist_ok=True)
            write(value, path)
            content = digest(value)
            value = read(path)
        except (MissingReply, NetworkRefused, MissingFile, AlteredFile, WeightsError) as error:
            raise ReplayError(f"{identifier}: {error}") from error
        except EmptyResult as error:
            self._note(identifier, "empty", time.perf_counter() - started, str(error))
            return Nothing("empty", identifier)
        except Exception as error:  # noqa: BLE001 - a tool may fail in any way, and the others go on
            if not isinstance(error, GnomonError):
                traceback.print_exc()
            self._note(identifier, "failed", time.perf_counter() - started, str(error) or type(error).__name__)
            return Nothing("failed", identifier)
        self._note(identifier, "finished", time.perf_counter() - started, "")
        self.became[identifier].update(digest=content, file=path.name)
        return value

    def _on_record(self, identifier: str, planned: dict[str, Any], why: str) -> Any:
        """What a step that is not done again made in the run: one that acts on the world, which a script never does for the first time either, or one that the clock ended."""
        path = self.folder / "outputs" / f"{identifier}{planned.get('suffix', '')}"
        if self.replay and planned["status"] in ("failed", "empty"):
            self._note(identifier, planned["status"], 0.0, f"as on record; {why}")
            return Nothing(planned["status"], identifier)
        if not self.replay or planned["status"] != "finished":
            self._note(identifier, "skipped", 0.0, f"{why}, which Gnomon does after an approval")
            return Nothing("skipped", identifier)
        if not path.is_file() or digest_of_file(path) != planned["sha256"]:
            raise ReplayError(
                f"outputs/{path.name} of the bundle is not what was recorded.", remedy="Take the bundle again."
            )
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / path.name).write_bytes(path.read_bytes())
        self._note(identifier, "finished", 0.0, f"taken from the record, since {why}")
        self.became[identifier].update(digest=planned["digest"], file=path.name)
        return self.kinds[planned["kind"]][2](path)

    def _transport(self, identifier: str, effects: list[str]) -> Any:
        if "read_network" not in effects:
            return transport("refuse")
        if self.replay:
            return transport("playback", self.folder / "replies", identifier)
        return transport("record", self.out / "replies", identifier)

    def _note(self, identifier: str, status: str, seconds: float, what: str) -> None:
        self.became[identifier] = {"status": status, "seconds": round(seconds, 3), "what": what}
        tail = f": {what}" if what else ""
        print(f"  {identifier}: {SETTLED_WORDS[status]}, {seconds:.1f} s{tail}", file=sys.stderr)  # noqa: T201

    # ------------------------------------------------------------------ checking

    def look(self) -> None:
        """Take the outputs that lie in the folder for what became of the steps, without running anything."""
        for identifier, planned in self.record["steps"].items():
            found = sorted(self.out.glob(f"{identifier}.*"))
            if found:
                _suffix, _write, read, digest, *_others = self.kinds[planned["kind"]]
                if digest_of_file(found[0]) == planned.get("sha256"):
                    content = planned["digest"]  # not read, since a picture read back is drawn anew
                else:
                    try:
                        content = digest(read(found[0]))
                    except Exception:  # noqa: BLE001 - a damaged file may make its reader fail in any way
                        content = "not readable"
                self.became[identifier] = {"status": "finished", "digest": content, "file": found[0].name}
            else:
                # A step that made nothing on record cannot leave a file; one that did must have.
                self.became[identifier] = {
                    "status": "missing" if planned["status"] == "finished" else planned["status"]
                }

    def check(self) -> list[dict[str, Any]]:
        """Compare what became of each step with the record, in the order of the plan."""
        same_machine = self.record["machine"] == machine_class()

        def parts(identifier: str, path: Path) -> Any:
            _suffix, _write, read, _digest, parts_of, _check = self.kinds[self.record["steps"][identifier]["kind"]]
            return parts_of(read(path))

        def on_record(identifier: str) -> Any:
            planned = self.record["steps"][identifier]
            path = self.folder / "outputs" / f"{identifier}{planned['suffix']}"
            if not path.is_file():
                return None
            if digest_of_file(path) != planned["sha256"]:
                raise ReplayError(
                    f"outputs/{path.name} of the bundle is not what was recorded.",
                    remedy="Take the bundle again; `gnomon verify` says more.",
                )
            return parts(identifier, path)

        def made(identifier: str) -> Any:
            return parts(identifier, self.out / self.became[identifier]["file"])

        return judge(self.record["steps"], self.became, on_record, made, same_machine=same_machine)


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def judge(
    recorded: dict[str, dict[str, Any]],
    became: dict[str, dict[str, Any]],
    on_record: Callable[[str], Any],
    made: Callable[[str], Any],
    *,
    same_machine: bool,
) -> list[dict[str, Any]]:
    """Compare each step's outcome with the record, in its comparison class.

    A step whose inputs were not bit for bit the same is compared in the weakest class among its own and those of the steps
    above it that differed, and is said to inherit the difference.

    Parameters
    ----------
    recorded : dict
        For each step, in the order of the plan, ``{"status", "needs", "comparison"}`` and ``"digest"`` where it made something.
    became : dict
        For each step ``{"status"}``, ``"digest"`` and ``"what"``.
    on_record, made : callable
        Give the parts of a step's value (see the codecs), or None where it is not here.
    same_machine : bool
        Whether the machine class is that of the record.

    Returns
    -------
    list of dict
        ``{"step", "comparison", "verdict", "inputs_equal", "what", "worst", "sigma"}`` and more where it was compared (see
        `gnomon.tools.kinds.comparison.Compared`); the verdict is ``identical``, ``within tolerance``, ``different`` or ``not
        compared``.
    """
    rows: dict[str, dict[str, Any]] = {}
    weak: dict[str, list[str]] = {}  # classes through which a difference came down to a step
    for identifier, planned in recorded.items():
        now = became.get(identifier, {"status": "missing"})
        above = [rows[n] for n in planned["needs"]]
        inherited = sorted({c for n in planned["needs"] for c in weak[n]})
        row = {
            "step": identifier,
            "comparison": planned["comparison"],
            "inputs_equal": all(r["verdict"] == "identical" for r in above),
            "worst": None,
            "sigma": None,
        }
        if now["status"] != planned["status"]:
            then = SETTLED_WORDS.get(planned["status"], planned["status"])
            text = SETTLED_WORDS.get(now["status"], now["status"])
            row |= {
                "verdict": "different",
                "what": f"On record it is {then}, here it is {text}. {now.get('what', '')}".strip(),
            }
        elif planned["status"] != "finished":
            row |= {"verdict": "identical", "what": f"{SETTLED_WORDS[planned['status']]}, as on record"}
        elif now["digest"] == planned["digest"]:
            row |= {"verdict": "identical", "what": "the same content"}
        elif row["comparison"] == "view" or planned["comparison"] == "view":
            row |= {
                "comparison": "view",
                "verdict": "not compared",
                "what": "a picture; the tables behind it are compared",
            }
        elif (then_parts := on_record(identifier)) is None:
            row |= {
                "verdict": "different",
                "what": "other content, and the recorded output is not here to compare with",
            }
        else:
            try:
                now_parts = made(identifier)
            except Exception as error:  # noqa: BLE001 - a damaged file may make its reader fail in any way
                row |= {"verdict": "different", "what": f"the output could not be read ({type(error).__name__})"}
                rows[identifier] = row
                weak[identifier] = [*inherited, planned["comparison"]]
                continue
            found = compare(
                then_parts, now_parts, planned["comparison"], same_machine=same_machine, ancestors=inherited
            ).as_json()
            row |= {name: found[name] for name in ("comparison", "what", "worst", "sigma", "where", "listed")}
            row["verdict"] = found["outcome"]
        rows[identifier] = row
        weak[identifier] = [] if row["verdict"] == "identical" else [*inherited, planned["comparison"]]
    return list(rows.values())


def verdict_of(rows: list[dict[str, Any]]) -> str:
    """The verdict over all steps: ``equal``, ``equal within tolerance`` or ``different``."""
    verdicts = {row["verdict"] for row in rows}
    if "different" in verdicts:
        return "different"
    return "equal within tolerance" if "within tolerance" in verdicts else "equal"


def run_script(
    record: dict[str, Any],
    kinds: dict[str, tuple[Callable[..., Any], ...]],
    steps: Callable[[Script], None],
    description: str,
    here: Path,
    arguments: list[str] | None = None,
) -> int:
    """Do what the command line says, and return the exit code.

    0: done, and equal where it was checked; 1: a step failed, or something differs; 2: wrong use; 5: could not replay.
    """
    replayable = record["machine"] is not None
    options = parse_command_line(arguments, description, replayable)
    script = Script(
        record, kinds, options.replay or here, options.out, replay=options.replay is not None, inputs=options.inputs
    )
    rows: list[dict[str, Any]] = []
    verdict = "not checked"
    try:
        if options.replay and not options.replay.is_dir():
            raise UsageError(f"There is no folder {options.replay}.", remedy="Give the folder of the run's bundle.")
        if options.replay or options.live:
            steps(script)
        else:
            script.look()
        if options.check:
            rows = script.check()
            verdict = verdict_of(rows)
    except (ReplayError, MissingFile, AlteredFile, WeightsError) as error:
        verdict = "could not replay"
        script.not_replayable = str(error)
        print(f"Could not replay: {error}", file=sys.stderr)  # noqa: T201
    except GnomonError as error:
        print(str(error), file=sys.stderr)  # noqa: T201
        return 2
    for row in rows:
        print(f"{row['step']:<32} {row['verdict']:<18} {row['comparison']:<12} {row['what']}")  # noqa: T201
    if options.check or verdict == "could not replay":
        print(verdict)  # noqa: T201
    if options.json:
        document = {"verdict": verdict, "why": script.not_replayable, "steps": script.became, "rows": rows}
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if verdict == "could not replay":
        return 5
    failed = any(s["status"] == "failed" for s in script.became.values())
    return 1 if verdict == "different" or (failed and not options.check) else 0
