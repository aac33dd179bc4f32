"""What a run fetched or made that is no measured number: objects, tables, papers, spectra, images, as a report shows them.

Each step's result becomes a `Shown`: its first rows or a card of what it says, how many rows there are, whether these are all and who cut
the others off, which service answered when, and how to have the whole.  Every text here is made from the stored artifact alone, so that the
checker of receipts can make it again and hold a report against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from gnomon.agents import results as measured
from gnomon.agents import shown_models, shown_observing
from gnomon.agents.embedded.compose import ACCOMPANIMENTS
from gnomon.agents.markup import clean, link_of, one_line, words
from gnomon.agents.numbers import bare
from gnomon.agents.receipts import Ledger, Receipt
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.captions import text_in
from gnomon.tools.errors import StoreError
from gnomon.tools.registry import Kind
from gnomon.tools.sky_notation import angle, sexagesimal

KINDS = ("Target", "SourceTable", "Columns", "Catalogue", "Holdings", "Spectrum", "Image", "Ephemeris", "Notices", "References", "Quotes", "ObjectTable", *shown_models.KINDS, *shown_observing.KINDS)  # fmt: skip
ROWS, COLUMNS, CARDS, TABLES, NAMES = 10, 8, 5, 30, 24
ALIASES, AUTHORS, LONGEST = 12, 3, 90
SAMPLES = 5  # rows of a spectrum, of which the figure says more
NONE = "—"  # what nobody gives


@dataclass(frozen=True)
class Cell:
    """A text, and where it leads; "" for nowhere."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Fact:
    """A line of a card: what it is about, and what is said."""

    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Card:
    """An object, a spectrum or an image in a few lines."""

    title: str
    facts: list[Fact]


@dataclass(frozen=True)
class Row:
    """A row of a table; ``number`` is its place in the artifact, counted from 1."""

    number: int
    cells: list[Cell]


@dataclass(frozen=True)
class Shown:
    """What is shown of one result.

    Parameters
    ----------
    step, kind, file : str
        Which step made it, what it is, and where it lies in the run's folder.
    total : int
        Rows that there are.
    complete : bool or None
        Whether these are all that there are; None where nobody can tell, and where nobody was asked.
    heads : list of str
        Names of the columns shown, with their units.
    numeric : list of bool
        Which of them are numbers.
    rows : list of Row
    cards : list of Card
    papers : list of Row
        Papers, each one text.
    status : list of str
        Sentences on how complete it is, who answered when, and what is missing.
    part : str
        Which part of it is shown; "" for all.
    command, export : str
        What writes the whole into a file, and the same in a sentence.
    summary : str
        A clause for the answer.
    receipt : Receipt
    queries : list of dict
        Records of the questions that it came from.
    inner : bool
        Whether another step works on it, so that it is not what the run is for.
    """

    step: str
    kind: str
    file: str
    total: int
    complete: bool | None
    heads: list[str]
    numeric: list[bool]
    rows: list[Row]
    cards: list[Card]
    papers: list[Row]
    status: list[str]
    part: str
    command: str
    export: str
    summary: str
    receipt: Receipt
    queries: list[dict[str, Any]] = field(default_factory=list)
    inner: bool = False

    def document(self) -> dict[str, Any]:
        """JSON form, for the interfaces."""
        return {
            "step": self.step,
            "kind": self.kind,
            "file": self.file,
            "rows": self.total,
            "complete": self.complete,
            "columns": self.heads,
            "first": [[c.text for c in row.cells] for row in self.rows],
            "cards": [{"title": c.title, **{f.label: [x.text for x in f.cells] for f in c.facts}} for c in self.cards],
            "papers": [row.cells[0].text for row in self.papers],
            "status": self.status,
            "export": self.command,
        }

    def texts(self) -> Iterator[tuple[str, int]]:
        """Every text that a report has of it, with the row that it is from (0 for none)."""
        yield self.summary, 0
        for text in (*self.status, self.part, self.told, self.export, "# " + " ".join(self.heads)):
            yield text, 0
        for row in self.rows:
            yield " ".join([str(row.number), *(c.text for c in row.cells)]), row.number
        for row in self.papers:
            yield row.cells[0].text, row.number
        for number, card in enumerate(self.cards, start=1):
            yield card.title, number
            for fact in card.facts:
                yield fact.label, number
                said = ", ".join(c.text for c in fact.cells)
                yield said, number
                yield f"{fact.label}: {said}", number

    @property
    def told(self) -> str:
        """The sentences under its heading."""
        return " ".join(t for t in (*self.status, self.part) if t)

    def links(self) -> Iterator[str]:
        """Every address that a report has of it."""
        for row in (*self.rows, *self.papers):
            yield from (c.link for c in row.cells if c.link)
        for card in self.cards:
            yield from (c.link for f in card.facts for c in f.cells if c.link)


def gather_shown(run: Run, plan: Plan, store: Store, ledger: Ledger) -> tuple[list[Shown], list[measured.Gap]]:
    """What a run's steps made of the kinds that are shown so; ends of the plan first, then what led to them.

    Parameters
    ----------
    run : Run
    plan : Plan
    store : Store
    ledger : Ledger

    Returns
    -------
    shown : list of Shown
    gaps : list of gnomon.agents.results.Gap
        Results that the store does not have any more.
    """
    made = {s: a for s, a in measured.finished(run, plan).items() if Kind.parse(a.kind).name in KINDS}
    inner = {n for s in plan.steps if Kind.parse(s.kind).name not in ACCOMPANIMENTS for n in s.needs()}
    shown, gaps = [], []
    for step in sorted(made, key=lambda s: s in inner):
        artifact = made[step]
        try:
            value = store.get(artifact)
        except StoreError as error:
            gaps.append(measured.Gap(step, "no_artifact", detail=str(error)))
            continue
        maker = _Maker(plan.language, step, Kind.parse(artifact.kind).name, value)
        command = f"gnomon export {run.id} {step} -o {step}{'.fits' if maker.kind == 'Image' else '.csv'}"
        made_of = maker.make(f"outputs/{step}{artifact.suffix}", command, ledger.of_step(step))
        shown.append(replace(made_of, inner=step in inner))
    return shown, gaps


def safe_link(address: Any) -> str:
    """An address that may stand in a page: of the web, and without a character that ends a link; else ""."""
    from urllib.parse import quote

    text = str(address or "").strip()
    if not re.fullmatch(r"https?://[^\s/]+\S*", text, re.I) or clean(text) != text:
        return ""
    return quote(text, safe="%/:?#@!$&()*+,;=~-._")


# --- making


class _Maker:
    """Makes what is shown of one value.

    Parameters
    ----------
    language : {"en", "zh"}
    step, kind : str
    value : astropy.table.QTable or astropy.nddata.CCDData
    """

    def __init__(self, language: str, step: str, kind: str, value: Any) -> None:
        self.step, self.kind, self.value = step, kind, value
        self.words = words(language)
        self.say = self.words["showing"]
        self.label: dict[str, str] = self.words["fields"]
        self.comma: str = self.words["comma"]
        self.meta: dict[str, Any] = dict(value.meta)
        self.queries = [q for q in self.meta.get("queries") or [] if isinstance(q, dict)]

    def make(self, file: str, command: str, receipt: Receipt) -> Shown:
        ways: dict[str, Callable[[], dict[str, Any]]] = {
            "Target": self._target,
            "References": self._papers,
            "Spectrum": self._spectrum,
            "Image": self._image,
            "Ephemeris": self._ephemeris,
            "Columns": self._columns,
            "Catalogue": self._catalogue,
            "Holdings": self._holdings,
            "Notices": self._notices,
            "Quotes": self._quotes,
            **dict.fromkeys(shown_models.KINDS, lambda: shown_models.shown_of_model(self)),
            **dict.fromkeys(shown_observing.KINDS, lambda: shown_observing.shown_of_observing(self)),
        }
        made = ways.get(self.kind, self._sources)()
        table = self.kind != "Image"
        return Shown(
            step=self.step,
            kind=self.kind,
            file=file,
            total=len(self.value) if table else 1,
            complete=self._complete(),
            heads=made.get("heads", []),
            numeric=made.get("numeric", []),
            rows=made.get("rows", []),
            cards=made.get("cards", []),
            papers=made.get("papers", []),
            status=[*self._status(), *made.get("told", [])],
            part=self._part(made),
            command=command,
            export=f"{self.words['export']}{self.words['colon']}{command}",
            summary=made["summary"],
            receipt=receipt,
            queries=self.queries,
        )

    # ------------------------------------------------------------------ cells

    def _text(self, name: str, row: int) -> str:
        """A cell as text, exact, of the question's language where it is in two; "" where it is masked or not there."""
        if name not in self.value.colnames:
            return ""
        cell = self.value[name][row]
        if _masked(cell):
            return ""
        text = one_line(getattr(cell, "value", cell)) if not isinstance(cell, bytes) else one_line(cell.decode())
        return text_in(str(self.words["lang"]), text)

    def _number(self, name: str, row: int) -> float | None:
        return measured._number(self.value[name][row]) if name in self.value.colnames else None

    def _said(self, name: str, row: int, unit: bool = True) -> str:
        """A number with its unit, "" where it is masked or not there."""
        number = self._number(name, row)
        if number is None:
            return ""
        return f"{_shown_number(self.value[name], number)}{self._unit(name) if unit else ''}"

    def _unit(self, name: str) -> str:
        text = _unit_text(getattr(self.value[name], "unit", None))
        text = self.words["units"].get(text, text)
        return text if text in ("", "°", "%", "″", "′") else f" {text}"

    def _listed(self, name: str, row: int) -> list[str]:
        """The texts of a JSON list in a cell."""
        try:
            found = json.loads(self._text(name, row) or "[]")
        except ValueError:
            return []
        return [one_line(t) for t in found] if isinstance(found, list) else []

    def _time(self, name: str, row: int, seconds: bool = False) -> str:
        """A number of days as a date, where it is known what it counts from."""
        number = self._number(name, row)
        zero = (self.meta.get("time_reference") or {}).get("zero_jd")
        return "" if number is None or zero is None else _date(number + float(zero), seconds)

    def _cell(self, name: str, row: int) -> Cell:
        """A cell of a table."""
        column = self.value[name]
        kind = getattr(getattr(column, "dtype", None), "kind", "O")
        if len(getattr(column, "shape", (0,))) != 1:
            return Cell(self.say["array"])
        if kind == "f":
            number = measured._number(column[row])
            return Cell(NONE if number is None else _shown_number(column, number))
        text = self._text(name, row)
        if not text:
            return Cell(NONE)
        if link := safe_link(text) if text.lower().startswith("http") else "":
            return Cell(self.say["link"], link)
        ucd = str((column.info.meta or {}).get("ucd", "")).lower()
        return Cell(text if kind in "iub" or ucd.startswith("meta.id") or len(text) <= LONGEST else _cut(text))

    def _table(self, names: list[str], heads: dict[str, str] | None = None, most: int = ROWS) -> dict[str, Any]:
        """The first rows of some columns."""
        shown = []
        for name in names:
            unit = self._unit(name).strip()
            shown.append(one_line((heads or {}).get(name, name)) + (f" [{unit}]" if unit else ""))
        kinds = [getattr(getattr(self.value[n], "dtype", None), "kind", "O") for n in names]
        return {
            "heads": shown,
            "numeric": [k in "fiu" for k in kinds],
            "rows": [Row(i + 1, [self._cell(n, i) for n in names]) for i in range(min(most, len(self.value)))],
        }

    # ------------------------------------------------------------------ on all kinds

    def _complete(self) -> bool | None:
        told = [q.get("complete") for q in self.queries]
        if not told:
            return None
        return False if False in told else None if None in told else True

    def _status(self) -> list[str]:
        """How complete it is, who answered when, and what is missing."""
        out = []
        if self.kind not in ("Image", "Spectrum", "Target", "Catalogue"):
            rows = {"rows": len(self.value), "s": _s(len(self.value))}
            cut = list(
                dict.fromkeys(one_line(q["cut_by"]) for q in self.queries if q.get("cut_by") and "error" not in q)
            )
            if not self.queries:
                out.append(self.say["rows"].format(**rows))
            elif self._complete() is True:
                out.append(self.say["all"].format(**rows))
            elif cut and self._complete() is None:
                out.append(self.say["unsure_by"].format(**rows, by=self.comma.join(cut)))
            elif cut:
                out.append(self.say["cut"].format(**rows, by=self.comma.join(cut)))
            else:
                out.append(self.say["unsure" if self._complete() is None else "part"].format(**rows))
        asked: dict[tuple[str, str], list[str]] = {}
        for query in self.queries:
            if "error" in query:
                continue
            service, release = one_line(query.get("service", "")), one_line(query.get("release") or "")
            time = str(query.get("time") or "")
            asked.setdefault((service, release), []).append(time)
        said = []
        for (service, release), times in asked.items():
            known = sorted(t for t in times if t)
            name = f"{service} ({release})" if release and release != service else service
            said.append(f"{name} {known[-1][:10]} {known[-1][11:19]} UTC".strip() if known else name)
        if said:
            out.append(self.say["asked"].format(services=self.words["semicolon"].join(said)))
        for query in self.queries:
            if query.get("stale"):
                out.append(
                    self.say["stale"].format(service=one_line(query.get("service", "")), why=one_line(query["stale"]))
                )
            if "error" in query:
                out.append(
                    self.say["no_answer"].format(
                        service=one_line(query.get("service", "")), why=one_line(query["error"])
                    )
                )
        if failed := [one_line(f) for f in self.meta.get("failed") or []]:
            names = self.comma.join(failed[:5]) + (self.say["and_more"].format(more=len(failed) - 5) if len(failed) > 5 else "")  # fmt: skip
            out.append(self.say["failed"].format(names=names, count=len(failed)))
        return list(dict.fromkeys(out))

    def _part(self, made: dict[str, Any]) -> str:
        """Which part is shown."""
        if self.kind in ("Image", "Catalogue"):
            return ""
        if "part" in made:
            return str(made["part"])
        total = len(self.value)
        shown = len(made.get("rows") or made.get("papers") or made.get("cards") or [])
        if self.kind == "Spectrum":
            shown = len(made["rows"])
        columns = len(made.get("heads", []))
        if columns and columns < len(self.value.colnames):
            return self.say["first_columns"].format(
                rows=shown, total=total, columns=columns, of=len(self.value.colnames)
            )
        return self.say["first"].format(rows=shown, total=total) if shown < total else ""

    def _services(self) -> str:
        names = list(dict.fromkeys(one_line(q.get("service", "")) for q in self.queries if "error" not in q))
        return self.comma.join(n for n in names if n)

    # ------------------------------------------------------------------ objects

    def _target(self) -> dict[str, Any]:
        total = len(self.value)
        cards = [self._object(i) for i in range(min(total, CARDS))]
        names = [self._text("name", i) for i in range(min(total, 3))]
        if total == 1:
            summary = f"{names[0]}{self.words['colon']}{self._object_clause()}"
        else:
            more = self.say["and_more"].format(more=total - 3) if total > 3 else ""
            summary = self.say["objects"].format(count=total, names=self.comma.join(names) + more)
        return {"cards": cards, "summary": summary}

    def _place(self, row: int) -> tuple[str, str, str]:
        """Both notations, and frame with epoch."""
        ra, dec = self._number("ra", row), self._number("dec", row)
        if ra is None or dec is None:
            return "", "", ""
        hours, degrees = sexagesimal(ra, dec, 3)
        epoch = self._number("epoch", row)
        position = self.meta.get("position") or {}
        if epoch is None and isinstance(position.get("epoch"), int | float):
            epoch = float(position["epoch"])
        frame = one_line(position.get("frame") or "ICRS")
        said = self.say["frame_epoch"].format(frame=frame, epoch=f"{epoch:.1f}") if epoch is not None else self.say["frame"].format(frame=frame)  # fmt: skip
        return f"{hours} {degrees}", f"{_degrees(ra)}° {_degrees(dec, sign=True)}°", said

    def _kind_of_object(self, row: int) -> str:
        code = self._text("object_type", row)
        known = self.words["object_types"].get(code)
        return f"{known} ({code})" if known else code

    def _object_clause(self) -> str:
        hours, _degrees, frame = self._place(0)
        said = [
            self.say["at"].format(place=hours, frame=frame) if hours else "",
            self._kind_of_object(0),
            self._labelled("spectral_type", self._text("spectral_type", 0)),
            self._labelled("distance", self._said("distance", 0)),
            self._labelled("redshift", "" if self._said("distance", 0) else self._said("redshift", 0)),
        ]
        return self.comma.join(s for s in said if s)

    def _labelled(self, name: str, text: str) -> str:
        return f"{self.label[name]} {text}" if text else ""

    def _object(self, row: int) -> Card:
        """A card of an object."""
        hours, degrees, frame = self._place(row)
        facts: list[Fact] = []

        def add(label: str, *texts: str | Cell) -> None:
            cells = [t if isinstance(t, Cell) else Cell(t) for t in texts if t]
            if cells:
                facts.append(Fact(self.label[label], cells))

        add("main_id", self._text("main_id", row))
        if hours:
            add("position", f"{hours} ({frame})", degrees)
        motion = [self._said(n, row, unit=False) for n in ("pmra", "pmdec")]
        if all(motion):
            add(
                "proper_motion", self.say["motion"].format(ra=motion[0], dec=motion[1], unit=self._unit("pmra").strip())
            )
        error = self._said("parallax_error", row, unit=False)
        parallax = self._said("parallax", row, unit=False)
        if parallax:
            add("parallax", f"{parallax}{f' ± {error}' if error else ''}{self._unit('parallax')}")
        for name in ("distance", "radial_velocity", "redshift"):
            add(name, self._said(name, row))
        add("object_type", self._kind_of_object(row))
        for name in ("spectral_type",):
            add(name, self._text(name, row))
        for name in ("magnitude_v", "magnitude_g"):
            add(name, self._said(name, row))
        aliases = self._listed("aliases", row)
        if aliases:
            rest = self.say["and_more"].format(more=len(aliases) - ALIASES) if len(aliases) > ALIASES else ""
            add("aliases", self.comma.join(aliases[:ALIASES]) + rest)
        add("resolved_by", self._text("resolved_by", row))
        others, apart = self._text("compared_with", row), self._said("separation_between_services", row)
        if others:
            add("compared_with", self.say["apart"].format(others=others, apart=apart) if apart else others)
        add("references", *self._bibcodes(row))
        return Card(self._text("name", row), facts)

    def _bibcodes(self, row: int) -> list[Cell]:
        try:
            found = json.loads(self._text("references", row) or "{}")
        except ValueError:
            return []
        if not isinstance(found, dict):
            return []
        by_code: dict[str, list[str]] = {}
        for quantity, code in found.items():
            by_code.setdefault(one_line(code), []).append(one_line(quantity).replace("_", " "))
        return [Cell(f"{code} ({self.comma.join(names)})", link_of(code)) for code, names in by_code.items() if code]

    # ------------------------------------------------------------------ tables

    def _sources(self) -> dict[str, Any]:
        names = _chosen_columns(self.value)
        catalogue = one_line(self.meta.get("catalogue") or "")
        matching = self.meta.get("matching")
        rows = len(self.value)
        if isinstance(matching, dict) and "matched" in matching:
            chance = (matching.get("chance") or {}).get("expected_by_chance")
            summary = self.say["matched"].format(
                matched=matching["matched"],
                sources=matching.get("sources", rows),
                radius=bare(float(matching.get("radius_arcsec", 0.0))),
                chance=self.say["by_chance"].format(chance=bare(float(chance)))
                if isinstance(chance, int | float)
                else "",
            )
        else:
            of = self.say["of"].format(what=catalogue) if catalogue and catalogue != self._services() else ""
            by = self.say["by"].format(services=self._services()) if self._services() else ""
            summary = self.say["sources"].format(rows=rows, s=_s(rows), of=of, by=by, complete=self._completeness())
        return {**self._table(names), "summary": summary}

    def _columns(self) -> dict[str, Any]:
        """Columns of tables; where they are of several tables, a row for each of these."""
        tables: dict[str, list[int]] = {}
        for i in range(len(self.value)):
            tables.setdefault(self._text("table_name", i), []).append(i)
        rows_said = {"rows": len(self.value), "s": _s(len(self.value)), "by": self.say["by"].format(services=self._services())}  # fmt: skip
        if len(tables) < 2:
            summary = self.say["columns_of"].format(**rows_said, table=next(iter(tables), ""))
            names = [n for n in ("column_name", "unit", "ucd", "description") if n in self.value.colnames]
            table = self._table(names, {n: self.label.get(n, n) for n in names}, TABLES)
            shown, total = len(table["rows"]), len(self.value)
            part = self.say["first"].format(rows=shown, total=total) if shown < total else ""
            return {**table, "part": part, "summary": summary}
        summary = self.say["columns"].format(**rows_said, tables=len(tables), t=_s(len(tables)))
        rows = []
        for name, places in list(tables.items())[:TABLES]:
            said = _some([self._text("column_name", i) for i in places], self.comma, self.say["and_more"])
            rows.append(Row(places[0] + 1, [Cell(name), Cell(str(len(places))), Cell(said)]))
        part = self.say["first"].format(rows=len(rows), total=len(tables)) if len(rows) < len(tables) else ""
        heads = [self.label[n] for n in ("table_name", "columns", "column_names")]
        return {"heads": heads, "numeric": [False, True, False], "rows": rows, "part": part, "summary": summary}

    def _catalogue(self) -> dict[str, Any]:
        """A catalogue on disk: what it holds."""
        rows = int(sum(int(n) for n in self.value["rows"]))
        position = self.meta.get("position") or {}
        frame, epoch = one_line(position.get("frame") or ""), position.get("epoch")
        place = self.say["frame"].format(frame=frame) if epoch is None else self.say["frame_epoch"].format(frame=frame, epoch=f"{float(epoch):.1f}")  # fmt: skip
        columns = [
            one_line(c.get("name", "")) + (f" [{_unit_text(c['unit'])}]" if c.get("unit") else "")
            for c in self.meta.get("columns") or []
        ]
        pairs = [
            ("rows", f"{rows:,}"),
            ("files", f"{len(self.value):,}"),
            ("position", f"{position.get('ra', '')}, {position.get('dec', '')} ({place})"),
            ("columns", str(len(columns))),
            ("column_names", _some(columns, self.comma, self.say["and_more"])),
        ]
        name = one_line(self.meta.get("catalogue") or "")
        summary = self.say["catalogue"].format(name=name, rows=f"{rows:,}", files=f"{len(self.value):,}", s=_s(len(self.value)))  # fmt: skip
        return {"cards": [Card(name, [Fact(self.label[n], [Cell(said)]) for n, said in pairs])], "summary": summary}

    def _completeness(self) -> str:
        if not self.queries:
            return ""
        return str(self.say[{True: "is_all", False: "is_part", None: "is_unsure"}[self._complete()]])

    def _holdings(self) -> dict[str, Any]:
        wanted = ["service", "product", "facility", "instrument", "collection", "t_min", "exposure", "access_url"]
        if "target" in self.value.colnames and len({str(t) for t in self.value["target"]}) > 1:
            wanted.insert(0, "target")
        names = [n for n in wanted if n in self.value.colnames]
        table = self._table(names, {n: self.label.get(n, n) for n in names})
        self._dates(table, names, ("t_min",))
        counts: dict[str, int] = {}
        for i in range(len(self.value)):
            product = self._text("product", i) or self.say["unknown_product"]
            counts[product] = counts.get(product, 0) + 1
        kinds = self.comma.join(
            f"{count} {name}" for name, count in sorted(counts.items(), key=lambda p: (-p[1], p[0]))[:5]
        )
        services = len({self._text("service", i) for i in range(len(self.value))})
        summary = self.say["holdings"].format(
            rows=len(self.value), s=_s(len(self.value)), services=services, t=_s(services), kinds=kinds
        )
        return {**table, "summary": summary}

    def _dates(self, table: dict[str, Any], names: list[str], dates: tuple[str, ...]) -> None:
        """Turn numbers of days into dates, in the table that is shown."""
        for name in dates:
            if name not in names or (self.meta.get("time_reference") or {}).get("zero_jd") is None:
                continue
            at = names.index(name)
            scale = str((self.meta.get("time_reference") or {}).get("scale") or "").upper()
            table["heads"][at] = self.label.get(name, name) + (f" [{scale}]" if scale else "")
            table["numeric"][at] = False
            for i, row in enumerate(table["rows"]):
                row.cells[at] = Cell(self._time(name, i) or NONE)

    def _notices(self) -> dict[str, Any]:
        wanted = ["identifier", "time", "ra", "dec", "magnitude", "band", "classification", "number_of_detections"]
        given = [n for n in wanted if n in self.value.colnames]
        names = [n for n in given if any(self._text(n, i) for i in range(min(len(self.value), ROWS)))]
        if "text" in self.value.colnames and "ra" not in names:
            names.append("text")
        table = self._table(names, {n: self.label.get(n, n) for n in names})
        self._dates(table, names, ("time",))
        for i, row in enumerate(table["rows"]):
            if names[:1] == ["identifier"]:
                row.cells[0] = Cell(row.cells[0].text, safe_link(self._text("url", i)))
        newest = max(range(len(self.value)), key=lambda i: self._number("time", i) or 0.0, default=0)
        latest = ""
        if len(self.value):
            when = self._time("time", newest)
            latest = self.say["latest"].format(name=self._text("identifier", newest), when=when) if when else ""
        summary = self.say["notices"].format(
            rows=len(self.value),
            s=_s(len(self.value)),
            by=self.say["by"].format(services=self._services()) if self._services() else "",
            latest=latest,
        )
        return {**table, "summary": summary}

    def _ephemeris(self) -> dict[str, Any]:
        wanted = [
            "date",
            "time",
            "ra",
            "dec",
            "delta",
            "magnitude",
            "elongation",
            "elevation",
            "airmass",
            "uncertainty",
        ]
        names = [n for n in wanted if n in self.value.colnames and any(self._text(n, i) for i in range(min(len(self.value), ROWS)))]  # fmt: skip
        if "date" in names and "time" in names:
            names.remove("time")
        names = names[:COLUMNS]
        table = self._table(names, {n: self.label.get(n, n) for n in names})
        if "date" in names:
            for row in table["rows"]:
                row.cells[names.index("date")] = Cell(row.cells[names.index("date")].text.replace("T", " ")[:16])
        last = len(self.value) - 1
        ends = [(self._text("date", i) or self._time("time", i)).replace("T", " ")[:16] for i in (0, last)] if last >= 0 else ["", ""]  # fmt: skip
        body = one_line(self.meta.get("object") or "")
        site = one_line((self.meta.get("observatory") or {}).get("name") or "")
        summary = self.say["ephemeris"].format(
            rows=len(self.value),
            s=_s(len(self.value)),
            body=body,
            first=ends[0],
            last=ends[1],
            site=self.say["site"].format(site=site) if site else "",
        )
        return {**table, "summary": summary}

    # ------------------------------------------------------------------ papers

    def _papers(self) -> dict[str, Any]:
        papers = [Row(i + 1, [self._paper(i)]) for i in range(min(len(self.value), 2 * ROWS))]
        services = self._services()
        summary = self.say["papers"].format(
            rows=len(self.value),
            s=_s(len(self.value)),
            by=self.say["by"].format(services=services) if services else "",
            complete=self._completeness(),
        )
        if papers:
            summary += self.say["first_paper"].format(paper=papers[0].cells[0].text)
        return {"papers": papers, "summary": summary}

    def _paper(self, row: int) -> Cell:
        authors = self._listed("authors", row) or [a for a in [self._text("first_author", row)] if a]
        names = self.words["and_others"].join([self.words["semicolon"].join(authors[:AUTHORS]), ""]) if len(authors) > AUTHORS else self.words["semicolon"].join(authors)  # fmt: skip
        year, title = self._text("year", row), self._text("title", row)
        identifier, doi, arxiv = (self._text(n, row) for n in ("identifier", "doi", "arxiv"))
        places = [p for p in (self._text("journal", row), identifier, f"doi:{doi}" if doi else "") if p]
        if arxiv and arxiv not in identifier:
            places.append(f"arXiv:{arxiv}")
        said = " ".join(p for p in (names.strip(), year) if p)
        cited = self._text("citations", row)
        text = ", ".join(p for p in (said, title, *places) if p)
        text += self.say["cited"].format(count=cited) if cited else ""
        link = link_of(f"doi:{doi}") if doi else link_of(identifier)
        if not link and arxiv and re.fullmatch(r"[\w.\-/]+", arxiv):
            link = f"https://arxiv.org/abs/{arxiv}"
        return Cell(text, link)

    # ------------------------------------------------------------------ quotations

    def _quotes(self) -> dict[str, Any]:
        count = len(self.value)
        documents = len({self._text("key", i) for i in range(count)})
        searched = (self.meta.get("memory") or {}).get("documents")
        told = self.say["searched"].format(documents=searched) if isinstance(searched, int) else ""
        said = [self.say["quoted"].format(quote=_within(self._stated("quote", i)), source=self._source(i)) for i in range(count)]  # fmt: skip
        summary = self.say["quotes"].format(
            count=count, s=_s(count), documents=documents, t=_s(documents), searched=told, first=" ".join(said[:2])
        )
        compared = [self._agreement(a) for a in self.meta.get("agreements") or []]
        return {"cards": [self._quote(i) for i in range(count)], "summary": summary, "part": "", "told": compared}

    def _agreement(self, told: dict[str, Any]) -> str:
        """Two quotations that state values of the same quantity: whether these agree."""
        first, second = (f"{_foreign(t)} [{n}]" for t, n in zip(told["texts"], told["quotes"], strict=True))
        sigma = f"{float(told['sigma']):.1f}" if isinstance(told.get("sigma"), int | float) else ""
        key = "apart" if told["verdict"] == "apart" else told["verdict"].replace(" ", "_")
        return self.say["agreement"].format(
            what=_foreign(told["what"]),
            first=first,
            second=second,
            verdict=self.say["agreeing"][key].format(sigma=sigma),
        )

    def _numbers(self, row: int) -> str:
        """The values that a quotation states, with what is measured and the condition."""
        try:
            values = json.loads(self._text("values", row) or "[]")
        except ValueError:
            return ""
        said = []
        for v in values:
            what, condition = _foreign(v.get("what") or ""), _foreign(v.get("condition") or "")
            text = f"{what} {_foreign(v['text'])}".strip()
            said.append(f"{text} ({condition})" if condition else text)
        return self.words["semicolon"].join(said)

    def _quote(self, row: int) -> Card:
        """A quotation, what it is from, and where it stands there."""
        doi, arxiv = self._text("doi", row), self._text("arxiv", row)
        link = link_of(f"doi:{doi}") if doi else ""
        if not link and re.fullmatch(r"[\w.\-/]+", arxiv):
            link = f"https://arxiv.org/abs/{arxiv}"
        section = self._stated("section", row).rpartition(" > ")[2]
        facts = [
            ("source", Cell(f"[{self._stated('key', row)}] {self._stated('citation', row)}", link)),
            ("page", Cell(self._pages(row))),
            ("section", Cell(section)),
            ("characters", Cell(f"{self._text('start', row)}–{self._text('end', row)}")),
            ("numbers", Cell(self._numbers(row))),
            ("notice", Cell(self._stated("notice", row))),
        ]
        title = f"{row + 1}. {self.say['in_quotes'].format(quote=self._stated('quote', row))}"
        return Card(title, [Fact(self.label[n], [c]) for n, c in facts if c.text])

    def _stated(self, name: str, row: int) -> str:
        """What a document says, or what is said of it, as text."""
        return _foreign(self._text(name, row))

    def _pages(self, row: int) -> str:
        first, last = self._text("page", row), self._text("last_page", row)
        return first if last in ("", first) else f"{first}–{last}"

    def _source(self, row: int) -> str:
        pages = self._pages(row)
        where = [self._stated("key", row), self.say["on_page"].format(page=pages) if pages else "", self._stated("notice", row)]  # fmt: skip
        return self.comma.join(w for w in where if w)

    # ------------------------------------------------------------------ spectra and images

    def _about(self, *more: tuple[str, str | Cell]) -> list[Fact]:
        position = self.meta.get("position") or {}
        place = ""
        if isinstance(position, dict) and isinstance(position.get("ra"), int | float) and isinstance(position.get("dec"), int | float):  # fmt: skip
            hours, degrees = sexagesimal(float(position["ra"]), float(position["dec"]), 2)
            epoch = position.get("epoch")
            frame = one_line(position.get("frame") or "ICRS")
            said = self.say["frame_epoch"].format(frame=frame, epoch=f"{float(epoch):.1f}") if epoch is not None else self.say["frame"].format(frame=frame)  # fmt: skip
            place = f"{hours} {degrees} ({said})"
        pairs: list[tuple[str, str | Cell]] = [("position", place), *more]
        link = safe_link(self.meta.get("product"))
        if link:
            pairs.append(("product", Cell(link.rpartition("/")[2][:60] or self.say["link"], link)))
        return [Fact(self.label[n], [v if isinstance(v, Cell) else Cell(v)]) for n, v in pairs if (v.text if isinstance(v, Cell) else v)]  # fmt: skip

    def _spectrum(self) -> dict[str, Any]:
        from gnomon.tools.source_columns import numbers_of

        wave = numbers_of(self.value["wavelength"], "Angstrom")
        bad = int(self.value["mask"].sum()) if "mask" in self.value.colnames else 0
        reach = (
            self.say["from_to"].format(first=bare(float(wave[0])), last=bare(float(wave[-1])), unit="Å")
            if len(wave)
            else ""
        )
        about = self.meta.get("wavelength") or {}
        medium = self.say["medium"].get(str(about.get("medium")), self.say["medium"]["None"])
        frame = one_line(about.get("frame") or self.words["notes"]["unknown"])
        observed = self.meta.get("observed") or {}
        mjd, exposure = observed.get("mjd"), observed.get("exposure_s")
        pipeline = self.meta.get("pipeline") or {}
        identifiers = self.meta.get("identifiers") or {}
        power = (self.meta.get("resolution") or {}).get("power")
        facts = self._about(
            ("title", one_line(self.meta.get("title") or "")),
            ("instrument", one_line(self.meta.get("instrument") or "")),
            ("samples", self.say["samples"].format(samples=len(self.value), bad=bad) if bad else str(len(self.value))),
            ("wavelength", self.comma.join(p for p in (reach, medium) if p)),
            ("frame", frame),
            ("flux", _unit_text(getattr(self.value["flux"], "unit", None)) or one_line((self.meta.get("flux_unit") or {}).get("stated") or self.words["notes"]["unknown"])),
            ("resolving_power", bare(float(power)) if isinstance(power, int | float) else ""),
            ("observed", _date(float(mjd) + 2400000.5)[:10] if isinstance(mjd, int | float) else one_line(observed.get("date") or "")),
            ("exposure", f"{bare(float(exposure))} s" if isinstance(exposure, int | float) else ""),
            ("pipeline", self.comma.join(f"{one_line(k)} {_plain(v)}" for k, v in pipeline.items() if v is not None)),
            ("identifiers", self.comma.join(f"{one_line(k)} {one_line(v)}" for k, v in identifiers.items())),
        )  # fmt: skip
        name = one_line(self.meta.get("object") or self.say["the_object"])
        summary = self.say["spectrum"].format(name=name, by=self.say["by"].format(services=self._services()) if self._services() else "", reach=reach)  # fmt: skip
        names = [n for n in ("wavelength", "flux", "flux_err", "mask", "quality") if n in self.value.colnames]
        table = self._table(names, {n: self.label.get(n, n) for n in names}, SAMPLES)
        return {**table, "cards": [Card(name, facts)], "summary": summary}

    def _image(self) -> dict[str, Any]:
        from astropy.wcs.utils import proj_plane_pixel_scales

        height, width = self.value.data.shape
        scale = [float(s) for s in proj_plane_pixel_scales(self.value.wcs)]
        across, up = (angle(s * n) for s, n in zip(scale, (width, height), strict=True))
        size = f"{across} × {up}"
        header = self.meta.get("header") or {}
        lost = int(self.value.mask.sum()) if self.value.mask is not None else 0
        survey = one_line(self.meta.get("survey") or "")
        stated = (self.meta.get("unit") or {}).get("stated")
        facts = self._about(
            ("survey", survey),
            ("size", size),
            ("pixels", f"{width} × {height}, {self.say['a_pixel'].format(size=angle(scale[0]))}"),
            ("no_data", str(lost) if lost else ""),
            ("unit", _unit_text(self.value.unit) or one_line(stated or self.words["notes"]["unknown"])),
            ("observed", one_line(str(header.get("DATE-OBS") or ""))[:19]),
            ("resampled", self.say["yes"] if self.meta.get("resampled") else ""),
        )
        name = one_line(self.meta.get("object") or self.say["the_object"])
        summary = self.say["image"].format(name=name, survey=self.say["from_survey"].format(survey=survey) if survey else "", size=size)  # fmt: skip
        return {"cards": [Card(name, facts)], "summary": summary}


# --- texts of values


def _s(count: int) -> str:
    """The ending of an English plural."""
    return "" if count == 1 else "s"


def _some(names: list[str], comma: str, more: str) -> str:
    """The first names of a list, and how many more there are."""
    rest = len(names) - NAMES
    return comma.join(names[:NAMES]) + (more.format(more=rest) if rest > 0 else "")


# Private-use characters that the checker of receipts sets around labels and cells (`gnomon.agents.receipts_check.blocks`), and characters that are
# not seen at all and spell words (Unicode TR 36).
_NOT_THEIRS = re.compile("[\ue000-\ue002\u180e\U000e0000-\U000e007f]")


def _foreign(text: Any) -> str:
    """A text of a document as one line, which cannot pass for anything that a report is made of."""
    return _NOT_THEIRS.sub("\ufffd", one_line(text))


def _within(quote: str) -> str:
    """A quotation within a sentence that has its source behind it: no closing mark of its own stands before a bracket, as if what follows were the source."""
    return re.sub(r"”(?=\s*[\[［【〔(（])", "’", quote)


def _masked(cell: Any) -> bool:
    mask = getattr(cell, "mask", False)
    return bool(mask) if not hasattr(mask, "shape") or mask.shape == () else bool(mask.all())


def _unit_text(unit: Any) -> str:
    text = str(unit) if unit is not None else ""
    if text in ("", "1"):
        return ""
    try:
        return str(unit.to_string("unicode")).replace("1×10", "10").replace("Angstrom", "Å")
    except (AttributeError, ValueError):
        return one_line(text)


def _shown_number(column: Any, number: float) -> str:
    """A number of a table: positions to 0.004 arcsec, whole numbers whole, others to four digits or decimals."""
    unit = str(getattr(column, "unit", None) or "")
    ucd = str((column.info.meta or {}).get("ucd", "")).lower()
    dtype = getattr(column, "dtype", None)
    if dtype is not None and dtype.kind in "iu":
        return f"{number:.0f}"
    if unit == "deg" and (ucd.startswith("pos.eq") or str(column.info.name).lower() in ("ra", "dec")):
        return _degrees(number)
    return bare(number)


def _degrees(number: float, sign: bool = False) -> str:
    text = f"{abs(number):.6f}"
    return ("−" if number < 0 else "+" if sign else "") + text


def _plain(value: Any) -> str:
    return bare(float(value)) if isinstance(value, float) else one_line(value)


def _cut(text: str) -> str:
    return text[: LONGEST - 1].rstrip() + "…"


def _date(julian: float, seconds: bool = False) -> str:
    """ISO 8601 of a Julian date, to the minute."""
    import numpy as np

    per = 86_400 if seconds else 1440
    moment = round((julian - 2440587.5) * per)
    return str(np.datetime64(moment, "s") if seconds else np.datetime64(moment, "m")).replace("T", " ")


def _chosen_columns(table: Any) -> list[str]:
    """The columns of a catalogue that say most: the object asked for, identifiers, positions, a magnitude, distance, what a match added."""
    from gnomon.tools.source_columns import magnitudes_of

    flat = [n for n in table.colnames if len(getattr(table[n], "shape", (0,))) == 1]
    if len(flat) <= COLUMNS:
        return flat

    def ucd(name: str) -> str:
        return str((table[name].info.meta or {}).get("ucd", "")).lower()

    position = table.meta.get("position") or {}
    matching = table.meta.get("matching") or {}
    others = list((matching.get("columns_of_others") or {}).values()) if isinstance(matching, dict) else []
    identifiers = [n for n in flat if ucd(n).startswith("meta.id") and "meta.main" in ucd(n)]
    identifiers = identifiers or [n for n in flat if ucd(n).startswith("meta.id")][:1] or flat[:1]
    own = [n for n in identifiers if n not in others][:1]
    theirs = [n for n in identifiers if n in others][:1]
    wanted = [
        *(["target"] if "target" in flat and len({str(t) for t in table["target"]}) > 1 else []),
        *own,
        *theirs,
        position.get("ra"),
        position.get("dec"),
        magnitudes_of(table)[1],
        *(["separation"] if "separation" in flat else []),
        *(position.get(n) for n in ("parallax", "pmra", "pmdec", "radial_velocity")),
    ]
    chosen = [n for n in dict.fromkeys(str(w) for w in wanted if w) if n in flat][:COLUMNS]
    rest = (n for n in flat if n not in chosen and not ucd(n).startswith(("stat.error", "meta.code", "meta.record")))
    while len(chosen) < COLUMNS and (more := next(rest, None)) is not None:
        chosen.append(more)
    return chosen
