"""Documents that others told of without their text: kept until the text is put in, and compared with it then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile

from gnomon.knowledge.literature.described import Described, digest, read_described
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.known import folded_title
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.outcomes import Outcome
from gnomon.tools.errors import StoreError

# A title of few letters is that of many; and so much of the passages must be the same where nothing else says that it is the same work:
# licences and other lines that many documents share are a passage or two.
_TELLING, _ALIKE = 20, 0.2


@dataclass(frozen=True)
class Compared:
    """A text that was put in, beside what was told of one.

    Parameters
    ----------
    awaited : Described
    same : int
        How many of its passages the text has.
    differing : tuple of int
        Which it has not, from 0.
    whole : bool
        Whether it is the same text, letter for letter.
    """

    awaited: Described
    same: int
    differing: tuple[int, ...]
    whole: bool

    def sentence(self) -> str:
        """What a person is told."""
        key, total = self.awaited.document.key, len(self.awaited.places)
        if self.whole:
            return f"This is the same text as that of {key}, which was known without it: all {total} passages."
        if not self.same:
            return f"{key} was known without its text, and none of its {total} passages is in this one: it is another version, or was read in another way."
        pages = list(dict.fromkeys(p for n in self.differing if (p := self.awaited.places[n].page) is not None))
        where = f" (on page {', '.join(map(str, pages[:8]))}{' ...' if len(pages) > 8 else ''})" if pages else ""
        return f"{key} was known without its text: {self.same} of its {total} passages are in this one, {len(self.differing)} differ{where}."


class AwaitedDocuments:
    """What is known of documents whose text is not there, a file each.

    Parameters
    ----------
    folder : pathlib.Path
        Of the memory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "awaited"

    @cached_property
    def _all(self) -> dict[str, Described]:
        out = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                known = read_described(path.read_bytes(), str(path))
            except OSError as error:
                raise StoreError(f"{path} cannot be read: {error.strerror}.", remedy="Look at its rights.") from error
            out[known.document.id] = known
        return out

    def documents(self) -> list[Described]:
        """All of them, by key."""
        return sorted(self._all.values(), key=lambda d: (d.document.key, d.document.id))

    def put(self, known: Described) -> bool:
        """Keep what is known of a document; False where it is there already, of which nothing is changed."""
        name = known.document.id
        if name in self._all:
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(known.content(own=True))
            Path(part.name).replace(self.folder / f"{name}.json")
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be written to: {error.strerror}.", remedy="Look at its rights, and at the disk."
            ) from error
        self._all[name] = known
        return True

    def remove(self, name: str) -> None:
        """Forget one, by its identifier."""
        self._all.pop(name, None)
        (self.folder / f"{name}.json").unlink(missing_ok=True)

    def named(self, name: str) -> Described | None:
        """One by its citation key, identifier, DOI, arXiv number or bibcode; None where there is none."""
        said = name.strip().casefold()
        for known in self.documents():
            d = known.document
            if said in {x.casefold() for x in (d.key, d.id, d.doi, d.arxiv, d.arxiv.partition("v")[0], d.bibcode) if x}:
                return known
        return None

    def met(self, memory: LiteratureMemory, document: Document) -> list[Compared]:
        """Compare a document that was put in with those that its text may be of.

        Parameters
        ----------
        memory : LiteratureMemory
        document : Document
            Whose text is in the memory.

        Returns
        -------
        list of Compared
            The likest first.  One whose whole text it is is not awaited any more, and what it knew of the document and nobody else did is
            known of it from now on.
        """
        if not self._all:
            return []
        text = memory.text_of(document)
        said = digest(text)
        own = {digest(p.text) for p in memory.index.passages_of(document.id)}
        found = []
        for known in self.documents():
            whole = known.text_sha256 == said
            lacking = [
                n
                for n, p in enumerate(known.places)
                if not whole and p.sha256 not in own and digest(text[p.start : p.end]) != p.sha256
            ]
            same = len(known.places) - len(lacking)
            if whole or _same_work(known.document, document) or same > max(2, _ALIKE * len(known.places)):
                found.append(Compared(known, same, tuple(lacking), whole))
            if whole:
                names = ("year", "journal", "doi", "arxiv", "bibcode", "authors")
                lacking_here = {n: getattr(known.document, n) for n in names if not getattr(document, n)}
                memory.describe(document, {n: v for n, v in lacking_here.items() if v})
                self.remove(known.document.id)
        return sorted(found, key=lambda c: (-c.whole, -c.same))

    def remarked(self, memory: LiteratureMemory, outcome: Outcome) -> Outcome:
        """What became of a file, with what there is to tell where its text was awaited."""
        if outcome.document is None or outcome.state != "added":
            return outcome
        told = tuple(met.sentence() for met in self.met(memory, outcome.document))
        return replace(outcome, remarks=(*outcome.remarks, *told)) if told else outcome


def _same_work(one: Document, other: Document) -> bool:
    """Whether two records name the same work, in whatever version."""
    for name in ("doi", "bibcode", "file_sha256"):
        if getattr(one, name) and getattr(one, name).casefold() == getattr(other, name).casefold():
            return True
    if one.arxiv and one.arxiv.partition("v")[0] == other.arxiv.partition("v")[0]:
        return True
    title = folded_title(one.title)
    return len(title) > _TELLING and title == folded_title(other.title)
