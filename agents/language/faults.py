"""What became of a request, as one plain sentence and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.agents.language.errors import EndpointError, LanguageError, ReplyError
from gnomon.agents.language.patience import is_passing

if TYPE_CHECKING:
    from gnomon.agents.language.wire import Outcome

_MOST_LETTERS = 300
_WITHOUT = "or plan with --planner embedded"


def fault(outcome: Outcome, host: str, model: str, *, requests: int, seconds: float, has_key: bool) -> LanguageError:
    """The error of a request that gave no reply.

    Parameters
    ----------
    outcome : Outcome
        How the last request ended.
    host, model : str
        Who was asked for what.
    requests : int
        How many requests were sent for this question.
    seconds : float
        The limit that was reached, where one was: without a byte, or in all.
    has_key : bool
        Whether a key was sent.
    """
    if outcome.ended == "status":
        return _refused(outcome, host, model, requests, has_key)
    times = "" if requests == 1 else f" ({requests} requests)"
    said = f": {plain(outcome.said)}" if outcome.said else ""
    match outcome.ended:
        case "repetition" | "length" | "padding":
            return ReplyError(
                f"The model {_RUNS_ON[outcome.ended]} and was stopped{times}.",
                remedy=f"Choose another model, {_WITHOUT}.",
                reply=outcome.completion.text,
            )
        case "connection":
            what, remedy = (
                f"{host} cannot be reached{times}{said}.",
                "Check OPENAI_BASE_URL and that the server is running",
            )
        case "silence":
            what, remedy = (
                f"{host} said nothing for {seconds:g} s{times}.",
                "Check that it is not overloaded, raise language.timeout",
            )
        case "deadline":
            what, remedy = (
                f"{host} did not finish within {seconds:g} s{times}.",
                "Raise language.deadline, choose a faster model",
            )
        case "unreadable":
            what, remedy = (
                f"{host} answered with {outcome.said}, and not with a chat completion.",
                "Check OPENAI_BASE_URL: most addresses end in /v1",
            )
            return EndpointError(what, remedy=f"{remedy}.")
        case "fault":
            what, remedy = f"{host} reported a fault within its reply{times}{said}.", "Try again later"
        case _:
            what, remedy = f"{host} broke off in the middle of its reply{times}.", "Try again later"
    return EndpointError(what, remedy=f"{remedy}, {_WITHOUT}.", retryable=True)


_RUNS_ON = {
    "repetition": "repeated itself without end",
    "length": "ran far beyond the length that was asked for",
    "padding": "wrote blanks without end",
}


def _refused(outcome: Outcome, host: str, model: str, requests: int, has_key: bool) -> EndpointError:
    status = outcome.status or 0
    said = f": {plain(outcome.said)}" if outcome.said.strip() else ""
    times = "" if requests == 1 else f", {requests} requests"
    if 300 <= status < 400:
        what = (
            f"{host} redirects to {plain(outcome.to) or 'another address'} ({status}), and redirects are not followed."
        )
        remedy = "If you trust that server, set OPENAI_BASE_URL to its address."
    elif status == 401 and not has_key:
        what, remedy = f"{host} wants a key, and none is set (401).", "Set OPENAI_API_KEY."
    elif status == 401:
        what, remedy = f"{host} does not accept the key (401){said}.", "Check OPENAI_API_KEY."
    elif status == 403:
        what = f"{host} does not allow this (403){said}."
        remedy = "Check OPENAI_API_KEY, and that its account may use the model in GNOMON_MODEL."
    elif status == 404:
        what = f"{host} has no model {plain(model)}, or no chat completions at this address (404){said}."
        remedy = "Check GNOMON_MODEL, and OPENAI_BASE_URL: most addresses end in /v1."
    elif status == 429:
        asked = f", wait {outcome.retry_after:g} s" if outcome.retry_after else ""
        what = f"{host} takes no more requests for now (429{times}{asked}){said}."
        remedy = f"Try again later, check the quota of the account, {_WITHOUT}."
    elif is_passing(status):
        what, remedy = f"{host} failed ({status}{times}){said}.", f"Try again later, {_WITHOUT}."
    else:
        what = f"{host} refuses the request ({status}){said}."
        remedy = f"If it is too long, give the model a larger context; otherwise choose another model, {_WITHOUT}."
    return EndpointError(what, remedy=remedy, status=status, retryable=is_passing(status))


def plain(text: str) -> str:
    """Foreign text fit for one line of a terminal: printable, without line ends, not long, not ending in a point."""
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return (line if len(line) <= _MOST_LETTERS else f"{line[:_MOST_LETTERS]}…").rstrip(".")
