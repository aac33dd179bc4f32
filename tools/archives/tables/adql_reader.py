"""Reading a query in ADQL as far as its size hangs on it; whatever is not understood is left open, and never guessed.

A full parser would say no more: what decides is the outermost SELECT, the one table it reads, and conditions that hold for certain
because they are joined by AND.  ADQL 2.0 and 2.1: 2008ivoa.spec.1030O, 2023ivoa.spec.1215M.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign><=|>=|<>|!=|\|\||[-+*/=<>(),.;:\[\]%&|^~?@{}])""",
    re.VERBOSE | re.DOTALL,
)
_CLAUSES = ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "OFFSET", "LIMIT")
_JOINED = ("UNION", "EXCEPT", "INTERSECT", "WITH")
_AGGREGATES = ("COUNT", "AVG", "SUM", "MIN", "MAX", "STDDEV", "STDEV", "VARIANCE")
# Words with which an expression over a row begins a window, for which COUNT(*) OVER () gives as many rows as there are.
_WINDOWS = ("OVER", "PARTITION")


@dataclass(frozen=True)
class Region:
    """A part of the sky, for which constants stand in a query.

    Attributes
    ----------
    area : float
        Square degrees.
    ra, dec : float
        Its middle, degrees, ICRS.
    radius : float
        Of the circle around the middle that has the same area, degrees.
    """

    area: float
    ra: float
    dec: float
    radius: float


@dataclass(frozen=True)
class ReadQuery:
    """What a query says for certain.

    Attributes
    ----------
    table : str
        The one table that it reads, in lower case without quotes; "" where it reads several, or a query in parentheses.
    is_upload : bool
        Whether an uploaded table is among what it reads.
    top : int, optional
        Most rows, by its own TOP.
    columns : int, optional
        How many columns it asks for; None for all of them (``*``).
    is_one_row : bool
        Whether it is made of aggregates, with no GROUP BY.
    is_grouped : bool
        Whether rows are joined into fewer: GROUP BY, HAVING or DISTINCT.
    has_where : bool
        Whether there is any condition.
    regions : tuple of Region
        Parts of the sky, within all of which its rows lie.
    equal : mapping of str to int
        Of columns that must be one of some constants, of how many.
    ranges : mapping of str to tuple of float
        Of columns between constants, the first and the last value, both included.
    others : int
        How many more conditions there are.
    source, condition : str
        What stands after FROM and after WHERE.
    selected : str
        What stands between SELECT (DISTINCT, TOP) and FROM.
    """

    table: str = ""
    is_upload: bool = False
    top: int | None = None
    columns: int | None = None
    is_one_row: bool = False
    is_grouped: bool = False
    has_where: bool = False
    regions: tuple[Region, ...] = ()
    equal: dict[str, int] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    others: int = 0
    source: str = ""
    condition: str = ""
    selected: str = ""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


def read_query(adql: str) -> ReadQuery | None:
    """What a query says for certain, or None where it is not one SELECT that can be read."""
    tokens = _tokens(adql)
    if not tokens or tokens[0].upper != "SELECT":
        return None
    clauses = _clauses(tokens)
    if clauses is None or "FROM" not in clauses:
        return None
    selected, top, is_distinct = _selection(clauses["SELECT"])
    if selected is None:
        return None
    items = _split(selected, ",")
    is_star = any(item and item[-1].text == "*" and (len(item) == 1 or item[-2].text == ".") for item in items)
    is_grouped = is_distinct or "GROUP" in clauses or "HAVING" in clauses
    table, is_upload = _table(clauses["FROM"])
    regions: list[Region] = []
    equal: dict[str, int] = {}
    ranges: dict[str, tuple[float, float]] = {}
    others = 0
    for condition in _conjuncts(clauses.get("WHERE", [])):
        region = _region(condition)
        constants = _equality(condition)
        bounds = _range(condition)
        if region is not None:
            regions.append(region)
        elif constants is not None:
            equal[constants[0]] = min(constants[1], equal.get(constants[0], constants[1]))
        elif bounds is not None:
            name, low, high = bounds
            before = ranges.get(name, (-math.inf, math.inf))
            ranges[name] = (max(low, before[0]), min(high, before[1]))
        else:
            others += 1
    return ReadQuery(
        table=table,
        is_upload=is_upload,
        top=top,
        columns=None if is_star else len(items),
        is_one_row=not {"GROUP", "HAVING"} & set(clauses) and bool(items) and all(_is_aggregate(i) for i in items),
        is_grouped=is_grouped,
        has_where="WHERE" in clauses,
        regions=tuple(regions),
        equal=equal,
        ranges=ranges,
        others=others,
        source=_text(adql, clauses["FROM"]),
        condition=_text(adql, clauses.get("WHERE", [])),
        selected=_text(adql, selected),
    )


def _text(adql: str, tokens: Sequence[_Token]) -> str:
    return " ".join(adql[tokens[0].start : tokens[-1].end].split()) if tokens else ""


def _tokens(adql: str) -> list[_Token] | None:
    out: list[_Token] = []
    at = 0
    while at < len(adql):
        match = _TOKEN.match(adql, at)
        if match is None:
            return None
        if match.lastgroup != "space":
            out.append(_Token(str(match.lastgroup), match[0], at, match.end()))
        at = match.end()
    while out and out[-1].text == ";":
        out.pop()
    return out if not any(t.text == ";" for t in out) else None


def _depths(tokens: Sequence[_Token]) -> list[int] | None:
    depth, out = 0, []
    for token in tokens:
        if token.text == ")":
            depth -= 1
        out.append(depth)
        if token.text == "(":
            depth += 1
        if depth < 0:
            return None
    return out if depth == 0 else None


def _clauses(tokens: Sequence[_Token]) -> dict[str, list[_Token]] | None:
    """The clauses of the outermost SELECT, without their first word; None where it is joined with another one."""
    depths = _depths(tokens)
    if depths is None:
        return None
    out: dict[str, list[_Token]] = {}
    here: list[_Token] = []
    for token, depth in zip(tokens, depths, strict=True):
        if depth == 0 and token.kind == "word":
            if token.upper in _JOINED:
                return None
            if token.upper in _CLAUSES:
                if token.upper in out:
                    return None
                here = out[token.upper] = []
                continue
        here.append(token)
    if "LIMIT" in out or ("OFFSET" in out and "ORDER" not in out and not out["OFFSET"]):
        return None  # no ADQL; a service that takes it may mean anything
    return out


def _selection(tokens: list[_Token]) -> tuple[list[_Token] | None, int | None, bool]:
    top, is_distinct, rest = None, False, list(tokens)
    if rest and rest[0].upper in ("DISTINCT", "ALL"):
        is_distinct = rest.pop(0).upper == "DISTINCT"
    if len(rest) > 1 and rest[0].upper == "TOP":
        if not rest[1].text.isdigit():
            return None, None, is_distinct
        top = int(rest[1].text)
        rest = rest[2:]
    return rest or None, top, is_distinct


def _split(tokens: Sequence[_Token], at: str) -> list[list[_Token]]:
    """The parts between commas, or other signs, outside of parentheses."""
    out: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.text == at:
            out.append([])
        else:
            out[-1].append(token)
    return out


def _is_aggregate(item: Sequence[_Token]) -> bool:
    """Whether an item is an aggregate, or made of aggregates and constants alone."""
    found, at = False, 0
    body = list(item)
    for number, token in enumerate(body):
        if token.upper == "AS" and len(body) - number == 2:
            body = body[:number]
            break
    if any(t.upper in _WINDOWS or t.upper == "SELECT" for t in body):
        return False
    while at < len(body):
        token = body[at]
        if token.upper in _AGGREGATES and at + 1 < len(body) and body[at + 1].text == "(":
            found = True
            depth, at = 1, at + 2
            while at < len(body) and depth:
                depth += {"(": 1, ")": -1}.get(body[at].text, 0)
                at += 1
            continue
        if token.kind in ("word", "quoted") and not (found and at == len(body) - 1 and body[at - 1].text == ")"):
            return False  # a column of its own; or the name of the item, which may stand last without AS
        at += 1
    return found


def _table(tokens: list[_Token]) -> tuple[str, bool]:
    is_upload = any(t.upper == "TAP_UPLOAD" or t.text.strip('"').upper() == "TAP_UPLOAD" for t in tokens)
    names: list[str] = []
    at = 0
    while at < len(tokens) and tokens[at].kind in ("word", "quoted"):
        names.append(tokens[at].text.strip('"').lower())
        at += 1
        if at < len(tokens) and tokens[at].text == ".":
            at += 1
            continue
        break
    rest = tokens[at:]
    if rest and rest[0].upper == "AS":
        rest = rest[1:]
    is_alone = bool(names) and (not rest or (len(rest) == 1 and rest[0].kind in ("word", "quoted")))
    return (".".join(names) if is_alone and not is_upload else ""), is_upload


def _conjuncts(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """Conditions joined by AND; one with an OR beside them makes all of them one condition that nothing is known of."""
    if not tokens:
        return []
    out: list[list[_Token]] = [[]]
    depth, is_between = 0, False
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.upper == "OR":
            return [list(tokens)]
        if depth == 0 and token.upper == "BETWEEN":
            is_between = True
        if depth == 0 and token.upper == "AND":
            if not is_between:
                out.append([])
                continue
            is_between = False
        out[-1].append(token)
    flat: list[list[_Token]] = []
    for one in out:
        inner = _bare(one)
        flat += _conjuncts(inner) if len(inner) < len(one) else [one]
    return flat


def _bare(tokens: list[_Token]) -> list[_Token]:
    """What stands in parentheses that enclose all of it."""
    if len(tokens) > 2 and tokens[0].text == "(" and tokens[-1].text == ")":
        depths = _depths(tokens)
        if depths is not None and all(d > 0 for d in depths[1:-1]):
            return tokens[1:-1]
    return tokens


def _column(tokens: Sequence[_Token]) -> str | None:
    """The name of a column, perhaps with its table before it."""
    if not tokens or len(tokens) % 2 == 0:
        return None
    for number, token in enumerate(tokens):
        if (token.kind not in ("word", "quoted")) if number % 2 == 0 else (token.text != "."):
            return None
    return tokens[-1].text.strip('"').lower()


def _constant(tokens: Sequence[_Token]) -> float | None:
    """The value of an expression of numbers alone: ``-5.5``, ``30./3600``."""
    if not tokens or any(t.kind != "number" and t.text not in "+-*/()" for t in tokens):
        return None
    position = 0

    def peek() -> str:
        return tokens[position].text if position < len(tokens) else ""

    def factor() -> float:
        nonlocal position
        sign = peek()
        if sign in ("+", "-"):
            position += 1
            return factor() if sign == "+" else -factor()
        if sign == "(":
            position += 1
            value = total()
            if peek() != ")":
                raise ValueError(sign)
            position += 1
            return value
        if position >= len(tokens) or tokens[position].kind != "number":
            raise ValueError(sign)
        position += 1
        return float(tokens[position - 1].text)

    def product() -> float:
        nonlocal position
        value = factor()
        while peek() in ("*", "/"):
            sign = peek()
            position += 1
            other = factor()
            value = value * other if sign == "*" else value / other
        return value

    def total() -> float:
        nonlocal position
        value = product()
        while peek() in ("+", "-"):
            sign = peek()
            position += 1
            other = product()
            value = value + other if sign == "+" else value - other
        return value

    try:
        value = total()
    except (ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return None
    return value if position == len(tokens) and math.isfinite(value) else None


def _equality(tokens: list[_Token]) -> tuple[str, int] | None:
    for number, token in enumerate(tokens):
        left, right = tokens[:number], tokens[number + 1 :]
        if token.text == "=":
            for one, other in ((left, right), (right, left)):
                name = _column(one)
                is_literal = len(other) == 1 and other[0].kind == "text"
                if name is not None and (is_literal or _constant(other) is not None):
                    return name, 1
            return None
        if token.upper == "IN" and (name := _column(left)) is not None:
            inner = _bare(right)
            if len(inner) == len(right):
                return None
            values = _split(inner, ",")
            if all((len(v) == 1 and v[0].kind == "text") or _constant(v) is not None for v in values):
                return name, len(values)
            return None
    return None


def _range(tokens: list[_Token]) -> tuple[str, float, float] | None:
    words = [t.upper for t in tokens]
    if "BETWEEN" in words and "NOT" not in words:
        at = words.index("BETWEEN")
        if "AND" in words[at:]:
            middle = words.index("AND", at)
            name, low, high = _column(tokens[:at]), _constant(tokens[at + 1 : middle]), _constant(tokens[middle + 1 :])
            return (name, low, high) if name is not None and low is not None and high is not None else None
    for number, token in enumerate(tokens):
        if token.text in ("<", "<=", ">", ">="):
            is_below = token.text.startswith("<")
            name, value = _column(tokens[:number]), _constant(tokens[number + 1 :])
            if name is None:
                name, value, is_below = _column(tokens[number + 1 :]), _constant(tokens[:number]), not is_below
            if name is None or value is None:
                return None
            return (name, -math.inf, value) if is_below else (name, value, math.inf)
    return None


# --- parts of the sky


def _call(tokens: list[_Token], name: str) -> list[list[_Token]] | None:
    """The arguments of a call that is all there is."""
    if len(tokens) > 2 and tokens[0].upper == name and tokens[1].text == "(":
        inner = _bare(tokens[1:])
        if len(inner) == len(tokens) - 3:
            return _split(inner, ",")
    return None


def _region(tokens: list[_Token]) -> Region | None:
    """The region of ``1 = CONTAINS(POINT(...), CIRCLE(...))`` or of ``DISTANCE(POINT(...), POINT(...)) < r``."""
    for number, token in enumerate(tokens):
        left, right = _bare(tokens[:number]), _bare(tokens[number + 1 :])
        if token.text == "=":
            for one, other in ((left, right), (right, left)):
                if _constant(one) == 1.0 and (parts := _call(other, "CONTAINS")) is not None and len(parts) == 2:
                    return _shape(parts[1]) if _is_point_of_columns(parts[0]) else None
            return None
        if token.text in ("<", "<=", ">", ">="):
            near, far = (left, right) if token.text.startswith("<") else (right, left)
            radius, parts = _constant(far), _call(near, "DISTANCE")
            if radius is None or parts is None:
                return None
            if len(parts) == 2:
                places = [p for p in (_point(part) for part in parts) if p is not None]
                return _circle(*places[0], radius) if len(places) == 1 else None
            if len(parts) == 4:
                pairs = [(_constant(parts[i]), _constant(parts[i + 1])) for i in (0, 2)]
                known = [(a, b) for a, b in pairs if a is not None and b is not None]
                return _circle(*known[0], radius) if len(known) == 1 else None
            return None
    return None


def _without_frame(parts: list[list[_Token]]) -> list[list[_Token]] | None:
    """The arguments after the frame; None where it is another one than ICRS or the like."""
    if parts and len(parts[0]) == 1 and parts[0][0].kind == "text":
        frame = parts[0][0].text.strip("'").strip().upper()
        return parts[1:] if not frame or frame.startswith(("ICRS", "FK5", "J2000", "UNKNOWN")) else None
    return parts


def _point(tokens: list[_Token]) -> tuple[float, float] | None:
    parts = _without_frame(_call(tokens, "POINT") or [])
    if not parts or len(parts) != 2:
        return None
    ra, dec = _constant(parts[0]), _constant(parts[1])
    return (ra, dec) if ra is not None and dec is not None else None


def _is_point_of_columns(tokens: list[_Token]) -> bool:
    parts = _without_frame(_call(tokens, "POINT") or [])
    return _column(tokens) is not None or (
        parts is not None and len(parts) == 2 and all(_column(p) is not None for p in parts)
    )


def _shape(tokens: list[_Token]) -> Region | None:
    if (parts := _call(tokens, "CIRCLE")) is not None:
        inner = _without_frame(parts)
        if inner is not None and len(inner) == 2:
            place, radius = _point(inner[0]), _constant(inner[1])
            return _circle(*place, radius) if place is not None and radius is not None else None
        if inner is not None and len(inner) == 3:
            ra, dec, radius = (_constant(p) for p in inner)
            return _circle(ra, dec, radius) if ra is not None and dec is not None and radius is not None else None
    if (parts := _call(tokens, "POLYGON")) is not None:
        inner = _without_frame(parts) or []
        numbers = [_constant(p) for p in inner]
        if len(numbers) >= 6 and len(numbers) % 2 == 0 and all(n is not None for n in numbers):
            flat = [float(n) for n in numbers if n is not None]
            return polygon(list(zip(flat[::2], flat[1::2], strict=True)))
    return None


def cap_area(radius: float) -> float:
    """The area of a circle on the sky, square degrees, for a radius in degrees."""
    return 2.0 * math.pi * (1.0 - math.cos(math.radians(min(180.0, max(0.0, radius))))) * math.degrees(1.0) ** 2


def _circle(ra: float, dec: float, radius: float) -> Region | None:
    if not -90.0 <= dec <= 90.0 or radius < 0.0:
        return None
    return Region(cap_area(radius), ra % 360.0, dec, min(180.0, radius))


def polygon(corners: list[tuple[float, float]]) -> Region | None:
    """The area within great circles from corner to corner, as the sum of triangles around their middle."""
    if any(not -90.0 <= dec <= 90.0 for _ra, dec in corners):
        return None
    vectors = [_vector(ra, dec) for ra, dec in corners]
    if vectors[0] == vectors[-1] and len(vectors) > 3:
        vectors = vectors[:-1]
    middle = [sum(v[i] for v in vectors) for i in range(3)]
    length = math.sqrt(sum(x * x for x in middle))
    if length < 1e-9:
        return None
    # Triangles from the middle, by the solid angle of each (Van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207).
    centre = [x / length for x in middle]
    solid = 0.0
    for one, two in zip(vectors, [*vectors[1:], vectors[0]], strict=True):
        triple = (
            centre[0] * (one[1] * two[2] - one[2] * two[1])
            + centre[1] * (one[2] * two[0] - one[0] * two[2])
            + centre[2] * (one[0] * two[1] - one[1] * two[0])
        )
        solid += 2.0 * math.atan2(triple, 1.0 + _dot(centre, one) + _dot(one, two) + _dot(two, centre))
    area = abs(solid) * math.degrees(1.0) ** 2
    ra = math.degrees(math.atan2(centre[1], centre[0])) % 360.0
    dec = math.degrees(math.asin(max(-1.0, min(1.0, centre[2]))))
    share = min(1.0, abs(solid) / (4.0 * math.pi))
    return Region(area, ra, dec, math.degrees(math.acos(1.0 - 2.0 * share)))


def _vector(ra: float, dec: float) -> tuple[float, float, float]:
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)


def _dot(one: Sequence[float], two: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, two, strict=True))
