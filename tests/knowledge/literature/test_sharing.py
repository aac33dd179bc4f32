"""A memory goes from one person to another: words only where they may, everything checked, nothing overwritten."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.knowledge.literature import sharing
from gnomon.knowledge.literature.awaited import AwaitedDocuments
from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.described import describe, read_described
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.ingest import ingest
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import search
from gnomon.knowledge.literature.sharing import chosen_documents, export, receive, state_licence
from gnomon.tools.errors import InputError, UsageError

Make = Callable[[str], LiteratureMemory]
OPEN = "# Zero point\n\nThe zero point of the parallaxes is -0.017 mas for quasars.\n\n# 中文\n\n类星体视差的零点为 -0.017 毫角秒。\n"
CLOSED = "# Red noise\n\nRed noise makes dips look like transits.\n\n# Fit\n\nThe orbit of the secret planet takes 3.36 days.\n"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[LiteratureMemory] = []

    def one(name: str) -> LiteratureMemory:
        made.append(LiteratureMemory(tmp_path / name))
        return made[-1]

    yield one
    for memory in made:
        memory.close()


@pytest.fixture
def filled(make: Make, tmp_path: Path) -> LiteratureMemory:
    """One document that may be passed on, one that may not, one of Gnomon's own notes."""
    memory = make("sender")
    for name, text in (("open.md", f"---\ntitle: Parallaxes\nauthors: [Ada Lovelace]\ndate: 2021\n---\n{OPEN}"), ("closed.md", f"---\ntitle: Transits and noise\nauthors: [Wang Hong]\ndoi: 10.1000/x\n---\n{CLOSED}")):  # fmt: skip
        (tmp_path / name).write_text(text)
        list(ingest(memory, [tmp_path / name]))
    state_licence(memory, memory.named("Lovelace2021"), "https://creativecommons.org/licenses/by/4.0/")
    memory.put(Parsed([Block("paragraph", "A note.")], {"title": "Note"}), "a-note.md", b"n", kind="method")
    return memory


def _states(memory: LiteratureMemory, path: Path) -> dict[str, str]:
    return {r.name: r.state for r in receive(memory, path)}


def test_words_go_where_a_licence_lets_them_and_places_always(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:  # fmt: skip
    path = tmp_path / "shared.zip"
    told = export(filled, path)
    other = make("receiver")

    assert [d.key for d in told.with_text] == ["Lovelace2021"]
    assert [(d.key, why) for d, why in told.without] == [("Hong", "nobody says under which licence it is")]
    everything = b"".join(zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist())
    assert b"-0.017 mas" in everything and b"secret planet" not in everything and b"A note." not in everything
    assert "Ada Lovelace" in zipfile.ZipFile(path).read("ATTRIBUTION.txt").decode()

    assert _states(other, path) == {"Lovelace2021": "added", "Hong": "described"}
    (document,) = other.documents()
    original = filled.named("Lovelace2021")
    assert other.text_of(document) == filled.text_of(original)
    assert other.vectors.passages_of(document.id) == filled.vectors.passages_of(original.id)
    assert (document.licence, document.more["shared_in"]) == ("CC-BY-4.0", "shared.zip")
    assert search(other, "视差零点", 1)[0].document.key == "Lovelace2021"
    known = AwaitedDocuments(other.folder).named("10.1000/X")
    assert known is not None and known.document.title == "Transits and noise"
    assert [(p.start, p.end, p.section) for p in known.places] == [(p.start, p.end, p.section) for p in filled.vectors.passages_of(known.document.id)]  # fmt: skip


def test_the_same_content_is_the_same_bytes(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    export(filled, tmp_path / "one.zip")
    export(filled, tmp_path / "two.zip")
    other = make("receiver")
    list(receive(other, tmp_path / "one.zip"))
    export(other, tmp_path / "three.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    again = make("third")
    assert set(_states(again, tmp_path / "three.zip").values()) == {"added", "described"}
    with pytest.raises(UsageError, match="is there already"):
        export(filled, tmp_path / "one.zip")


def test_what_is_there_stays_as_it_is(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    other.put(Parsed([Block("paragraph", "Something else.")], {"title": "Other", "authors": ["Lovelace"], "year": 2021}), "o.txt", b"o")  # fmt: skip
    list(receive(other, tmp_path / "shared.zip"))
    before = other.documents()
    waiting = AwaitedDocuments(other.folder).documents()

    assert {d.key for d in before} == {"Lovelace2021", "Lovelace2021b"}
    assert set(_states(other, tmp_path / "shared.zip").values()) == {"known"}
    assert other.documents() == before and AwaitedDocuments(other.folder).documents() == waiting


def test_a_text_that_comes_later_is_compared(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    list(receive(other, tmp_path / "shared.zip"))
    (changed := tmp_path / "changed.md").write_text(
        (tmp_path / "closed.md").read_text().replace("3.36", "4.36").replace("title: ", "title: Corrected ")
    )

    (outcome,) = ingest(other, [changed])
    assert outcome.document is not None
    (met,) = AwaitedDocuments(other.folder).met(other, outcome.document)
    assert (met.whole, met.same, met.differing) == (False, 1, (1,))
    assert met.sentence() == "Hong was known without its text: 1 of its 2 passages are in this one, 1 differ."

    (outcome,) = ingest(other, [tmp_path / "closed.md"])
    assert outcome.document is not None
    waiting = AwaitedDocuments(other.folder)
    (met,) = waiting.met(other, outcome.document)
    assert met.whole and "the same text as that of Hong" in met.sentence() and "all 2 passages" in met.sentence()
    assert not waiting.documents() and not AwaitedDocuments(other.folder).documents()


def test_another_document_is_not_compared(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    list(receive(other, tmp_path / "shared.zip"))
    document, _new = other.put(Parsed([Block("paragraph", "Galaxies merge.")], {"title": "Mergers"}), "m.txt", b"m")

    assert AwaitedDocuments(other.folder).met(other, document) == []


def test_a_text_that_comes_with_a_file_is_no_longer_awaited(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:  # fmt: skip
    export(filled, tmp_path / "without.zip")
    other = make("receiver")
    list(receive(other, tmp_path / "without.zip"))
    state_licence(filled, filled.named("10.1000/x"), "CC0-1.0")
    export(filled, tmp_path / "with.zip", chosen_documents(filled, ["10.1000/x"]))

    assert _states(other, tmp_path / "with.zip") == {"Hong": "added"}
    assert not AwaitedDocuments(other.folder).documents() and len(other.documents()) == 2


def test_a_file_that_a_sender_names_is_still_read(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    """Or a sender could keep a paper out by giving its digest to another text."""
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    list(receive(other, tmp_path / "shared.zip"))

    assert not other.documents()[0].file_sha256
    (outcome,) = ingest(other, [tmp_path / "open.md"])
    assert outcome.state == "known" and outcome.document == other.documents()[0]


def test_licences_are_stated_by_hand(filled: LiteratureMemory) -> None:
    stated = state_licence(filled, filled.named("Lovelace2021"), "all rights reserved")

    assert filled.named("Lovelace2021") == stated and stated.licence == "all rights reserved"
    assert stated.more == {"licence_before": "CC-BY-4.0", "licence_from": "stated by hand"}
    with pytest.raises(UsageError, match="a note that comes with Gnomon"):
        state_licence(filled, filled.named("a-note"), "CC0")
    with pytest.raises(UsageError, match="everyone has it"):
        chosen_documents(filled, ["a-note"])


# --------------------------------------------------------------------------- files that are not what they say


def _rewritten(path: Path, change: Callable[[dict[str, bytes]], None], *, listed: bool = True) -> Path:
    """A file with other content; with `listed` it says of itself what it then holds."""
    with zipfile.ZipFile(path) as archive:
        held = {n: archive.read(n) for n in archive.namelist()}
    change(held)
    if listed and sharing.MANIFEST in held:
        manifest = json.loads(held[sharing.MANIFEST])
        manifest["entries"] = [{"name": n, "bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in held.items() if n != sharing.MANIFEST]  # fmt: skip
        held[sharing.MANIFEST] = json.dumps(manifest).encode()
    out = path.with_name("changed.zip")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return out


def _of(held: dict[str, bytes], start: str) -> str:
    return next(n for n in held if n.startswith(start))


def _later(held: dict[str, bytes]) -> None:
    held[sharing.MANIFEST] = held[sharing.MANIFEST].replace(b'"version": 1', b'"version": 2')


def _other_form(held: dict[str, bytes]) -> None:
    held[sharing.MANIFEST] = b'{"format": "x", "version": 1, "entries": []}'


def _no_json(held: dict[str, bytes]) -> None:
    held[sharing.MANIFEST] = b"[" * 100_000


def _outside(held: dict[str, bytes]) -> None:
    held["../../outside.txt"] = b"x"


def _bomb(held: dict[str, bytes]) -> None:
    held[_of(held, "texts/")] = b"a" * 50_000_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_later, "is of version 2, and version 1 is what this Gnomon reads"),
        (_other_form, "is no file that `gnomon knowledge export` wrote"),
        (_outside, "has a name that no entry has"),
        (_bomb, "more than 100 times its size"),
        (lambda held: held.pop(sharing.MANIFEST), "is no file that `gnomon knowledge export` wrote"),
    ],
)
def test_a_wrong_file_is_refused_whole(filled: LiteratureMemory, make: Make, tmp_path: Path, change: Any, said: str) -> None:  # fmt: skip
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    with pytest.raises(InputError, match=said):
        list(receive(other, _rewritten(tmp_path / "shared.zip", change)))
    assert not other.documents() and not AwaitedDocuments(other.folder).documents()


def test_what_the_list_does_not_say_is_refused(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")

    def more(held: dict[str, bytes]) -> None:
        held["texts/0123456789abcdef.txt"] = b"x"

    def less(held: dict[str, bytes]) -> None:
        del held[_of(held, "texts/")]

    def longer(held: dict[str, bytes]) -> None:
        held[_of(held, "texts/")] += b"x"

    for change, said in ((more, "of which it does not say so"), (less, "lacks texts/"), (longer, "has another size"), (_no_json, "cannot be read")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            list(receive(other, _rewritten(tmp_path / "shared.zip", change, listed=False)))
    assert not other.documents()


def test_no_cut_or_overwritten_file_puts_in_anything_wrong(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:  # fmt: skip
    export(filled, tmp_path / "shared.zip")
    whole = (tmp_path / "shared.zip").read_bytes()
    right = {d.id for d in filled.documents()}
    other = make("receiver")
    broken = tmp_path / "broken.zip"
    for length in range(0, len(whole), 97):
        broken.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut short|is no file"):
            list(receive(other, broken))
    for place in range(0, len(whole), 41):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            list(receive(other, broken))
        except InputError:
            continue
    for d in other.documents():
        assert d.id in right and hashlib.sha256(other.text_of(d).encode()).hexdigest()[:16] == d.id
    assert {k.document.id for k in AwaitedDocuments(other.folder).documents()} <= right
    with pytest.raises(InputError, match="cannot be read"):
        list(receive(other, tmp_path / "nowhere.zip"))


def _changed_document(held: dict[str, bytes], **told: Any) -> None:
    text = _of(held, "texts/")
    name = text.replace("texts/", "documents/").replace(".txt", ".json")
    whole = json.loads(held[name])
    whole["document"].update(told)
    held[name] = json.dumps(whole).encode()


def _other_text(held: dict[str, bytes]) -> None:
    name = _of(held, "texts/")
    held[name] = held[name].replace(b"0.017", b"0.999")


def _no_utf8(held: dict[str, bytes]) -> None:
    name = _of(held, "texts/")
    held[name] = b"\xff" + held[name][1:]


def _gap(held: dict[str, bytes]) -> None:
    text = _of(held, "texts/")
    name = text.replace("texts/", "documents/").replace(".txt", ".json")
    whole = json.loads(held[name])
    whole["passages"][1]["start"] += 1
    held[name] = json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_other_text, "is not the one that its digest names"),
        (_no_utf8, "is no UTF-8"),
        (_gap, "gaps or overlap"),
        (lambda held: _changed_document(held, licence="all rights reserved"), "without a licence to pass it on"),
        (lambda held: _changed_document(held, kind="method"), "no document but a 'method'"),
        (lambda held: _changed_document(held, id="0" * 16), "its identifier is not"),
        (lambda held: _changed_document(held, title=["x"]), "title: Input should be a valid string"),
        (lambda held: _changed_document(held, passages=99), "other passages than it has"),
    ],
)
def test_a_wrong_document_keeps_out_itself_alone(filled: LiteratureMemory, make: Make, tmp_path: Path, change: Any, said: str) -> None:  # fmt: skip
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    received = list(receive(other, _rewritten(tmp_path / "shared.zip", change)))

    (failed,) = [r for r in received if r.state == "failed"]
    assert said in failed.problem and [r.state for r in received if r.state != "failed"] == ["described"]
    assert not other.documents()


def test_signs_that_steer_a_terminal_are_taken_out(filled: LiteratureMemory, make: Make, tmp_path: Path) -> None:
    export(filled, tmp_path / "shared.zip")
    other = make("receiver")
    evil = _rewritten(tmp_path / "shared.zip", lambda held: _changed_document(held, title="A \x1b[31mred\u202e title", key="../../x y"))  # fmt: skip
    list(receive(other, evil))

    (document,) = other.documents()
    assert document.title == "A  [31mred  title" and document.key == "Lovelace2021"


# --------------------------------------------------------------------------- any content

_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)
_blocks = st.lists(
    st.tuples(st.sampled_from(["heading", "paragraph", "table"]), _words, st.integers(1, 9) | st.none()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(_blocks, _words, st.lists(_words, max_size=3))
def test_any_document_is_described_and_read_back(blocks: list[Any], title: str, authors: list[str]) -> None:
    from gnomon.knowledge.literature.described import digest
    from gnomon.knowledge.literature.passages import cut

    text, passages = cut([Block(kind, said, page, 1) for kind, said, page in blocks])
    document = Document(digest(text)[:16], "Key2000", title, tuple(authors), characters=len(text), passages=len(passages))  # fmt: skip
    content = describe(document, passages).content()
    back = read_described(content, "x.json")

    assert back.passages(text) == passages or any(p.section != q.section for p, q in zip(back.passages(text), passages, strict=True))  # fmt: skip
    assert [(p.start, p.end, p.page) for p in back.places] == [(p.start, p.end, p.page) for p in passages]
    assert read_described(back.content(), "x.json") == back
    with pytest.raises(InputError, match="is not the one that its digest names"):
        back.passages(text + "x")


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(_blocks, st.sampled_from(["", "CC-BY-4.0", "arXiv", "MIT"])), min_size=1, max_size=4))
def test_any_memory_goes_round(tmp_path_factory: pytest.TempPathFactory, documents: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("round")
    sender, receiver = LiteratureMemory(folder / "a"), LiteratureMemory(folder / "b")
    for n, (blocks, licence) in enumerate(documents):
        parsed = Parsed([Block(kind, said, page, 1) for kind, said, page in blocks], {"title": f"T{n}", "licence": licence})  # fmt: skip
        sender.put(parsed, f"{n}.txt", str(n).encode())
    export(sender, folder / "x.zip")
    states = {r.document.id: r.state for r in receive(receiver, folder / "x.zip") if r.document is not None}

    for d in sender.documents():
        shared = d.licence in ("CC-BY-4.0", "MIT")
        assert states[d.id] == ("added" if shared else "described")
        if shared:
            assert receiver.text_of(d) == sender.text_of(d)
            assert [(p.start, p.end, p.page, p.text) for p in receiver.vectors.passages_of(d.id)] == [(p.start, p.end, p.page, p.text) for p in sender.vectors.passages_of(d.id)]  # fmt: skip
    assert len(receiver.documents()) + len(AwaitedDocuments(receiver.folder).documents()) == len(sender.documents())
    sender.close()
    receiver.close()


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.sampled_from(["document", "passages", "text_sha256", "id", "start", "x"]), c, max_size=4)).map(lambda v: json.dumps(v).encode()))  # fmt: skip
def test_nothing_else_is_a_description(content: bytes) -> None:
    with pytest.raises(InputError, match="describes no document"):
        read_described(content, "x.json")
