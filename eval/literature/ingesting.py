"""How fast plain text is put into the memory: ``python -m gnomon.eval.literature.ingesting DOCUMENTS [--every]``.

DOCUMENTS is the folder that ``gnomon.eval.literature.fetch`` filled, of which plain text, reStructuredText and Markdown are read; with ``--every``
all that can be read.  A page is 3,000 letters of what was read.  Processor time is that of all threads of this process, so that other work on
the machine does not count; two free cores do twice as many pages a second of what runs on both.

The first line is until all files are found by their words, the second what makes their vectors then, the third both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

PLAIN = (".txt", ".rst", ".md")
_LETTERS = 3000


def main() -> int:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--every", action="store_true", help="read all that can be read, PDF among it")
    given = parser.parse_args()

    from gnomon.knowledge.literature.ingest import files_of, ingest
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.sense import of_passages

    of_passages(["The encoders are loaded before.", "编码器先读入。"])
    files = [f for f in files_of([given.documents]) if given.every or f.suffix.lower() in PLAIN]
    with tempfile.TemporaryDirectory() as scratch:
        memory = LiteratureMemory(Path(scratch))
        times = [(time.process_time(), time.perf_counter())]
        failed = []
        for outcome in ingest(memory, files, encoded=lambda done, _most: None if done else times.append((time.process_time(), time.perf_counter()))):  # fmt: skip
            failed += [outcome] if outcome.state == "failed" else []
        times.append((time.process_time(), time.perf_counter()))
        pages = sum(d.characters for d in memory.documents()) / _LETTERS
        print(f"{len(files)} files, {len(failed)} not read, {pages:.0f} pages, {memory.index.count()} passages, {memory.vectors.count()} vectors")  # fmt: skip
        for name, first, last in (("words", 0, 1), ("vectors", 1, 2), ("both", 0, 2)):
            used, took = (times[last][n] - times[first][n] for n in (0, 1))
            print(f"{name:8} {pages / used:6.1f} pages a second of processor time, {pages / took:6.1f} by the clock")
        for outcome in failed:
            print(f"not read: {outcome.path.name}: {outcome.problem}")
        memory.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
