"""The check of a run's script: run it in a process in which Gnomon cannot be imported, and compare what it makes.

By default the packages are those of this environment.  On request the script gets a fresh environment, made from its lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gnomon.plans import isolated
from gnomon.plans.bundle import scratch
from gnomon.plans.canonical import file_digest
from gnomon.plans.run import Run
from gnomon.tools.errors import UsageError

# What a process needs of its surroundings; keys and tokens are not among it.
PASSED_ON = re.compile(
    r"^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|XDG_\w+|MPLCONFIGDIR|CUDA_\w+|LD_LIBRARY_PATH)$"
)


@dataclass(frozen=True)
class Checked:
    """What came of a script's check.

    Parameters
    ----------
    verdict : str
        ``equal``, ``equal within tolerance``, ``different`` or ``could not replay``.
    how : str
        ``isolated process`` or ``fresh environment``.
    why : str
        For anything but equal: one sentence.
    rows : list of dict
        For each step how it compares, see `gnomon.plans.standalone.judge`.
    seconds : float
    script : str
        SHA-256 of the script.
    said : str
        What the script wrote to its standard error.
    """

    verdict: str
    how: str
    why: str
    rows: list[dict[str, Any]]
    seconds: float
    script: str
    said: str = field(default="", repr=False)

    def document(self) -> dict[str, Any]:
        """JSON form, without what libraries said."""
        out = asdict(self)
        del out["said"]
        return out


def check_script(run: Run, *, fresh: bool = False) -> Checked:
    """Run the script in a run's folder against what the folder holds.

    Parameters
    ----------
    run : Run
        Its folder has ``script.py``, and with `fresh` ``requirements.txt``.
    fresh : bool
        Whether to make an environment from the lock; that asks the package index.

    Raises
    ------
    UsageError
        Where no environment can be made from the lock.
    """
    started = time.perf_counter()
    script = run.folder / "script.py"
    with scratch() as root:
        python = _fresh_environment(root / "venv", run.folder / "requirements.txt") if fresh else Path(sys.executable)
        result = root / "result.json"
        command = [
            str(python), "-I", str(Path(isolated.__file__).resolve()), str(script.resolve()),
            "--replay", str(run.folder.resolve()), "--out", str(root / "out"), "--check", "--json", str(result),
        ]  # fmt: skip
        finished = subprocess.run(command, capture_output=True, text=True, cwd=root, env=_surroundings(), check=False)
        document = json.loads(result.read_text(encoding="utf-8")) if result.is_file() else None
    said = finished.stderr
    if document is None:
        last = said.strip().splitlines()[-1] if said.strip() else f"it ended with code {finished.returncode}"
        document = {"verdict": "could not replay", "why": f"The script could not be run: {last}", "rows": []}
    return Checked(
        verdict=document["verdict"],
        how="fresh environment" if fresh else "isolated process",
        why=document["why"] or _why(document["rows"]),
        rows=document["rows"],
        seconds=round(time.perf_counter() - started, 3),
        script=file_digest(script),
        said=said,
    )


def _why(rows: list[dict[str, Any]]) -> str:
    first = next((r for r in rows if r["verdict"] == "different"), None)
    return f"{first['step']}: {first['what']}" if first else ""


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}


def _fresh_environment(folder: Path, requirements: Path) -> Path:
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)],
    ):
        # pip needs to know where the index is, so it keeps all of this process's surroundings.
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise UsageError(
                f"No environment could be made from the lock: {last}",
                remedy="Check the package index, or leave --fresh out.",
            )
    return python


def content_key(run: Run) -> str:
    """What a script's outcome hangs on: its code without the lines that say who approved which run, and the record's content.

    Two runs of one plan that made the same need one check.
    """
    text = (run.folder / "script.py").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith(f"Run {run.id};"))
    sha = hashlib.sha256(text.encode())
    for part in ((run.folder / "requirements.txt").read_bytes(), sys.version.encode()):
        sha.update(part)
    for event in run.events("step.finished"):
        if event.get("replies"):
            sha.update(event["replies"]["sha256"].encode())
    return sha.hexdigest()


def say_checked(checked: dict[str, Any]) -> str:
    """One phrase for a person."""
    tail = f" ({checked['why']})" if checked["why"] else ""
    return f"script checked: {checked['verdict']}{tail}"
