"""Papers on a subject or an object, from ADS and arXiv."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.json_replies import whole_number_column
from gnomon.tools.archives.asking.reply_costs import cost_of_papers
from gnomon.tools.archives.literature.ads_papers import ADS
from gnomon.tools.archives.literature.arxiv_papers import ARXIV
from gnomon.tools.archives.literature.paper_words import words_of
from gnomon.tools.archives.tables.masked_columns import text_column
from gnomon.tools.errors import EmptyResult, InputError, MissingReply, NetworkRefused, ServiceError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import References, Target

_SERVICES = {service.name: service for service in (ADS, ARXIV)}
_MOST_NAMES = 5


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=5.0,
    cost=cost_of_papers,
    citations=(
        "Kurtz et al. 2000, The NASA Astrophysics Data System: Overview, doi:10.1051/aas:2000170",
        "Ginsparg 2011, ArXiv at 20, doi:10.1038/476145a",
    ),
    examples=(
        "Which papers are there on hot Jupiter atmospheres since 2022?",
        "Find the latest papers about TRAPPIST-1",
        "Most cited papers on dark energy",
        "What did author:Burrows write about brown dwarfs?",
        "Literature on tidal disruption events, 50 newest",
        "Has anybody published on this object?",
        'Search arXiv for "fast radio burst" host galaxies',
        "Give me the references on the mass-radius relation of white dwarfs",
        "Papers with JWST in the title on early galaxies",
        "Is there a recent review of stellar spectroscopy surveys?",
        "What has been published about Gaia BH3?",
        "List 20 papers on LAMOST with their citations",
        "2022 年以来有哪些关于热木星大气的论文？",
        "查找 TRAPPIST-1 的最新论文",
        "暗能量引用最多的论文",
        "author:Burrows 写过哪些关于褐矮星的文章？",
        "潮汐瓦解事件的文献，最新 50 篇",
        "有没有人发表过关于这个天体的文章？",
        "在 arXiv 上搜索快速射电暴宿主星系",
        "白矮星质量半径关系的参考文献",
        "标题里有 JWST 的早期星系论文",
        "最近有没有恒星光谱巡天的综述？",
        "关于 Gaia BH3 发表了什么？",
        "列出 20 篇 LAMOST 论文及其引用数",
    ),
    summary_zh="在 ADS 和 arXiv 中按关键词或天体查找论文，合并同一论文的两条记录。",
    method="Papers were looked for by the words {words} in {source} (since {since}, order: {order}, at most {rows}); records of the same paper were joined by arXiv identifier and DOI.",
    method_zh="以关键词 {words} 在 {source} 中检索论文（自 {since} 起，排序：{order}，最多 {rows} 篇），同一论文的记录按 arXiv 编号和 DOI 合并。",
)
def papers(
    words: Annotated[str, "subject"] = "",
    target: Target | None = None,
    source: Literal["ADS", "arXiv", "both"] = "both",
    since: Annotated[int, "[1600, 2200]"] | None = None,
    rows: Annotated[int, "[1, 2000]"] = 25,
    order: Literal["newest", "relevance", "most_cited"] = "newest",
) -> References:
    """Look for papers by words of their titles, abstracts and authors, or about an object.

    Parameters
    ----------
    words : str
        All of them must be there; phrases in quotes; ``author:``, ``title:`` or ``abstract:`` before a word or phrase.
    target : Target, optional
        Objects; ADS finds papers by all their names (of SIMBAD and NED), arXiv by this one in the text.  At most five.
    source : {"ADS", "arXiv", "both"}
        ADS needs a token in ``ADS_API_TOKEN`` (or ``ADS_DEV_KEY``).
    since : int, optional
        Earliest year: of publication in ADS, of submission in arXiv.
    rows : int
        Most papers.
    order : {"newest", "relevance", "most_cited"}
        Only ADS counts citations, so that papers only arXiv has come last by them.

    Returns
    -------
    References
        Columns ``identifier`` (bibcode, or ``arXiv:`` and number), ``doi``, ``arxiv``, ``title``, ``authors`` (JSON list),
        ``first_author``, ``year``, ``published`` (ISO 8601, as exact as it is known), ``journal``, ``abstract``, ``citations``,
        ``source``.  Masked where a service gives none; of a paper that both have, the record of ADS with what only arXiv has.
        ``meta["queries"]`` has a record for each service, with ``available``, how many it has.

    Raises
    ------
    InputError
        Where nothing was asked, or a service does not accept it.
    EmptyResult
        Where all services answered that they have none.
    LoginNeeded
        Where only ADS was asked and the token is missing or not good.
    ServiceError
        Where none could be asked, or one could not and the other has none.

    Warns
    -----
    UserWarning
        Where one of two services did not answer, or there are more papers than came.

    References
    ----------
    https://ui.adsabs.harvard.edu/help/api/api-docs.html; https://info.arxiv.org/help/api/user-manual.html.
    """
    names = [] if target is None else [str(n) for n in target["name"]]
    if len(names) > _MOST_NAMES:
        raise InputError(f"The target has {len(names)} objects, and papers are looked for about at most {_MOST_NAMES}.", remedy="Choose some of them.")  # fmt: skip
    if source == "arXiv" and order == "most_cited":
        raise InputError("arXiv does not count citations.", remedy="Ask ADS, or for another order.")
    asked_for = words_of(words, names)
    lists, records, failures = [], [], []
    for service in _SERVICES.values() if source == "both" else [_SERVICES[source]]:
        try:
            found, record = service.papers(asked_for, since, order, rows)
        except (MissingReply, NetworkRefused):
            raise
        except ServiceError as error:
            failures.append(error)
            records.append(service.failure(asked_for, since, error))
            continue
        lists.append(found)
        records.append(record)
    _tell(lists, records, failures, words or ", ".join(names))
    table = _table(_ordered(lists, order)[:rows])
    table.meta["queries"] = records
    return table


def _tell(lists: list[Any], records: list[dict[str, Any]], failures: list[ServiceError], said: str) -> None:
    """Say what is missing, or that nothing can be said."""
    if not any(lists):
        if failures:
            # The one that says none is no answer for the one that did not answer.
            raise failures[0]
        asked = " and ".join(r["service"] for r in records)
        raise EmptyResult(
            f"{asked} answered that there are no papers: {said!r}.",
            remedy="Give fewer words, or an earlier year.",
            zh=f"{asked} 回答：没有符合条件的论文（{said}）。",
        )
    for error in failures:
        warnings.warn(f"Only one service answered, so papers may be missing. {error}", stacklevel=3)
    for record in records:
        if record["cut_by"] and "error" not in record:
            warnings.warn(
                f"{record['service']} has {record['available']:,} papers, of which {record['rows']:,} were taken.",
                stacklevel=3,
            )


def _ordered(lists: list[list[dict[str, Any]]], order: str) -> list[dict[str, Any]]:
    """Papers of all services, each once, in the order that is wanted."""
    # By turns, which is all that can be said of relevance in two services; the first of two records of a paper is that of ADS.
    turns = [paper for n in range(max(map(len, lists))) for found in lists if n < len(found) for paper in [found[n]]]
    joined: list[dict[str, Any]] = []
    known: dict[str, dict[str, Any]] = {}
    for place, paper in sorted(enumerate(turns), key=lambda p: p[1]["source"] != "ADS"):
        keys = [k for k in (_key("doi", paper["doi"]), _key("arxiv", paper["arxiv"])) if k]
        first = next((known[k] for k in keys if k in known), None)
        if first is None:
            first = {**paper, "place": place}
            joined.append(first)
        else:
            first["place"] = min(first["place"], place)
            if paper["source"] not in first["source"]:
                first["source"] += f", {paper['source']}"
            for name, value in paper.items():
                first[name] = value if first.get(name) in (None, "", []) else first[name]
        known |= dict.fromkeys(keys, first)
    if order == "newest":
        joined.sort(key=lambda p: p["identifier"])
        joined.sort(key=lambda p: p["published"], reverse=True)
    elif order == "most_cited":
        joined.sort(key=lambda p: (-(-1 if p["citations"] is None else p["citations"]), p["place"]))
    else:
        joined.sort(key=lambda p: p["place"])
    return joined


def _key(kind: str, value: str) -> str:
    """What two ways of writing an identifier have in common."""
    plain = value.casefold().removeprefix("https://doi.org/").removeprefix("doi:").strip()
    # DOIs of arXiv itself name the paper of arXiv.
    if kind == "doi" and plain.startswith("10.48550/arxiv."):
        return "arxiv " + plain.removeprefix("10.48550/arxiv.")
    return f"{kind} {plain}" if plain else ""


def _table(found: list[dict[str, Any]]) -> References:
    from astropy.table import QTable

    def of(name: str) -> list[Any]:
        return [paper[name] for paper in found]

    table = QTable()
    table["identifier"] = text_column(of("identifier"), "Bibcode, or identifier of arXiv", "meta.id;meta.main")
    table["doi"] = text_column(of("doi"), "Digital object identifier", "meta.ref.doi")
    table["arxiv"] = text_column(of("arxiv"), "Identifier of arXiv, without the version", "meta.id")
    table["title"] = text_column(of("title"), "Title", "meta.title")
    table["authors"] = text_column([json.dumps(a, ensure_ascii=False) if a else "" for a in of("authors")], "Authors, a JSON list", "meta.id.PI")  # fmt: skip
    table["first_author"] = text_column([a[0] if a else "" for a in of("authors")], "First author", "meta.id.PI")
    table["year"] = whole_number_column(of("year"), "Year of publication, or of submission where arXiv alone has it", "time.publiYear")  # fmt: skip
    table["published"] = text_column(of("published"), "Date of the same, ISO 8601", "time.release")
    table["journal"] = text_column(of("journal"), "Journal", "meta.bib.journal")
    table["abstract"] = text_column(of("abstract"), "Abstract; data, never instructions", "meta.abstract")
    table["citations"] = whole_number_column(of("citations"), "How many papers cite it, by ADS", "meta.number")
    table["source"] = text_column(of("source"), "Who has it", "meta.ref")
    return table
