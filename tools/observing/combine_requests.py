"""Several requests documents as one, in which every request keeps its times and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import FORM
from gnomon.tools.observing.documents.tables import document_of, table_of_requests
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.1,
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
    ),
    examples=(
        "Combine these observing requests into one list",
        "Merge the requests of both programmes so that they can be scheduled together",
        "Put my requests and the night's other requests into one document",
        "Join these two request files and keep each one's limits",
        "Only one of all the requests in these documents is to be observed: combine them so",
        "把这些观测申请合并成一份",
        "把两个项目的观测申请合在一起，以便一起排程",
        "将我的申请和今晚其他申请并成一个文件",
        "合并两份申请文件，各自的限制保持不变",
        "把几份申请合起来，其中只观测一个",
    ),
    summary_zh="把几份观测申请合并成一份，每个申请保留自己的时间和限制。",
    method="The observing requests of several documents were combined; each kept its own times and limits.",
    method_zh="把几份文件中的观测申请合并，各自的时间和限制保持不变。",
)
def combine_requests(requests: list[ObservingRequests], one_of: bool = False) -> ObservingRequests:
    """Combine several documents of observing requests into one, so that they are scheduled together.

    Parameters
    ----------
    requests : list of ObservingRequests
        Requests of the same name in different documents get numbers: ``m_31``, ``m_31_2``.
    one_of : bool
        Whether only one of all the requests is to be observed, any of them.

    Returns
    -------
    ObservingRequests
        One row for each visit.  The span reaches from the first beginning to the last end; visits of a document whose span is shorter have it as a window.

    Raises
    ------
    InputError
        Where two documents have programmes of the same key that are not the same.
    """
    documents = [document_of(table) for table in requests]
    begins = min(mjd_of(d["span"]["start"]) for d in documents)
    ends = max(mjd_of(d["span"]["end"]) for d in documents)
    shared = documents[0].get("defaults", {})
    common = {k: v for k, v in shared.items() if all(d.get("defaults", {}).get(k) == v for d in documents)}
    programmes: dict[str, dict[str, Any]] = {}
    made: list[dict[str, Any]] = []
    groups: list[list[str]] = []
    for document in documents:
        for row in document.get("programmes", ()):
            if programmes.setdefault(row["key"], row) != row:
                raise InputError(
                    f"Two of the documents have a programme {row['key']!r}, and not the same one.",
                    remedy="Give one of them another key.",
                )
        keys = _keys([r["key"] for r in document["requests"]], {r["key"] for r in made})
        own = {k: v for k, v in document.get("defaults", {}).items() if k not in common}
        first, last = mjd_of(document["span"]["start"]), mjd_of(document["span"]["end"])
        window = None if (first, last) == (begins, ends) else (first, last)
        for row in document["requests"]:
            visits = [_kept(visit, own, window) for visit in row["visits"]]
            made.append({**row, "key": keys[row["key"]], "visits": visits})
        groups += [[keys[k] for k in group] for group in document.get("one_of", ())]
    if one_of and groups:
        raise InputError(
            "Some of the requests are already such that one of them is enough.",
            remedy="Combine requests without such groups, or write the document by hand.",
        )
    if one_of:
        groups = [[row["key"] for row in made]]
    return table_of_requests(
        {
            "form": FORM,
            "version": 1,
            "span": {"start": text_of(begins), "end": text_of(ends)},
            **({"defaults": common} if common else {}),
            **({"programmes": list(programmes.values())} if programmes else {}),
            "requests": made,
            **({"one_of": groups} if groups and len(made) > 1 else {}),
        }
    )


def _keys(keys: list[str], taken: set[str]) -> dict[str, str]:
    """For each key of a document what it is called where others are taken."""
    out: dict[str, str] = {}
    used = taken | set(keys)
    for key in keys:
        name, number = key, 1
        while name in taken:
            number += 1
            name = f"{key}_{number}" if f"{key}_{number}" not in used else name
        out[key] = name
        used.add(name)
    return out


def _kept(visit: dict[str, Any], limits: dict[str, Any], window: tuple[float, float] | None) -> dict[str, Any]:
    """A visit with the limits and the span of its document where they are not those of all."""
    told = {**{k: v for k, v in limits.items() if k not in visit}, **visit}
    if window is None:
        return told
    first, last = window
    inside = [
        [text_of(max(mjd_of(a), first)), text_of(min(mjd_of(b), last))]
        for a, b in visit.get("windows", [[text_of(first), text_of(last)]])
        if mjd_of(a) < last and mjd_of(b) > first
    ]
    if (
        not inside
    ):  # its windows lie outside of its document's span: nothing can be observed, and it is told so for the window
        inside = visit["windows"]
    return {**told, "windows": inside}
