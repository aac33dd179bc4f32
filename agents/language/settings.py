"""Settings of the language model: where the server is, which model, what may be spent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from gnomon.agents.language.budget import Budget
from gnomon.agents.language.exchange import Prices
from gnomon.tools.errors import UsageError

NO_KEY = "none"
"""Sent where no key is set: the client insists on one, and servers on one's own machine ask for none."""

_KEYS = ("base_url", "model", "timeout", "deadline", "retries", "temperature", "style", "prose", "budget", "prices")
_STYLES = ("auto", "choices", "draft")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Limits:
    """What one planning may spend on a language model.

    The defaults leave room for what a planning needs at most, and end one that runs away: a prompt to the planner has up to
    4,000 tokens and its reply about 1,000, so 100,000 tokens are twenty rounds; 600 s are some fifty plans of a small local
    model at 11 s each.
    """

    requests: int | None = 40
    tokens: int | None = 100_000
    seconds: float | None = 600.0
    cost: float | None = None


@dataclass(frozen=True)
class LanguageSettings:
    """What a person set about the language model; everything has a default.

    Parameters
    ----------
    base_url : str or None
        Address of an OpenAI-compatible server, mostly ending in ``/v1``; None for the one that the client library knows.
    model : str or None
        Name of the model on that server.
    api_key : pydantic.SecretStr or None
        From the environment only; its value is in no repr and no error.
    timeout : float
        Seconds without a byte after which a request is given up.
    deadline : float
        Seconds that one question may take, with all its retries.
    retries : int
        How often a request is repeated where that may help.
    temperature : float
        0 asks for the likeliest words, and for about the same answer to the same question.
    style : {"auto", "choices", "draft"}
        How a model plans; see `gnomon.agents.language.planner.LanguagePlanner`.
    prose : bool
        Whether it writes a paragraph for the report.
    limits : Limits
        Of one planning.
    prices : Prices or None
        Without them costs are unknown.
    """

    base_url: str | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    timeout: float = 120.0
    deadline: float = 300.0
    retries: int = 4
    temperature: float = 0.0
    style: Literal["auto", "choices", "draft"] = "auto"
    prose: bool = False
    limits: Limits = field(default_factory=Limits)
    prices: Prices | None = None

    @property
    def is_set(self) -> bool:
        """Whether a person set up a language model at all: a server or a key, and a model."""
        return bool(self.model and (self.base_url or self.api_key))

    @property
    def host(self) -> str:
        """The server's host; that of the client library's own server where none is set."""
        return urlsplit(self.base_url or "https://api.openai.com").hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that nothing leaves it."""
        return self.host in _LOOPBACK

    def budget(self) -> Budget:
        """A fresh budget for one planning."""
        return Budget(self.limits.requests, self.limits.tokens, self.limits.seconds, self.limits.cost)

    @classmethod
    def read(cls, table: Mapping[str, object], environment: Mapping[str, str]) -> LanguageSettings:
        """The settings of a table and an environment.

        Parameters
        ----------
        table : mapping
            The table ``language`` of settings.toml.
        environment : mapping of str to str
            ``OPENAI_BASE_URL`` and ``GNOMON_MODEL`` come before the table; ``OPENAI_API_KEY`` is the only place for a key.

        Raises
        ------
        UsageError
            Where a setting is unknown or wrong, or a key stands in the file.
        """
        if "api_key" in table:
            raise UsageError(
                "The settings hold language.api_key, and a key does not belong in a file that is shown and copied.",
                remedy="Take it out of settings.toml, and set OPENAI_API_KEY.",
            )
        _known(table, _KEYS, "language")
        base_url = environment.get("OPENAI_BASE_URL") or _text(table, "base_url")
        default = cls()
        return cls(
            base_url=checked_url(base_url) if base_url else None,
            model=environment.get("GNOMON_MODEL") or _text(table, "model"),
            api_key=checked_key(environment.get("OPENAI_API_KEY")),
            timeout=_number(table, "timeout", default.timeout, least=0.001),
            deadline=_number(table, "deadline", default.deadline, least=0.001),
            retries=int(_number(table, "retries", default.retries, whole=True)),
            temperature=_number(table, "temperature", default.temperature),
            style=_style(table),
            prose=_truth(table, "prose"),
            limits=_limits(_table(table, "budget")),
            prices=_prices(_table(table, "prices")),
        )


def checked_url(base_url: str) -> str:
    """The address of a server, if it is one that can be asked and shown.

    Raises
    ------
    UsageError
        Where it is no http or https address, or holds a password or a query, which may be a key: addresses are in errors.
    """
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or not base_url.isprintable() or " " in base_url:
        raise UsageError(
            "The address of the language model's server is not an http or https address.",
            remedy="Check OPENAI_BASE_URL and language.base_url, for instance http://127.0.0.1:8080/v1.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            f"The address of the server {parts.hostname} holds more than a place.",
            remedy="Take user, password, ? and # out of OPENAI_BASE_URL or language.base_url; a key goes into OPENAI_API_KEY.",
        )
    return base_url.rstrip("/")


def checked_key(key: str | None) -> SecretStr | None:
    """A key, if a request can carry it; None where there is none.

    Raises
    ------
    UsageError
        Where it has letters that no header can carry.  A client would complain of them, with the key in its words.
    """
    key = (key or "").strip()
    if not key:
        return None
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            "The key of the language model has blanks or letters in it that no key has.",
            remedy="Set OPENAI_API_KEY again, to the key alone.",
        )
    return SecretStr(key)


def _style(table: Mapping[str, object]) -> Any:
    style = table.get("style", "auto")
    if style not in _STYLES:
        raise UsageError(
            f"language.style must be one of {', '.join(_STYLES)}, and is {style!r}.", remedy="Mend settings.toml."
        )
    return style


def _truth(table: Mapping[str, object], name: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise UsageError(f"language.{name} must be true or false, and is {value!r}.", remedy="Mend settings.toml.")
    return value


def _limits(table: Mapping[str, object]) -> Limits:
    _known(table, [f.name for f in fields(Limits)], "language.budget")
    default = Limits()
    return Limits(
        requests=_limit(table, "requests", default.requests, whole=True),
        tokens=_limit(table, "tokens", default.tokens, whole=True),
        seconds=_limit(table, "seconds", default.seconds),
        cost=_limit(table, "cost", default.cost),
    )


def _prices(table: Mapping[str, object]) -> Prices | None:
    _known(table, [f.name for f in fields(Prices)], "language.prices")
    if not table:
        return None
    missing = [name for name in ("prompt", "completion") if name not in table]
    if missing:
        raise UsageError(
            f"language.prices lacks {' and '.join(missing)}.",
            remedy="Give the prices of a million tokens of prompt and of completion.",
        )
    prompt = _number(table, "prompt", 0.0, where="language.prices.")
    return Prices(
        prompt,
        _number(table, "completion", 0.0, where="language.prices."),
        _text(table, "currency", "language.prices.") or "USD",
    )


def _known(table: Mapping[str, object], names: tuple[str, ...] | list[str], where: str) -> None:
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise UsageError(
            f"{where} has the unknown settings {', '.join(unknown)}.", remedy=f"Settings are: {', '.join(names)}."
        )


def _table(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = table.get(name, {})
    if not isinstance(value, Mapping):
        raise UsageError(f"language.{name} must be a table.", remedy=f"Write [language.{name}] and lines below it.")
    return value


def _text(table: Mapping[str, object], name: str, where: str = "language.") -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{where}{name} must be text, and is {value!r}.", remedy="Mend settings.toml.")
    return value or None


def _number(
    table: Mapping[str, object],
    name: str,
    default: float,
    *,
    least: float = 0.0,
    whole: bool = False,
    where: str = "language.",
) -> float:
    value: Any = table.get(name, default)
    is_number = type(value) is int or (type(value) is float and math.isfinite(value) and not whole)
    if not is_number or value < least:
        kind = "a whole number" if whole else "a number"
        raise UsageError(
            f"{where}{name} must be {kind}, at least {least:g}, and is {value!r}.", remedy="Mend settings.toml."
        )
    return value  # type: ignore[no-any-return]


def _limit(table: Mapping[str, object], name: str, default: Any, *, whole: bool = False) -> Any:
    """A limit; the text ``none`` lifts it, for TOML has no null."""
    if name not in table:
        return default
    return None if table[name] == "none" else _number(table, name, 0.0, whole=whole, where="language.budget.")
