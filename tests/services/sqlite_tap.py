"""A small service of tables on loopback: ADQL that SQLite understands, uploads, and SIMBAD's schema as astroquery ships it.

The ADQL of the tools really runs, so that a table or a column that SIMBAD does not have is an error here, too.
"""

from __future__ import annotations

import email
import email.policy
import html
import io
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import replies
from astropy.table import Table
from faults import VOTABLE, Exchange, Reply

_SQL_TYPES = {"DOUBLE": "double", "REAL": "float", "BIGINT": "long", "INTEGER": "int", "SMALLINT": "short"}
Field = tuple[str, str, str]  # datatype of VOTable, unit, UCD
_TEXT: Field = ("unicodeChar", "", "")


class SqliteTap:
    """The service.

    Parameters
    ----------
    tables
        For each table its columns, and for each column what a reply says of it.
    """

    def __init__(
        self, tables: Mapping[str, Mapping[str, Field]], *, collate: Callable[[str], str] | None = None
    ) -> None:
        self.collate = collate or str
        self.fields = {name.lower(): field for columns in tables.values() for name, field in columns.items()}
        self.base = sqlite3.connect(":memory:", check_same_thread=False)
        self.base.create_collation("names", lambda a, b: _order(self.collate(a), self.collate(b)))
        self.base.execute("PRAGMA automatic_index = OFF")  # its Bloom filter does not know collations
        self.base.execute("ATTACH ':memory:' AS TAP_UPLOAD")
        for table, columns in tables.items():
            told = ", ".join(f'"{c}" {"TEXT COLLATE names" if c == "id" else ""}' for c in columns)
            self.base.execute(f'CREATE TABLE "{table}" ({told})')
        self.asked: list[str] = []

    def add(self, table: str, **values: Any) -> None:
        """Add a row."""
        names = ", ".join(f'"{n}"' for n in values)
        self.base.execute(
            f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(values))})', tuple(values.values())
        )

    def __call__(self, exchange: Exchange) -> Reply:
        """Answer a request to ``/sync``."""
        parameters, uploads = _read(exchange)
        adql = " ".join(parameters["QUERY"].split())
        self.asked.append(adql)
        for name, table in uploads.items():
            self.base.execute(f'DROP TABLE IF EXISTS TAP_UPLOAD."{name}"')
            # SIMBAD compares identifiers by its own rules, also with uploaded ones.
            columns = ", ".join(
                f'"{c}" {"TEXT COLLATE names" if table[c].dtype.kind in "OUS" else ""}' for c in table.colnames
            )
            self.base.execute(f'CREATE TABLE TAP_UPLOAD."{name}" ({columns})')
            rows = [tuple(v.item() if hasattr(v, "item") else str(v) for v in row) for row in table]
            self.base.executemany(
                f'INSERT INTO TAP_UPLOAD."{name}" VALUES ({", ".join("?" * len(table.colnames))})', rows
            )
        sql = re.sub(r"^SELECT TOP (\d+) (.*)$", r"SELECT \2 LIMIT \1", adql)
        try:
            cursor = self.base.execute(sql)
        except sqlite3.Error as error:
            return Reply(_document([], [], "ERROR", f"{error} in {adql}"), 400, VOTABLE)
        names = [d[0] for d in cursor.description]
        rows = cursor.fetchall()
        limit = int(parameters.get("MAXREC", len(rows)))
        after = "OVERFLOW" if len(rows) > limit else ""
        fields = [(n, *self.fields.get(n.lower(), _TEXT)) for n in names]
        return Reply(_document(fields, rows[:limit], "OK", after=after), 200, VOTABLE)


def _order(one: str, other: str) -> int:
    return (one > other) - (one < other)


def _read(exchange: Exchange) -> tuple[dict[str, str], dict[str, Table]]:
    asked = exchange.asked
    kind = asked.headers.get("content-type", "")
    if "multipart" not in kind:
        return asked.parameters, {}
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + asked.body, policy=email.policy.HTTP)
    parameters, files = dict(asked.parameters), {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        if part.get_filename():
            files[name] = content
        else:
            parameters[name.upper()] = content.decode()
    named = dict(pair.split(",param:") for pair in parameters.get("UPLOAD", "").split(";") if pair)
    return parameters, {name: Table.read(io.BytesIO(files[param]), format="votable") for name, param in named.items()}


def _document(
    fields: Sequence[tuple[str, ...]], rows: Sequence[Sequence[Any]], status: str, message: str = "", after: str = ""
) -> bytes:
    told = "".join(
        f'<FIELD name="{n}" datatype="{t}"'
        + (' arraysize="*"' if "har" in t else "")
        + (f' unit="{u}"' if u else "")
        + (f' ucd="{c}"' if c else "")
        + ">"
        + (f'<VALUES null="{-32768 if t == "short" else -1}"/>' if t in ("short", "int", "long") else "")
        + "</FIELD>"
        for n, t, u, c in fields
    )
    cells = "".join(
        "<TR>"
        + "".join(f"<TD>{'' if v is None else html.escape(v if isinstance(v, str) else repr(v))}</TD>" for v in row)
        + "</TR>"
        for row in rows
    )
    table = f"<TABLE>{told}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>" if fields else ""
    end = f'<INFO name="QUERY_STATUS" value="{after}"/>' if after else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        f'<RESOURCE type="results"><INFO name="QUERY_STATUS" value="{status}">{html.escape(message)}</INFO>{table}{end}</RESOURCE></VOTABLE>'
    ).encode()


def simbad_tables() -> dict[str, dict[str, Field]]:
    """Tables of SIMBAD: ``basic`` as astroquery ships its description, and those that are joined with it."""
    told = Table.read(replies.path("simbad"), format="votable")
    basic = {
        str(row["column_name"]): (
            _SQL_TYPES.get(str(row["datatype"]), "unicodeChar"),
            str(row["unit"] or ""),
            str(row["ucd"] or ""),
        )
        for row in told
    }
    linked = {str(r["from_table"]) for r in Table.read(replies.path("astroquery/simbad/tests/data/simbad_linked_to_basic.xml"), format="votable")}  # fmt: skip
    assert {"ident", "ids", "alltypes", "allfluxes"} <= linked
    magnitude: Field = ("float", "mag", "phot.mag")
    return {
        "basic": basic,
        "ident": {"id": _TEXT, "oidref": ("long", "", "")},
        "ids": {"ids": _TEXT, "oidref": ("long", "", "")},
        "alltypes": {"otypes": _TEXT, "oidref": ("long", "", "")},
        "allfluxes": {"V": magnitude, "G": magnitude, "oidref": ("long", "", "")},
        "asked": {"user_specified_id": _TEXT, "object_number_id": ("int", "", ""), "matched_id": _TEXT},
    }
