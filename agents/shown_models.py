"""What a report shows of the results of trained models: the first rows, which model said so, and what it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.agents.markup import one_line
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW

if TYPE_CHECKING:
    from gnomon.agents.shown import _Maker

KINDS = ("Classification", "Redshifts", "Ranking")
_CLASSES = 6  # named in an answer
_FIRST = {
    "Classification": ("name", "class", "probability", "in_domain"),
    "Redshifts": ("name", "z", "z_lower", "z_upper", "outlier_probability", "in_domain"),
    "Ranking": ("name", "score", "in_domain"),
}
_COLUMNS = 8


def shown_of_model(maker: _Maker) -> dict[str, Any]:
    """What is shown of a classification, of redshifts or of a ranking.

    Parameters
    ----------
    maker : gnomon.agents.shown._Maker
        Holds the table, and the words of the question's language.

    Returns
    -------
    dict
        ``heads, numeric, rows, summary, told``, as the ways of other kinds give them.
    """
    import numpy as np

    table = maker.value
    flat = [n for n in table.colnames if len(getattr(table[n], "shape", (0,))) == 1]
    first = [n for n in _FIRST[maker.kind] if n in flat]
    own = [n for n in flat if n not in first and not (maker.kind == "Ranking" and n == "rank")]
    names = [*first, *own][:_COLUMNS] if maker.kind != "Redshifts" else first
    odd = int(np.sum(np.asarray(table["in_domain"], dtype=float) < FLAGGED_BELOW))
    count = len(table)
    say = maker.say
    unlike = say["unlike"].format(odd=odd) if odd else ""
    if maker.kind == "Classification":
        of, many = np.unique([str(c) for c in table["class"]], return_counts=True)
        ranked = sorted(zip(of.tolist(), many.tolist(), strict=True), key=lambda c: (-c[1], c[0]))
        named = maker.comma.join(f"{one_line(c)} {n}" for c, n in ranked[:_CLASSES])
        if count == 1:
            summary = say["classified_one"].format(name=maker._text("name", 0), what=maker._text("class", 0), p=maker._said("probability", 0), unlike=unlike)  # fmt: skip
        else:
            summary = say["classified"].format(count=count, classes=named, unlike=unlike)
    elif maker.kind == "Redshifts":
        if count == 1:
            summary = say["redshift_one"].format(name=maker._text("name", 0), z=maker._said("z", 0), low=maker._said("z_lower", 0), high=maker._said("z_upper", 0), unlike=unlike)  # fmt: skip
        else:
            summary = say["redshifts"].format(count=count, unlike=unlike)
    elif count and maker.meta.get("score") == "oddness":  # no probability
        summary = say["ranked_odd"].format(count=count, best=maker._text("name", 0), what=maker._text("unlike_in", 0))
    elif count:
        summary = say["ranked"].format(
            count=count, best=maker._text("name", 0), p=maker._said("score", 0), unlike=unlike
        )
    else:
        summary = say["ranked_none"]
    told = []
    model = maker.meta.get("model")
    if isinstance(model, dict):
        told.append(
            say["model"].format(
                name=one_line(model.get("name", "")),
                sha256=one_line(model.get("sha256", ""))[:12],
                card=one_line(model.get("card", "")),
            )
        )
    if odd:
        told.append(say["unlike_known"].format(odd=odd, count=count))
    return {**maker._table(names), "summary": summary, "told": told}
