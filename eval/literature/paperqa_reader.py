"""PaperQA2's side of ``gnomon.eval.literature.peers``: run by an interpreter that has ``paper-qa``, and nothing of Gnomon.

``read FOLDER STATE CHUNKS --letters N --overlap N`` adds the files of a folder as ``Docs.aadd`` reads and cuts them; ``ask STATE VECTORS ANSWERS``
asks what stands in VECTORS as ``Docs.retrieve_texts`` does; ``look`` only looks whether ``paper-qa`` is there.  No model
of language is asked for anything: who wrote a document is given, and vectors are those that are handed over.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import time
from pathlib import Path
from typing import Any


def here() -> int:
    """Bytes of this process that lie in memory now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return 1024 * int(line.split()[1])
    raise OSError("this system does not tell how much memory a process has")


def settings(letters: int, overlap: int, *, unchecked: bool = False) -> Any:
    """Its own settings, but for what would ask a model of language, the size of chunks, and whether it must look like a text."""
    from paperqa import Settings

    return Settings(
        parsing={
            "reader_config": {"chunk_chars": letters, "overlap": overlap},
            "use_doc_details": False,
            "multimodal": False,
            "defer_embedding": True,
            "disable_doc_valid_check": unchecked,
        }
    )


def read(folder: Path, state: Path, chunks: Path, letters: int, overlap: int) -> None:
    """Add the files of a folder, keep them, and write the chunks for others to encode."""
    from paperqa import Docs

    docs, refused, failed = Docs(), [], []
    began = time.perf_counter()

    async def add(path: Path, unchecked: bool) -> None:
        chosen = settings(letters, overlap, unchecked=unchecked)
        await docs.aadd(path, citation=path.stem, docname=path.stem, dockey=path.name, settings=chosen)

    async def every() -> None:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            try:
                try:
                    await add(path, False)
                except ValueError as error:
                    if "look like a text" not in str(error):
                        raise
                    refused.append(path.name)
                    await add(path, True)
            except Exception as error:  # noqa: BLE001 - what cannot be read is told, and the others go on
                failed.append(f"{path.name}: {type(error).__name__}: {error}")

    asyncio.run(every())
    told = {
        "seconds": time.perf_counter() - began,
        "refused": refused,
        "failed": failed,
        # A name is given once; the key has the file's.
        "chunks": [[Path(str(t.doc.dockey)).stem, t.text] for t in docs.texts],
    }
    chunks.write_text(json.dumps(told), encoding="utf-8")
    state.write_bytes(pickle.dumps((docs, letters, overlap)))


def ask(state: Path, vectors: Path, answers: Path, most: int) -> None:
    """Ask all questions, and write which chunks are found, and how long each took."""
    import numpy as np
    from lmi import EmbeddingModel
    from paperqa import __version__

    given = np.load(vectors)
    questions = dict(zip(json.loads(str(given["questions"])), given["of_questions"], strict=True))

    class Handed(EmbeddingModel):
        name: str = "handed over"

        async def embed_documents(self, texts: list[str]) -> list[Any]:
            return [questions[t] for t in texts]

    imported = here()
    docs, letters, overlap = pickle.loads(state.read_bytes())
    for text, vector in zip(docs.texts, given["of_chunks"], strict=True):
        text.embedding = vector.tolist()
    number = {id(t): n for n, t in enumerate(docs.texts)}
    model, chosen, found, times = Handed(), settings(letters, overlap), [], []

    async def each() -> None:
        # The first question makes the index.
        await docs.retrieve_texts(next(iter(questions)), most, chosen, model)
        for question in questions:
            began = time.perf_counter()
            texts = await docs.retrieve_texts(question, most, chosen, model)
            times.append(1000 * (time.perf_counter() - began))
            found.append([number[id(t)] for t in texts])

    asyncio.run(each())
    told = {"version": __version__, "found": found, "ms": times, "imported": imported, "memory": here()}
    answers.write_text(json.dumps(told), encoding="utf-8")


def look() -> None:
    """Fail where ``paper-qa`` cannot be imported."""
    import paperqa  # noqa: F401


def main() -> None:
    """Look, read or ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    does = parser.add_subparsers(dest="what", required=True)
    reads, asks = does.add_parser("read"), does.add_parser("ask")
    does.add_parser("look")
    for name in ("folder", "state", "chunks"):
        reads.add_argument(name, type=Path)
    reads.add_argument("--letters", type=int, required=True)
    reads.add_argument("--overlap", type=int, required=True)
    for name in ("state", "vectors", "answers"):
        asks.add_argument(name, type=Path)
    asks.add_argument("--most", type=int, required=True)
    given = vars(parser.parse_args())
    {"look": look, "read": read, "ask": ask}[given.pop("what")](**given)


if __name__ == "__main__":
    main()
