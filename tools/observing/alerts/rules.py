"""Rules as data: on which alerts to propose observations, and which.  Described in docs/how-to/watch-alerts.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.conditions import UNITS, check_conditions
from gnomon.tools.observing.documents.fields import Fields, begin, document_digest, items
from gnomon.tools.observing.documents.files import document_in
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.times import text_of

FORM = "gnomon alert rules"
REQUESTS_FORM = "gnomon observing requests"
PLACES = ("position", "sky_map")
_KEY = re.compile(r"[A-Za-z0-9_]{1,40}")
_DAY = 86400.0
# Rules are read with the fields of observing documents, whose errors name the page of those.
_THEIRS, _OURS = "docs/reference/observing.md", "docs/how-to/watch-alerts.md"


@dataclass(frozen=True)
class Template:
    """What a rule proposes.

    Attributes
    ----------
    priority : float
        Of requests that do not say their own.
    span, expires : float
        How long from the moment of the proposal the requests are for, and how long the proposal holds, seconds.
    telescopes : tuple of str
        Of visits that do not name theirs; empty for any.
    place : str
        ``position``, or ``sky_map``: the sky map is to be tiled first.
    requests : tuple of dict
        As in a requests document, without target; the target is what the alert is about.
    rest : dict
        ``defaults`` and ``programmes`` of the requests document.
    """

    priority: float
    span: float
    expires: float
    telescopes: tuple[str, ...] = ()
    place: str = "position"
    requests: tuple[dict[str, Any], ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """One rule: when it matches, and what it proposes.  ``digest`` is SHA-256 of its canonical JSON."""

    key: str
    title: str
    when: Mapping[str, Any]
    template: Template
    digest: str


def read_rules_document(document: dict[str, Any], name: str = "The rules") -> tuple[Rule, ...]:
    """Check a document of rules and give it typed.

    Parameters
    ----------
    document : dict
        Plain JSON.
    name : str
        What errors call it.

    Raises
    ------
    InputError
        Naming what is wrong, conditions and requests included.
    """
    rules: dict[str, Rule] = {}
    with _described_with_rules():
        fields = begin(document, FORM, name)
        for row, told in zip(items(rows := fields.list("rules", required=True), f"{name}: rule"), rows, strict=True):
            rule = _rule(row, told)
            if rule.key in rules:
                raise InputError(f"{row.where} stands there twice.", remedy="Give every rule a key of its own.")
            rules[rule.key] = rule
        fields.end()
        if not rules:
            raise InputError(f"{name} has no rule.", remedy="Write one, or leave the file out.")
    for rule in rules.values():
        if rule.template.requests:  # so that what is wrong is told now, and not when the alert comes
            specimen = requests_document(rule, {"name": "any", "ra": 0.0, "dec": 0.0}, "any", 61000.0)
            read_requests_document(specimen, f"{name}: rule {rule.key!r}: propose")
    return tuple(rules.values())


@contextmanager
def _described_with_rules() -> Iterator[None]:
    """What is wrong in here is described on the page on alerts; what is wrong inside a request stands on that of observing documents."""
    try:
        yield
    except InputError as error:
        remedy = error.remedy.replace(f"{_THEIRS} lists every key", f"{_OURS} shows rules, and lists what they may say")
        remedy = remedy if "docs/" in remedy else f"{remedy} {_OURS} shows rules, and lists what they may say.".lstrip()
        raise InputError(error.what, remedy=remedy) from error


def rules_in(path: Path) -> tuple[Rule, ...]:
    """The rules in a file, YAML or JSON."""
    if not path.is_file():
        raise InputError(f"There is no file called {path.name}.", remedy="Check the path of the rules.")
    with _described_with_rules():
        document = document_in(path)
    return read_rules_document(document, path.name)


def requests_document(rule: Rule, target: Mapping[str, Any], prefix: str, opened: float) -> dict[str, Any]:
    """The requests document of a rule for one target.

    Parameters
    ----------
    rule : Rule
    target : mapping
        As in a requests document.
    prefix : str
        Stands before the keys of requests, so that those of several events can be put together.
    opened : float
        MJD (UTC), from which the span is reckoned.
    """
    template = rule.template
    start = round(opened * _DAY) / _DAY
    requests = []
    for told in template.requests:
        request = {"priority": template.priority, **told}
        request |= {"key": f"{prefix}.{told['key']}", "target": dict(target)}
        if template.telescopes:
            request["visits"] = [{"telescopes": list(template.telescopes), **v} for v in told["visits"]]
        requests.append(request)
    return {
        "form": REQUESTS_FORM,
        "version": 1,
        "span": {"start": text_of(start), "end": text_of(start + template.span / _DAY)},
        **template.rest,
        "requests": requests,
    }


def telescopes_named(rule: Rule) -> tuple[str, ...]:
    """The telescopes that a rule names, in conditions and in what it proposes."""
    found = list(rule.template.telescopes)
    found += [k for request in rule.template.requests for v in request["visits"] for k in v.get("telescopes") or ()]
    return tuple(dict.fromkeys(found + [k for told in _asked_of_the_sky(rule.when) for k in told["telescopes"]]))


def asks_the_sky(rule: Rule) -> bool:
    """Whether a condition of a rule is about what can be observed."""
    return bool(_asked_of_the_sky(rule.when))


def _asked_of_the_sky(condition: Mapping[str, Any]) -> list[dict[str, Any]]:
    inner = [condition["not"]] if "not" in condition else condition.get("all") or condition.get("any") or []
    own = [condition["observable"]] if "observable" in condition else []
    return own + [told for part in inner for told in _asked_of_the_sky(part)]


def _rule(row: Fields, told: Any) -> Rule:
    key = row.text("key", required=True)
    if not _KEY.fullmatch(key):
        raise InputError(
            f"{row.where}: the key must be letters, digits and underscores.", remedy="Write close_mergers."
        )
    title = row.text("title")
    when = row.take("when", required=True)
    check_conditions(when, f"{row.where}: when")
    propose = row.inside("propose", required=True)
    assert propose is not None
    template = _template(propose)
    row.end()
    return Rule(key, title, when, template, document_digest(told))


def _template(row: Fields) -> Template:
    place = row.choice("place", PLACES, "position")
    requests = row.list("requests", required=place == "position")
    for inner in requests:
        key = inner.get("key") if isinstance(inner, dict) else None
        if not isinstance(key, str) or not _KEY.fullmatch(key) or not isinstance(inner.get("visits"), list):
            raise InputError(
                f"{row.where}: a request needs a key of letters, digits and underscores, and visits.",
                remedy="Write requests as in docs/reference/observing.md, without target.",
            )
        if "target" in inner:
            raise InputError(f"{row.where}: request {key!r} has a target.", remedy="Leave it out: it is the alert's.")
        if not all(isinstance(v, dict) for v in inner["visits"]):
            raise InputError(f"{row.where}: a visit of {key!r} is no mapping.", remedy="Write {key: …, mode: …}.")
    if place == "position" and not requests:
        raise InputError(f"{row.where} has no request.", remedy="Say what is to be observed.")
    if place == "sky_map" and requests:
        raise InputError(
            f"{row.where} has requests, and the place is a sky map.",
            remedy="Leave them out: tiling the map makes them.",
        )
    rest = {k: v for k in ("defaults", "programmes") if (v := row.take(k)) is not None}
    template = Template(
        priority=row.required_number("priority", 0, above=True),
        span=_time(row, "span"),
        expires=_time(row, "expires"),
        telescopes=row.texts("telescopes") or (),
        place=place,
        requests=tuple(requests),
        rest=rest,
    )
    row.end()
    return template


def _time(row: Fields, key: str) -> float:
    told = row.inside(key, required=True)
    assert told is not None
    unit = told.choice("unit", tuple(UNITS["s"]))
    value = told.required_number("value", 0, above=True) * UNITS["s"][unit]
    told.end()
    return value
