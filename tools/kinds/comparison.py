"""Whether a value that was made again is the one that was recorded, in the class of comparison that its tool declares.

==============  =========================  ============================================================================
class           for                        passes when
==============  =========================  ============================================================================
`exact`         selections, text, counts   content is equal bit for bit
`content`       tables whose file may      content is equal bit for bit
                differ
`float64`       fits and reductions        no number differs by more than 1e-10 of the scale of its array
`float32`       single-precision work      the same with 1e-5
`decision`      labels, flags, detections  all but floats is equal, save in rows whose margin to the threshold is below
                                           the bound of floats, which are listed; floats as in `float64`
`statistical`   draws and what is          on the same machine, from the same inputs, as `float64`; else differences are
                counted from them          within the Monte-Carlo error of the draws
`view`          figures                    never compared; their tables are
==============  =========================  ============================================================================

In every class names, order, units and types of columns, rows, masks, text and whole numbers must be equal, and NaN and
infinities must stand in the same places.  Bit for bit means what the digests of the kinds mean by it: 0.0 and -0.0
differ, one NaN is as good as another, and what lies under a mask is nothing.

Scale: the largest finite magnitude in the recorded array, that is the column or variable; a single number in the
metadata is its own scale.  An array of zeros has none, so that zeros must stay zeros.  Tolerances are normwise because
rounding errors of sums and products are bounded by the size of what was summed, not by the size of the result, which
may have cancelled (Higham 2002, doi:10.1137/1.9780898718027, section 3.1); an elementwise bound fails right answers
there.  A row of measurements, whose column of values mixes units, is an array by itself.

Constants of the class `statistical`, each with its reason, stand beside them below.
"""

# Long because all classes share how rows are matched, differences tallied and sentences made.

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import NormalDist
from typing import Any

from gnomon.tools.arviz_import import import_arviz
from gnomon.tools.errors import ReplayError
from gnomon.tools.kinds.tables import plain

# From the strictest to the loosest.
CLASS_ORDER = ("exact", "content", "float64", "float32", "decision", "statistical")

# 1e-10 leaves 4e5 double roundings of 2.2e-16, 1e-5 leaves 80 single ones of 1.2e-7.  Measured: products of matrices of
# 1500 x 1500 in single precision on two kernels of OpenBLAS differ by 5e-7 of the scale, threads in double precision by
# 3e-16.
CLASS_BOUNDS = {"exact": 0.0, "content": 0.0, "float64": 1e-10, "float32": 1e-5, "decision": 1e-10, "statistical": 1.0}

# A difference above this part of the quoted uncertainty is always told: published uncertainties have two digits.
TOLD_SIGMA = 0.01

# Chance that two good sets of draws are called different: one comparison in a thousand.  Bonferroni's inequality shares
# it out over all numbers that are compared, whatever their correlation, and gives the k of "within k standard errors".
FALSE_DIFFERENCE = 1e-3

# Widths may differ by this part beyond their Monte-Carlo error; half a unit of the second digit of a published
# uncertainty.
WIDTH_SLACK = 0.05

# Vehtari et al. 2021, doi:10.1214/20-BA1221, ask for at least 400 effective draws.  Their R-hat of 1.01 is for four
# long chains; the forty and more short chains of ensemble samplers are above 1 by one over the effective draws of a
# chain.
HIGHEST_R_HAT, FEWEST_EFFECTIVE = 1.05, 400.0

# Measurements: the columns by which they are known.
MEASURED = ("quantity", "of", "value", "lower", "upper", "level", "unit")
FULL_TURN = {"deg": 360.0, "rad": 2.0 * math.pi}

# Only as many rows are named; more would drown the rest.
NAMED_ROWS = 20


@dataclass(frozen=True)
class Compared:
    """What a comparison found.

    Attributes
    ----------
    outcome : str
        ``identical``, ``within tolerance``, ``different`` or, for figures, ``view``.
    comparison : str
        The class that was applied.
    what : str
        What a person should know, in plain words.
    worst : float or None
        Largest difference in units of the class's scale: of the array's scale, and in the class `statistical` of the
        largest difference that chance allows.  Infinite where an array of zeros is no longer one.
    bound : float or None
        What `worst` may be at most.
    sigma : float or None
        Largest difference in units of the quoted uncertainty (one standard deviation), None where none is quoted.
    where : dict or None
        Where `worst` is: ``column``, ``row`` (counted from 0 in the recorded table) and ``id``, or ``variable`` and
        ``element``.
    rows : dict or None
        For tables: ``key`` (columns by which rows were matched; none means by position), ``added`` and ``removed``
        (each a ``count`` and the first ``ids``) and ``changed``, the number of matched rows with any other bit.
    listed : tuple of str
        Rows whose labels may differ because they lie at a threshold.
    """

    outcome: str
    comparison: str
    what: str
    worst: float | None = None
    bound: float | None = None
    sigma: float | None = None
    where: dict[str, Any] | None = None
    rows: dict[str, Any] | None = None
    listed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; an infinite number becomes the text ``inf``."""
        form: dict[str, Any] = plain(asdict(self), "comparison")
        return form


@dataclass
class Tally:
    """What has been seen so far while two values are gone through."""

    bound: float  # for ratios that are noted
    meta_bound: float | None  # for numbers in the metadata, None where they are not judged
    faults: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    worst: float = 0.0
    place: str = ""
    where: dict[str, Any] | None = None
    sigma: float | None = None
    sigma_place: str = ""
    rows: dict[str, Any] | None = None

    def note(self, ratio: float, place: str, where: dict[str, Any]) -> None:
        """Keep a difference if it is the largest."""
        if ratio > self.worst:
            self.worst, self.place, self.where = float(ratio), place, where

    def note_sigma(self, sigma: float, place: str) -> None:
        """Keep a difference in units of the uncertainty if it is the largest."""
        if self.sigma is None or sigma > self.sigma:
            self.sigma, self.sigma_place = float(sigma), place


def weakest(classes: Iterable[str]) -> str:
    """The class to compare a value in, from its own class and those of its ancestors that were not identical.

    A number computed from draws that are equal in distribution only can be no more than that itself.

    Parameters
    ----------
    classes : iterable of str
        Out of `CLASS_ORDER`; ``view`` has no say.

    Returns
    -------
    str
        The loosest of them; ``exact`` for none.

    Raises
    ------
    ReplayError
        For a class that is not known.
    """
    found = [c for c in classes if c != "view"]
    for name in found:
        if name not in CLASS_ORDER:
            raise ReplayError(f"There is no comparison class {name!r}.", remedy=f"Use one of {', '.join(CLASS_ORDER)}.")
    return max(found, key=CLASS_ORDER.index, default="exact")


def compare(
    recorded: dict[str, Any],
    replayed: dict[str, Any],
    comparison: str,
    *,
    same_machine: bool,
    ancestors: Iterable[str] = (),
) -> Compared:
    """Compare two values.

    Parameters
    ----------
    recorded, replayed : dict
        From ``parts`` of the kind's codec.
    comparison : str
        The class that the tool declares.
    same_machine : bool
        Whether both were made on the same class of machine (processor and threads, or graphics card and its driver).
    ancestors : iterable of str
        Classes of the values that this one was computed from, directly or not, and that did not come out identical.
        They loosen the class (see `weakest`), lend a `decision` their bound for floats, and take from draws the demand
        to be equal on the same machine, since a sampler makes other draws of an input with another last bit.

    Returns
    -------
    Compared
        NaN and infinities are equal to themselves; masked values are equal to masked values.

    Raises
    ------
    ReplayError
        For a class that is not known.

    References
    ----------
    Monte-Carlo errors, R-hat and effective draws: Vehtari et al. 2021, doi:10.1214/20-BA1221.
    """
    if comparison == "view":
        return Compared("view", "view", "A figure is not compared; the tables that it shows are.")
    before = tuple(ancestors)
    used = weakest((comparison, *before))
    if used == "statistical" and same_machine and not before:
        used = "float64"
    loose = used == "statistical"
    bound = CLASS_BOUNDS[used]
    if used == "decision":
        bound = max(CLASS_BOUNDS[c] for c in (used, *before) if c in CLASS_BOUNDS)
    if same_content(recorded, replayed):
        certain = 0.0 if recorded["form"] == "posterior" or _uncertainties(recorded["columns"], recorded) else None
        return Compared("identical", used, "Both are the same to the last bit.", 0.0, bound, certain)
    tally = Tally(bound, None if loose else bound)
    fault = _form_fault(recorded, replayed, loose)
    if fault:
        tally.faults.append(fault)
    else:
        _compare_headers(tally, recorded["header"], replayed["header"])
        if recorded["form"] == "table":
            _compare_tables(tally, recorded, replayed, used)
        elif loose:
            _compare_draws(tally, recorded, replayed)
        else:
            for name, array in recorded["columns"].items():
                _compare_variable(tally, name, array, replayed["columns"][name], 1.0)
            _note_draw_sigmas(tally, recorded, replayed)
    return _verdict(tally, used, same_machine and not before)


def same_content(recorded: dict[str, Any], replayed: dict[str, Any]) -> bool:
    """Whether two values are equal bit for bit, as the digests of the kinds see it."""
    import numpy as np

    if recorded["form"] != replayed["form"]:
        return False
    # As text, since 1, 1.0 and True, or 0.0 and -0.0, are equal to Python and not the same content.
    one, other = (json.dumps(p["header"], sort_keys=True) for p in (recorded, replayed))
    if one != other or set(recorded["masks"]) != set(replayed["masks"]):
        return False
    masks_agree = all(np.array_equal(recorded["masks"][n], replayed["masks"][n]) for n in recorded["masks"])
    return masks_agree and all(
        a.shape == replayed["columns"][n].shape and bool(_same_bits(a, replayed["columns"][n]).all())
        for n, a in recorded["columns"].items()
    )


def _same_bits(x: Any, y: Any) -> Any:
    """Elementwise: equal, with the sign of zeros, and any NaN equal to any other."""
    import numpy as np

    if x.dtype.kind != "f":
        return np.asarray(x == y)
    return ((x == y) & (np.signbit(x) == np.signbit(y))) | (np.isnan(x) & np.isnan(y))


def _verdict(tally: Tally, used: str, expected_bits: bool) -> Compared:
    """Outcome and sentence from what was seen."""
    loose = used == "statistical"
    size = f"{tally.worst:.3g} of what chance allows" if loose else f"{tally.worst:.3g} of its scale"
    allowed = "" if loose else f", and {tally.bound:g} is allowed"
    exact = used in ("exact", "content")
    if tally.faults:
        outcome, what = "different", tally.faults[0]
        if len(tally.faults) > 1:
            what += " There are further differences."
    elif tally.worst > tally.bound:
        outcome, what = "different", f"{tally.place[:1].upper()}{tally.place[1:]} differs by {size}{allowed}."
    else:
        outcome = "different" if exact else "within tolerance"
        what = f"The largest difference, in {tally.place}, is {size}{allowed}."
        if not tally.worst:
            what = (
                "All numbers are equal, but not bit for bit: a zero has another sign, or a whole number another form."
            )
            if tally.listed:
                what = "All numbers are equal."
        if expected_bits and not exact:
            what += " On the same machine and from the same inputs the same bits were to be expected."
    if tally.listed:
        many = len(tally.listed)
        names = "; ".join(tally.listed[:NAMED_ROWS]) + ("; ..." if many > NAMED_ROWS else "")
        what += f" {many} {'row lies' if many == 1 else 'rows lie'} so near a threshold that chance decides: {names}."
    if tally.sigma is not None and tally.sigma > TOLD_SIGMA:
        what += (
            f" In units of the quoted uncertainty the largest difference is {tally.sigma:.2g}, in {tally.sigma_place}."
        )
    return Compared(
        outcome, used, what, tally.worst, tally.bound, tally.sigma, tally.where, tally.rows, tuple(tally.listed)
    )


# ---------------------------------------------------------------------------------------------------------- headers


def _form_fault(recorded: dict[str, Any], replayed: dict[str, Any], loose: bool) -> str:
    """Sentence on the first difference in names, order, types, units or shapes; empty for none."""
    if recorded["form"] != replayed["form"]:
        return f"There was a {recorded['form']} and there is a {replayed['form']} now."
    word = "Variable" if recorded["form"] == "posterior" else "Column"
    old, new = ({c["name"]: c for c in p["header"]["columns"]} for p in (recorded, replayed))
    gone, come = [n for n in old if n not in new], [n for n in new if n not in old]
    if gone or come:
        said = [f"{word} {', '.join(map(repr, gone))} is gone" if gone else "", f"{', '.join(map(repr, come))} is new"]
        return (said[0] + (f" and {said[1]}" if come else "") if gone else f"{word} {said[1]}") + "."
    if list(old) != list(new):
        return f"The columns are in another order: they were {', '.join(old)} and are {', '.join(new)} now."
    for name, was in old.items():
        now = new[name]
        if was["unit"] != now["unit"]:
            return f"{word} {name!r} was in {was['unit'] or 'no unit'} and is in {now['unit'] or 'no unit'} now."
        if was["type"] != now["type"]:
            return f"{word} {name!r} was of type {was['type']} and is of type {now['type']} now."
        any_shape = loose and recorded["form"] == "posterior"  # samplers may take as many steps as they need
        if was.get("dims") != now.get("dims") or (was["shape"] != now["shape"] and not any_shape):
            return (
                f"{word} {name!r} had the shape {was.get('dims', '')}{was['shape']} and has "
                f"{now.get('dims', '')}{now['shape']} now."
            )
    return ""


def _compare_headers(tally: Tally, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Metadata of the whole, then of each variable."""
    _compare_meta(tally, "", old["meta"], new["meta"])
    for was, now in zip(old["columns"], new["columns"], strict=True):
        _compare_meta(tally, was["name"], was.get("attrs", {}), now.get("attrs", {}))


def _compare_meta(tally: Tally, path: str, old: Any, new: Any) -> None:
    """Metadata, going down; numbers by `Tally.meta_bound`, all else must be equal.

    Text that is JSON is compared as what it says.  Where numbers are not judged (draws that need only be equal in
    distribution), neither is the length of lists: both are the sampler's account of how it went.
    """
    if old == new and type(old) is type(new):
        return
    place = f"the metadata {path!r}"
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(set(old) ^ set(new)):
            tally.faults.append(f"The metadata {f'{path}.{key}'.strip('.')!r} is {'gone' if key in old else 'new'}.")
        for key in sorted(set(old) & set(new)):
            _compare_meta(tally, f"{path}.{key}".strip("."), old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            if tally.meta_bound is not None:
                tally.faults.append(f"The metadata {path!r} had {len(old)} entries and has {len(new)} now.")
        elif all(type(v) is float for v in (*old, *new)):
            _note_meta_numbers(tally, place, path, old, new)
        else:
            for i, (a, b) in enumerate(zip(old, new, strict=True)):
                _compare_meta(tally, f"{path}[{i}]", a, b)
    elif type(old) in (int, float) and type(new) in (int, float):
        if type(old) is int and type(new) is int and tally.meta_bound is not None:
            tally.faults.append(f"The metadata {path!r} was {old} and is {new} now.")
        else:
            _note_meta_numbers(tally, place, path, [old], [new])
    else:
        inner = (_said_json(old), _said_json(new))
        if None not in inner:
            _compare_meta(tally, path, *inner)
        else:
            tally.faults.append(f"The metadata {path!r} was {_as_shown(old)} and is {_as_shown(new)} now.")


def _note_meta_numbers(tally: Tally, place: str, path: str, old: list[float], new: list[float]) -> None:
    if tally.meta_bound is None:
        return
    scale = max(abs(v) for v in old)
    apart = max(abs(a - b) for a, b in zip(old, new, strict=True))
    tally.note(apart / scale if scale else math.inf if apart else 0.0, place, {"metadata": path})


def _said_json(text: Any) -> Any:
    """The list or mapping that a text holds as JSON, or None."""
    if not isinstance(text, str) or text[:1] not in ("[", "{"):
        return None
    try:
        return plain(json.loads(text), "metadata")
    except ValueError:
        return None


def _as_shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


# ----------------------------------------------------------------------------------------------------------- tables


def _compare_tables(tally: Tally, recorded: dict[str, Any], replayed: dict[str, Any], used: str) -> None:
    """Rows, then everything but floats, then floats."""
    import numpy as np

    first, second = _pair_rows(tally, recorded, replayed)
    key = _key_columns(recorded)

    def told(i: int) -> str:
        row = int(i if first is None else first[i])
        return ", ".join(str(recorded["columns"][n][row]) for n in key) if key else f"row {row}"

    def pick(side: dict[str, Any], index: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found, hidden = dict(side["columns"]), dict(side["masks"])
        if index is not None:
            found, hidden = ({n: a[index] for n, a in d.items()} for d in (found, hidden))
        return found, hidden

    (old, old_masks), (new, new_masks) = pick(recorded, first), pick(replayed, second)
    count = len(next(iter(old.values()))) if old else 0
    loose = used == "statistical"
    exempt = {}
    if loose:
        exempt = _limits_and_angles(tally, old, new, told)
    near = _near_threshold(tally, recorded, old, new, count) if used == "decision" else np.zeros(count, bool)
    changed, decided = np.zeros(count, bool), np.zeros(count, bool)
    scales = _scales(recorded, old)
    sigmas = _uncertainties(old, recorded)
    allowed = _chance_allows(old, new, scales, sigmas, exempt) if loose else scales
    for name, x in old.items():
        y = new[name]
        hidden = old_masks.get(name, np.zeros(x.shape, bool)), new_masks.get(name, np.zeros(x.shape, bool))
        seen = ~(hidden[0] | hidden[1])
        changed |= _by_row(~_same_bits(x, y) & seen) | _by_row(hidden[0] != hidden[1])
        wrong = _by_row(hidden[0] != hidden[1])
        if x.dtype.kind == "f":
            apart, mismatch = _distance(x, y, old if name in MEASURED[2:5] and _is_measured(old) else {})
            wrong |= _by_row(mismatch & seen)
            _note_floats(tally, name, np.where(seen, apart, 0.0), allowed[name], sigmas.get(name), told, first)
        else:
            wrong |= _by_row((x != y) & seen)
            wrong &= ~exempt.get(name, np.zeros(count, bool))
        decided |= wrong & near
        for i in np.flatnonzero(wrong & ~near):
            tally.faults.append(_cell_fault(name, told(int(i)), x[i], y[i], hidden[0][i], hidden[1][i]))
            if len(tally.faults) > NAMED_ROWS:
                break
    tally.listed += [told(int(i)) for i in np.flatnonzero(decided)]
    assert tally.rows is not None  # set when rows were paired
    tally.rows["changed"] = int(changed.sum())
    if loose:
        _check_stated_convergence(tally, recorded, replayed)


def _by_row(flags: Any) -> Any:
    """Whether anything in a row is true."""
    return flags.reshape(len(flags), -1).any(axis=1) if flags.ndim > 1 else flags


def _cell_fault(name: str, row: str, was: Any, now: Any, was_hidden: Any, now_hidden: Any) -> str:
    import numpy as np

    if np.ndim(was) == 0:
        old, new = ("masked" if m else _as_shown(v.item()) for v, m in ((was, was_hidden), (now, now_hidden)))
        return f"Column {name!r} of {row} was {old} and is {new} now."
    return f"Column {name!r} of {row} has other values or another mask."


def _key_columns(side: dict[str, Any]) -> list[str]:
    """The fewest leading columns of text or whole numbers that tell all rows apart; none where none do."""
    names: list[str] = []
    for described in side["header"]["columns"]:
        name = described["name"]
        array = side["columns"][name]
        if array.dtype.kind not in "Uiu" or array.ndim != 1 or name in side["masks"]:
            return []
        names.append(name)
        if len(set(zip(*(side["columns"][n].tolist() for n in names), strict=True))) == len(array):
            return names
    return []


def _pair_rows(tally: Tally, recorded: dict[str, Any], replayed: dict[str, Any]) -> tuple[Any, Any]:
    """Indices of the rows that belong together, None for all as they stand; says what has come and gone."""
    import numpy as np

    old, new = recorded["header"]["rows"], replayed["header"]["rows"]
    if not recorded["columns"]:
        tally.rows = {"key": [], "added": {"count": 0, "ids": []}, "removed": {"count": 0, "ids": []}, "changed": 0}
        return None, None
    # Keys of a million rows are slow to look at, and where the leading columns are equal there is no need to.
    leading = next(iter(recorded["columns"]))
    plainly = old == new and bool(_by_row(_same_bits(recorded["columns"][leading], replayed["columns"][leading])).all())
    key: list[str] = []
    if not plainly:
        key = _key_columns(recorded)
        if (not key or key != _key_columns(replayed)) and old != new:
            key = _float_key(recorded, replayed, leading)
        elif key != _key_columns(replayed):
            key = []
    if not key:
        both = np.arange(min(old, new))
        first, second = (None, None) if old == new else (both, both)
        gone, come = (
            [f"row {i}" for i in range(new, old)[:NAMED_ROWS]],
            [f"row {i}" for i in range(old, new)[:NAMED_ROWS]],
        )
        counts = max(0, old - new), max(0, new - old)
    else:
        keys = [list(zip(*(s["columns"][n].tolist() for n in key), strict=True)) for s in (recorded, replayed)]
        at = {k: i for i, k in enumerate(keys[1])}
        pairs = [(i, at[k]) for i, k in enumerate(keys[0]) if k in at]
        first, second = (np.array([p[j] for p in pairs], dtype=int) for j in (0, 1))
        if (np.diff(second) < 0).any():
            tally.faults.append("The rows are in another order.")
        left = [[k for k in one if k not in other] for one, other in ((keys[0], at), (keys[1], dict.fromkeys(keys[0])))]
        gone, come = ([", ".join(map(str, k)) for k in some[:NAMED_ROWS]] for some in left)
        counts = len(left[0]), len(left[1])
    tally.rows = {
        "key": key,
        "added": {"count": counts[1], "ids": come},
        "removed": {"count": counts[0], "ids": gone},
        "changed": 0,
    }
    said = [
        f"{n} {'row is' if n == 1 else 'rows are'} {word} ({'; '.join(ids[:3])}{'; ...' if n > 3 else ''})"
        for n, word, ids in ((counts[0], "gone", gone), (counts[1], "new", come))
        if n
    ]
    if said:
        tally.faults.append(" and ".join(said) + ".")
    return first, second


def _float_key(recorded: dict[str, Any], replayed: dict[str, Any], leading: str) -> list[str]:
    """The leading column of floats, such as times, where most of its values are found in both tables."""
    import numpy as np

    x, y = recorded["columns"][leading], replayed["columns"][leading]
    if x.dtype.kind != "f" or x.ndim != 1 or leading in recorded["masks"] or leading in replayed["masks"]:
        return []
    if any(len(np.unique(a)) < len(a) or not np.isfinite(a).all() for a in (x, y)):
        return []
    return [leading] if 2 * len(np.intersect1d(x, y)) >= max(1, min(len(x), len(y))) else []


def _is_measured(columns: dict[str, Any]) -> bool:
    """Whether these are measurements: numbers with intervals, one row each, in units of their own."""
    return all(n in columns and columns[n].ndim == 1 for n in MEASURED) and all(
        columns[n].dtype.kind == "f" for n in MEASURED[2:6]
    )


def _distance(x: Any, y: Any, measured: dict[str, Any]) -> tuple[Any, Any]:
    """How far apart finite values are, angles the short way round, and where non-finite values do not agree."""
    import numpy as np

    wide = np.result_type(x.dtype, np.float64)
    with np.errstate(all="ignore"):
        apart = np.abs(x.astype(wide) - y.astype(wide))
        finite = np.isfinite(x) & np.isfinite(y)
        for unit, turn in FULL_TURN.items() if measured else ():
            angle = (measured["unit"] == unit) & finite
            apart = np.where(angle, np.abs(apart - turn * np.round(apart / turn)), apart)
    mismatch = ~finite & ~((x == y) | (np.isnan(x) & np.isnan(y)))
    return np.where(finite, apart, 0.0), mismatch


def _largest(array: Any, axis: int | None = None) -> Any:
    """Largest finite magnitude; 0 for none."""
    import numpy as np

    size = np.abs(np.where(np.isfinite(array), array, 0.0)).astype(np.result_type(array.dtype, np.float64))
    return size.max(axis=axis, initial=0.0)


def _scales(recorded: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Scale of each column of floats: one number, or one for each row of measurements."""
    import numpy as np

    scales = {n: _largest(a) for n, a in recorded["columns"].items() if a.dtype.kind == "f"}
    if _is_measured(old):
        row = _largest(np.stack([old[n] for n in MEASURED[2:5]]), axis=0)
        scales.update(dict.fromkeys(MEASURED[2:5], row))
    return scales


def _uncertainties(columns: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """One standard deviation of each value, by column; NaN where none is quoted.

    Of measurements half the interval, divided by how many standard deviations its level is for a normal distribution,
    and for a limit the distance from the bound on the other side likewise.  Of a column ``x`` what ``x_err`` or
    ``x_error`` holds, where its unit is the same.
    """
    import numpy as np

    if _is_measured(columns):
        size = columns["upper"] - columns["lower"]
        limit = columns["limit"] != "" if "limit" in columns else np.zeros(len(size), bool)
        spread = np.where(limit, size, 0.5 * size) / _of_levels(
            columns["level"], lambda p: NormalDist().inv_cdf(0.5 + 0.5 * p)
        )
        spread = np.where(np.isfinite(spread) & (spread > 0), spread, np.nan)
        return dict.fromkeys(MEASURED[2:5], spread)
    units = {c["name"]: c["unit"] for c in recorded["header"]["columns"]}
    found = {}
    for name, array in columns.items():
        for error in (f"{name}_err", f"{name}_error"):
            spread = columns.get(error)
            if spread is None or "f" not in array.dtype.kind + spread.dtype.kind or units[name] != units[error]:
                continue
            if array.shape == spread.shape:
                found[name] = np.where(np.isfinite(spread) & (spread > 0), spread, np.nan)
    return found


def _of_levels(levels: Any, function: Any) -> Any:
    """A function of probabilities between 0 and 1, NaN for what is none."""
    import numpy as np

    values, inverse = np.unique(levels, return_inverse=True)
    return np.array([function(float(p)) if 0.0 < p < 1.0 else np.nan for p in values])[inverse]


def _note_floats(tally: Tally, name: str, apart: Any, scale: Any, spread: Any, told: Any, first: Any) -> None:
    """Largest difference of one column, in units of its scale and of its uncertainty."""
    import numpy as np

    def at(ratio: Any) -> tuple[float, int]:
        flat = int(np.argmax(ratio))
        return float(ratio.reshape(-1)[flat]), int(np.unravel_index(flat, ratio.shape)[0])

    if not apart.size:
        return
    with np.errstate(all="ignore"):
        ratio = np.where(apart > 0, apart / scale, 0.0)
        largest, i = at(ratio)
        row = int(i if first is None else first[i])
        if largest > tally.worst:
            tally.note(largest, f"column {name!r} of {told(i)}", {"column": name, "row": row, "id": told(i)})
        if spread is not None and np.isfinite(spread).any():
            largest, i = at(np.nan_to_num(apart / spread))
            # Told and kept only where it counts: naming a row of a long table takes time.
            tally.note_sigma(largest, f"column {name!r} of {told(i)}" if largest > TOLD_SIGMA else name)


# -------------------------------------------------------------------------------------------------------- decisions


def _near_threshold(
    tally: Tally, recorded: dict[str, Any], old: dict[str, Any], new: dict[str, Any], count: int
) -> Any:
    """Rows that lie at their threshold in both tables, nearer than floats are compared.

    The margin, a statistic less its threshold, is the column ``margin`` or the one that ``meta["margin"]`` names.
    ``meta["margin"]`` may be ``{"column": ..., "scale": ...}`` with the size of the threshold; without it the largest
    recorded margin has to do, and a table of one row at its threshold lists nothing.
    """
    import numpy as np

    said = recorded["header"]["meta"].get("margin", "margin")
    said = said if isinstance(said, dict) else {"column": said}
    name = said.get("column", "margin")
    if name not in old or old[name].dtype.kind != "f" or old[name].ndim != 1:
        return np.zeros(count, bool)
    scale = float(said.get("scale") or _largest(recorded["columns"][name]))
    return (np.abs(old[name]) <= tally.bound * scale) & (np.abs(new[name]) <= tally.bound * scale)


# ------------------------------------------------------------------------------------------------ tables from draws


def _standard_errors(tests: int) -> float:
    """How many standard errors two numbers out of `tests` may lie apart; see `FALSE_DIFFERENCE`."""
    return NormalDist().inv_cdf(1.0 - FALSE_DIFFERENCE / (2.0 * max(1, tests)))


def _quantile_error(p: float) -> float:
    """Standard error of a sample's quantile, times the root of the number of draws, in standard deviations of a normal
    distribution: sqrt(p (1 - p)) over the density there (Stuart & Ord 1994, Kendall's Advanced Theory of Statistics 1,
    chapter 10).  1.25 for a median, 1.51 for the ends of a 68 % interval.
    """
    normal = NormalDist()
    return math.sqrt(p * (1.0 - p)) / normal.pdf(normal.inv_cdf(p))


def _limits_and_angles(tally: Tally, old: dict[str, Any], new: dict[str, Any], told: Any) -> dict[str, Any]:
    """Rows of measurements where draws cannot settle what is said: by column, true where text or numbers may differ.

    A quantity at the edge of being a limit may be one the next time.  Its value is still compared; the interval and its
    level mean something else then.  An angle whose interval is more than half a turn on both sides has no direction.
    Notes may change with any of these.
    """
    import numpy as np

    if not _is_measured(old):
        return {}
    flipped = old["limit"] != new["limit"] if "limit" in old else np.zeros(len(old["value"]), bool)
    open_angle = np.zeros(len(flipped), bool)
    for unit, turn in FULL_TURN.items():
        wide = [side["upper"] - side["lower"] > 0.5 * turn for side in (old, new)]
        open_angle |= (old["unit"] == unit) & wide[0] & wide[1]
    tally.listed += [told(int(i)) for i in np.flatnonzero(flipped | open_angle)]
    bare = {"limit": flipped, "level": flipped, "lower": flipped | open_angle, "upper": flipped | open_angle}
    return {**bare, "value": open_angle, "note": np.full(len(flipped), bool(flipped.any()))}


def _chance_allows(
    old: dict[str, Any], new: dict[str, Any], scales: dict[str, Any], sigmas: dict[str, Any], exempt: dict[str, Any]
) -> dict[str, Any]:
    """Largest difference that two good sets of draws may show, for each float of a table.

    Both sets are taken to have `FEWEST_EFFECTIVE` draws, the fewest that pass as converged, since a table does not say
    how many there were.  A median then has a standard error of 0.063, and the ends of a 68 % interval 0.075 of a
    standard deviation; two of them differ by root 2 of that, and k of those are allowed: 0.35 and 0.43 of a standard
    deviation for k = 4.  A standard error from draws has a relative error of 1/sqrt(2 n), and `WIDTH_SLACK` besides.  A
    number without uncertainty may differ by `WIDTH_SLACK` of its scale, unless it is whole both times, a count; one
    that is far from zero, such as a date, should carry an uncertainty, for that allows it much.
    """
    import numpy as np

    spreads = dict(sigmas)
    measured = _is_measured(old)
    if measured and "limit" in exempt:
        # A limit and an interval of one quantity have other widths; the wider is nearer to what is known of it.
        other = _uncertainties(new, {})
        spreads = {n: np.where(exempt["limit"], np.fmax(s, other[n]), s) for n, s in sigmas.items()}
    errors = _standard_errors(sum(int(np.isfinite(s).sum()) for s in spreads.values())) * math.sqrt(
        2.0 / FEWEST_EFFECTIVE
    )
    allowed: dict[str, Any] = {}
    for name, scale in scales.items():
        x, y = old[name], new[name]
        count = (x == np.round(x)) & (y == np.round(y)) if measured and name == "value" else np.zeros(x.shape, bool)
        bare = np.where(count, CLASS_BOUNDS["float64"], WIDTH_SLACK) * scale
        of = next((n for n in spreads if name in (f"{n}_err", f"{n}_error")), None)
        if name in spreads:
            chance = spreads[name] * errors * _end_errors(old, name, measured)
        elif of is not None:
            chance = spreads[of] * (WIDTH_SLACK + errors / math.sqrt(2.0))
        else:
            chance = np.full(x.shape, np.nan)
        if measured and name == "level":
            bare = np.full(x.shape, CLASS_BOUNDS["float64"]) * scale
        allowed[name] = np.where(np.isfinite(chance), chance, bare)
        if name in exempt:
            allowed[name] = np.where(exempt[name], np.inf, allowed[name])
    return allowed


def _end_errors(old: dict[str, Any], name: str, measured: bool) -> Any:
    """`_quantile_error` of each value: medians, ends of intervals, and limits, which are quantiles at their level."""
    import numpy as np

    if not measured or name == "value":
        return _quantile_error(0.5)
    limit = old["limit"] != "" if "limit" in old else np.zeros(len(old["level"]), bool)
    return _of_levels(np.where(limit, old["level"], 0.5 + 0.5 * old["level"]), _quantile_error)


def _check_stated_convergence(tally: Tally, recorded: dict[str, Any], replayed: dict[str, Any]) -> None:
    """Of measurements that say how well their draws had converged."""
    for side, word in ((recorded, "recorded"), (replayed, "new")):
        meta = side["header"]["meta"]
        _check_convergence(
            tally, word, meta.get("largest_r_hat", 1.0), meta.get("smallest_effective_draws", FEWEST_EFFECTIVE)
        )


def _check_convergence(tally: Tally, word: str, r_hat: Any, effective: Any) -> None:
    if not (float(r_hat) <= HIGHEST_R_HAT and float(effective) >= FEWEST_EFFECTIVE):  # so that NaN does not pass
        tally.faults.append(
            f"The {word} draws have not converged (largest R-hat {float(r_hat):.3f}, {float(effective):.0f} effective "
            "draws), so nothing can be said of their equality."
        )


# ------------------------------------------------------------------------------------------------------- posteriors


def _compare_variable(tally: Tally, name: str, x: Any, y: Any, share: float) -> None:
    """One variable, element by element; differences of floats are noted in units of `share` of the scale."""
    import numpy as np

    if x.shape != y.shape:
        tally.faults.append(f"Variable {name!r} had the shape {list(x.shape)} and has {list(y.shape)} now.")
        return
    if x.dtype.kind != "f":
        if not np.array_equal(x, y):
            tally.faults.append(f"Variable {name!r} has other values.")
        return
    apart, mismatch = _distance(x, y, {})
    if mismatch.any():
        tally.faults.append(f"Variable {name!r} is not finite in other places.")
    if apart.size and apart.max() > 0:
        element = [int(i) for i in np.unravel_index(int(np.argmax(apart)), apart.shape)]
        with np.errstate(all="ignore"):
            ratio = np.float64(apart.max()) / _largest(x) / share
        tally.note(float(ratio), f"variable {name!r}", {"variable": name, "element": element})


def _note_draw_sigmas(tally: Tally, recorded: dict[str, Any], replayed: dict[str, Any]) -> None:
    """Largest difference of any draw in units of the posterior's standard deviation."""
    import numpy as np

    for name, _ in _drawn(recorded):
        x, y = _members(recorded, name), _members(replayed, name)
        spread = x.std(axis=(0, 1))
        for e in np.flatnonzero(spread > 0):
            apart, _mismatch = _distance(x[..., e], y[..., e], {})
            tally.note_sigma(float(apart.max() / spread[e]), f"variable {name!r}")


def _drawn(side: dict[str, Any]) -> list[tuple[str, float]]:
    """Drawn variables of a posterior, those to be reported if any are, with their full turn, 0 for what is no angle."""
    drawn = [c for c in side["header"]["columns"] if c["draws"] and c["name"].startswith("posterior/")]
    drawn = [c for c in drawn if c["attrs"].get("report")] or drawn
    turns = [float(c["attrs"].get("circle", 360.0)) if c["attrs"].get("circular") else 0.0 for c in drawn]
    return [(c["name"], turn) for c, turn in zip(drawn, turns, strict=True)]


def _members(side: dict[str, Any], name: str) -> Any:
    """Draws of one variable with the axes chain, draw, and all others in one."""
    import numpy as np

    dims = next(c["dims"] for c in side["header"]["columns"] if c["name"] == name)
    array = np.moveaxis(side["columns"][name].astype(float), [dims.index("chain"), dims.index("draw")], [0, 1])
    if array.shape[0] == 1:
        # R-hat needs two chains; halves of one do (Vehtari et al. 2021).
        half = array.shape[1] // 2
        array = np.concatenate([array[:, :half], array[:, half : 2 * half]])
    return array.reshape(*array.shape[:2], -1)


def _compare_draws(tally: Tally, recorded: dict[str, Any], replayed: dict[str, Any]) -> None:
    """Posteriors that need only be equal in distribution.

    The reported variables are compared, each by its mean and by half its 68 % interval: that is what goes into
    results.  Other groups hold what was made of single draws, such as a best fit, and how the sampler went; only their
    names and units are compared.
    """
    import numpy as np

    names = _drawn(recorded)
    for described in recorded["header"]["columns"]:
        name = described["name"]
        fixed = name.startswith("posterior/") and not {"chain", "draw"} & set(described["dims"])
        if fixed:
            x, y = recorded["columns"][name], replayed["columns"][name]
            _compare_variable(tally, name, x, y, CLASS_BOUNDS["float64"])
    pairs = []
    for name, turn in names:
        x, y = _members(recorded, name), _members(replayed, name)
        if x.shape[2] != y.shape[2]:
            tally.faults.append(f"Variable {name!r} had {x.shape[2]} elements and has {y.shape[2]} now.")
            continue
        pairs += [(name, e, *_laid_out(x[..., e], y[..., e], turn)) for e in range(x.shape[2])]
    if any(min(p[2].shape[1], p[3].shape[1]) < 4 for p in pairs):
        tally.faults.append("There are fewer than 4 draws in a chain, so nothing can be said of their equality.")
        return
    k = _standard_errors(2 * len(pairs))
    r_hats, effective = [[1.0], [1.0]], [[np.inf], [np.inf]]
    for name, e, x, y in pairs:
        place, where = f"variable {name!r}", {"variable": name, "element": e}
        if np.ptp(x) == 0 or np.ptp(y) == 0:  # held fixed, so there is no Monte-Carlo error
            if np.ptp(x) != np.ptp(y):
                tally.faults.append(f"Variable {name!r} is held fixed in only one of the two.")
            _compare_variable(tally, name, x[0, :1], y[0, :1], CLASS_BOUNDS["float64"])
            continue
        told = [_moments(side) for side in (x, y)]
        for i, one in enumerate(told):
            r_hats[i].append(one["r_hat"])
            effective[i].append(one["effective"])
        centre = abs(told[0]["mean"] - told[1]["mean"])
        width = abs(told[0]["width"] - told[1]["width"])
        chance = k * math.hypot(told[0]["mean_error"], told[1]["mean_error"])
        slack = WIDTH_SLACK * told[0]["width"] + k * math.hypot(told[0]["width_error"], told[1]["width_error"])
        tally.note(centre / chance if centre else 0.0, f"the mean of {place}", where)
        tally.note((width / slack if slack else math.inf) if width else 0.0, f"the width of {place}", where)
        tally.note_sigma(max(centre, width) / told[0]["deviation"], place)
    for i, word in enumerate(("recorded", "new")):
        _check_convergence(tally, word, np.max(r_hats[i]), np.min(effective[i]))


def _laid_out(x: Any, y: Any, turn: float) -> tuple[Any, Any]:
    """Draws of an angle around the recorded circular mean (Mardia & Jupp 1999, doi:10.1002/9780470316979)."""
    import numpy as np

    if not turn:
        return x, y
    centre = np.angle(np.mean(np.exp(2j * np.pi * x / turn))) * turn / (2.0 * np.pi)
    return x - turn * np.round((x - centre) / turn), y - turn * np.round((y - centre) / turn)


def _moments(draws: Any) -> dict[str, float]:
    """Mean and width of draws (chain, draw) with Monte-Carlo errors, rank-normalised R-hat and bulk effective draws.

    The width is half the 68 % interval, which exists for heavy tails too.  The errors of its ends are added in
    quadrature; they are positively correlated, so that errs on the side of a larger error.  Whole numbers, whose
    quantiles jump, have the standard deviation as width.  All by Vehtari et al. 2021, doi:10.1214/20-BA1221.
    """
    import numpy as np

    library = import_arviz()
    ends = NormalDist().cdf(-1.0), NormalDist().cdf(1.0)
    deviation = float(draws.std())
    # From numbers of effective draws, since arviz.mcse of means and deviations fails where numba is installed beside
    # numpy 2.4.
    squares = (draws - draws.mean()) ** 2
    mean_error = deviation / math.sqrt(float(library.ess(draws, method="mean")))
    deviation_error = float(squares.std()) / math.sqrt(float(library.ess(squares, method="mean"))) / (2.0 * deviation)
    end_errors = [float(library.mcse(draws, method="quantile", prob=p)) for p in ends]
    whole = bool((draws == np.round(draws)).all())
    return {
        "mean": float(draws.mean()),
        "deviation": deviation,
        "width": deviation if whole else 0.5 * float(np.ptp(np.quantile(draws, ends))),
        "mean_error": mean_error,
        "width_error": deviation_error if whole else 0.5 * math.hypot(*end_errors),
        "r_hat": float(library.rhat(draws)),
        "effective": float(library.ess(draws)),
    }
