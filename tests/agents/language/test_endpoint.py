"""Whatever a server does, the caller gets a value that satisfies its schema or one plain sentence, in time, within the budget."""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from itertools import count, repeat
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from gnomon.agents.language import patience
from gnomon.agents.language.budget import Budget
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.errors import (
    BudgetExhausted,
    EndpointError,
    LanguageError,
    MissingExchange,
    ModelRefused,
    NoObject,
    ReplyError,
)
from gnomon.agents.language.exchange import Exchange, Message, Prices, Usage, estimated_tokens
from gnomon.agents.language.parsing import parse, satisfy
from gnomon.agents.language.replies import Replies
from gnomon.agents.language.runaway import Runaway, is_loop
from gnomon.agents.language.schema_mode import shared_schema
from gnomon.agents.language.settings import LanguageSettings, Limits
from gnomon.tools.errors import UsageError

from .misbehaving_server import (
    GOOD,
    Asked,
    Behaviour,
    MisbehavingServer,
    cut,
    delta,
    document,
    drip,
    drip_headers,
    echo,
    ending,
    endless,
    good,
    raw,
    redirect,
    refuses,
    reset,
    slow,
    stall,
    status,
)

KEY = "sk-toy-0123456789-secret"
NUMBERS = itertools.count()


class Planet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=40)
    period_d: float = Field(gt=0, le=1e6)


ASKED: list[Message] = [
    {"role": "system", "content": "You read names of planets."},
    {"role": "user", "content": "Which planet has a period of 0.94 days?"},
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait between attempts for a hundredth of the time."""
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.005)


@pytest.fixture
def serving() -> Iterator[Callable[..., MisbehavingServer]]:
    """Start servers that end with the test."""
    servers: list[MisbehavingServer] = []

    def start(*script: Behaviour) -> MisbehavingServer:
        servers.append(MisbehavingServer(*script).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__()


def at(server: MisbehavingServer, **options: object) -> Endpoint:
    """An endpoint at a server, in a hurry, under a model name of its own: what is known of servers outlives a test."""
    settings: dict[str, object] = {"budget": Budget(), "timeout": 3.0, "deadline": 6.0, **options}
    return Endpoint(server.url, f"toy-{next(NUMBERS)}", KEY, **settings)


def choose(endpoint: Endpoint, max_tokens: int = 100) -> Planet:
    return endpoint.choose(ASKED, Planet, max_tokens).value


def failing(error: type[LanguageError], endpoint: Endpoint, match: str | None = None) -> LanguageError:
    """The error of a question, which has to be on the record in the same words, in time and without the key."""
    start = time.monotonic()
    with pytest.raises(error, match=match) as caught:
        choose(endpoint)
    assert time.monotonic() - start < endpoint.deadline + 1
    assert endpoint.exchanges[-1].error == caught.value.what
    assert caught.value.what.count("\n") == 0
    seen = repr(caught.value) + str(vars(caught.value)) + repr(endpoint) + json.dumps(endpoint.exchanges[-1].document())
    assert KEY not in seen
    assert KEY not in str(caught.value.__cause__) + str(caught.value.__context__)
    return caught.value


# What works


def test_a_good_server_gives_an_object(serving) -> None:
    server = serving(good())
    endpoint = at(server)
    reply = endpoint.choose(ASKED, Planet, 100, prompts={"names.md": "0" * 64})
    assert reply.value == Planet(name="WASP-18 b", period_d=0.94)
    [asked] = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["messages"] == ASKED
    assert asked.body["max_tokens"] == 100
    assert asked.body["temperature"] == 0
    assert "tools" not in asked.body
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    assert asked.body["response_format"]["json_schema"]["schema"] == shared_schema(Planet)
    assert reply.exchange == endpoint.exchanges[-1]
    assert (reply.exchange.mode, reply.exchange.finish, reply.exchange.model) == (
        "json_schema",
        "stop",
        "toy-as-served",
    )
    assert reply.exchange.usage == Usage(11, 7)
    assert reply.exchange.prompts == {"names.md": "0" * 64}
    assert [a.ended for a in reply.exchange.attempts] == ["reply"]
    assert endpoint.budget.spent == Usage(11, 7)


def test_prose(serving) -> None:
    server = serving(good("\n The period is short. \n"))
    endpoint = at(server)
    assert endpoint.write(ASKED, 50) == "The period is short."
    assert "response_format" not in server.asked[0].body
    assert (endpoint.exchanges[-1].shape, endpoint.exchanges[-1].mode) == ("", "")


@pytest.mark.parametrize(
    "behaviour",
    [
        document({"content": GOOD}),
        document({"content": GOOD}, content_type="text/html"),
        raw(f'data: {{"choices": [{{"delta": {{"content": {json.dumps(GOOD)}}}}}]}}\n\ndata: [DONE]\n\n', "text/plain"),
        raw(
            f': ping\r\n\r\nevent: x\r\ndata:{{"choices":[{{"message":{{"content":{json.dumps(GOOD)}}},"finish_reason":"stop"}}]}}\r\n\r\n'
        ),
        raw(f'\ufeffdata: {{"choices": [{{"delta": {{"content": {json.dumps(GOOD)}}}}}]}}\n\ndata: [DONE]'),
        good(f"Here it is:\n```json\n{GOOD}\n```\n"),
        good(f"<think>Is it {{x}} or {json.dumps({'name': 'no'})}?</think>{GOOD}"),
        good(GOOD + "\n" * 150, finish="length"),
        good(GOOD + " \n" * 5000),
        delta({"reasoning_content": "I think."}, {"content": GOOD}),
        delta({"content": GOOD}, {"content": None}, {}),
    ],
    ids=[
        "one document",
        "document called html",
        "stream called text",
        "carriage returns, comments",
        "byte order mark, no end",
        "fence",
        "thinking",
        "padded to the limit",
        "padded on and on",
        "reasoning apart",
        "null deltas",
    ],
)
def test_odd_but_right_replies_are_understood(serving, behaviour: Behaviour) -> None:
    server = serving(behaviour)
    assert choose(at(server)).name == "WASP-18 b"
    assert len(server.asked) == 1


def test_letters_may_be_cut_by_the_wire(serving) -> None:
    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        text = json.dumps('{"name": "土星", "period_d": 10759}', ensure_ascii=False)
        for byte in f'data: {{"choices": [{{"delta": {{"content": {text}}}}}]}}\n\ndata: [DONE]\n\n'.encode():
            asked.send(bytes([byte]))

    assert choose(at(serving(behave))).name == "土星"


def test_a_whole_reply_counts_though_its_end_does_not_come(serving) -> None:
    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        asked.delta(GOOD)
        asked.delta(None, "stop")
        asked.wait(5)

    endpoint = at(serving(behave), timeout=0.2)
    assert choose(endpoint).name == "WASP-18 b"
    assert endpoint.exchanges[-1].usage.estimated


# Servers that fail


def test_500_then_good(serving) -> None:
    server = serving(status(500), raw("<html>Bad Gateway</html>", "text/html", 502), good())
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert [a.ended for a in endpoint.exchanges[-1].attempts] == ["500", "502", "reply"]
    assert endpoint.exchanges[-1].attempts[0].waited > 0
    assert endpoint.budget.spent_requests == len(server.asked) == 3


def test_500_forever(serving) -> None:
    server = serving(status(500, "out of\nmemory \x1b[31m"))
    error = failing(EndpointError, at(server))
    assert error.what == f"{server.host} failed (500, 5 requests): out of memory [31m."
    assert (error.status, error.retryable) == (500, True)
    assert len(server.asked) == 5


def test_retries_may_be_none(serving) -> None:
    server = serving(status(503))
    failing(EndpointError, at(server, retries=0), "503")
    assert len(server.asked) == 1


def test_retry_after_is_honoured(serving) -> None:
    server = serving(status(429, Retry_After="0.3"), good())
    endpoint = at(server)
    start = time.monotonic()
    assert choose(endpoint).name == "WASP-18 b"
    assert 0.3 <= time.monotonic() - start < 2
    assert endpoint.exchanges[-1].attempts[0].waited == 0.3


@pytest.mark.parametrize(
    "wait", ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)], ids=["seconds", "date"]
)
def test_who_asks_for_a_long_wait_is_not_asked_again(serving, wait: str) -> None:
    server = serving(status(429, "quota", Retry_After=wait))
    error = failing(EndpointError, at(server), r"no more requests for now \(429, wait 3\d\d\d(\.\d+)? s\): quota")
    assert error.retryable
    assert len(server.asked) == 1


@pytest.mark.parametrize("wait", ["soon", "nan", "-5", "Thu, 01 Jan 1970 00:00:00 -0000"])
def test_senseless_waits_do_no_harm(serving, wait: str) -> None:
    server = serving(status(429, Retry_After=wait), good())
    assert choose(at(server)).name == "WASP-18 b"


def test_429_forever(serving) -> None:
    server = serving(status(429, "too many"))
    failing(EndpointError, at(server), r"takes no more requests for now \(429, 5 requests\): too many")
    assert len(server.asked) == 5


def test_a_wait_beyond_the_deadline_is_not_begun(serving) -> None:
    server = serving(status(503, Retry_After="20"))
    start = time.monotonic()
    failing(EndpointError, at(server), "503")
    assert time.monotonic() - start < 3
    assert len(server.asked) == 1


def test_reset_then_good(serving) -> None:
    server = serving(reset, reset, good())
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert [a.ended for a in endpoint.exchanges[-1].attempts] == ["connection", "connection", "reply"]


def test_reset_forever(serving) -> None:
    server = serving(reset)
    assert failing(EndpointError, at(server), "cannot be reached").retryable
    assert len(server.asked) == 5


def test_nobody_there() -> None:
    with MisbehavingServer(good()) as server:
        pass
    error = failing(EndpointError, at(server), rf"{server.host} cannot be reached \(5 requests\): .*refused")
    assert "OPENAI_BASE_URL" in error.remedy


def test_a_slow_server_is_waited_for(serving) -> None:
    server = serving(slow(0.3))
    assert choose(at(server)).name == "WASP-18 b"
    assert len(server.asked) == 1


def test_silence(serving) -> None:
    server = serving(slow(30))
    error = failing(EndpointError, at(server, timeout=0.1, retries=2))
    assert error.what == f"{server.host} said nothing for 0.1 s (3 requests)."
    assert len(server.asked) == 3


def test_silence_within_a_stream(serving) -> None:
    server = serving(stall(30), good())
    endpoint = at(server, timeout=0.5)
    assert choose(endpoint).name == "WASP-18 b"
    assert [a.ended for a in endpoint.exchanges[-1].attempts] == ["silence", "reply"]
    # What the first attempt took, nobody counted.
    assert endpoint.exchanges[-1].usage.estimated


@pytest.mark.parametrize(
    "behaviour",
    [drip(": still here\n\n", 0.02), drip_headers(0.02), drip('data: {"choices": []}\n\n', 0.02)],
    ids=["comments", "headers", "empty events"],
)
def test_dripping_ends_at_the_deadline(serving, behaviour: Behaviour) -> None:
    server = serving(behaviour)
    start = time.monotonic()
    error = failing(EndpointError, at(server, deadline=0.6))
    assert 0.5 < time.monotonic() - start < 1.6
    assert error.what == f"{server.host} did not finish within 0.6 s."
    assert len(server.asked) == 1


@pytest.mark.parametrize("behaviour", [cut, ending], ids=["reset", "in order"])
def test_a_broken_stream_is_asked_for_once_more(serving, behaviour: Behaviour) -> None:
    server = serving(behaviour, good())
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert [a.ended for a in endpoint.exchanges[-1].attempts] == ["cut", "reply"]
    first = estimated_tokens("".join(m["content"] for m in ASKED))
    assert endpoint.exchanges[-1].usage == Usage(first + 11, estimated_tokens('{"name": "WASP') + 7, True)


@pytest.mark.parametrize("behaviour", [cut, ending], ids=["reset", "in order"])
def test_streams_that_break_again_and_again(serving, behaviour: Behaviour) -> None:
    server = serving(behaviour)
    endpoint = at(server)
    failing(EndpointError, endpoint, r"broke off in the middle of its reply \(2 requests\)")
    assert len(server.asked) == 2
    assert endpoint.exchanges[-1].reply == '{"name": "WASP'


def test_a_fault_within_the_stream(serving) -> None:
    server = serving(raw('data: {"error": {"message": "the worker died"}}\n\n'))
    failing(EndpointError, at(server), r"reported a fault within its reply \(2 requests\): the worker died")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("behaviour", "what"),
    [
        (raw("<!doctype html><title>Welcome</title>", "text/html"), "a web page"),
        (raw("hello", "text/plain"), "something that is not JSON"),
        (raw('{"status": "ok"}', "application/json"), "JSON without choices"),
        (raw("[1]", "application/json"), "JSON that is not an object"),
        (raw("[" * 100_000, "application/json"), "something that is not JSON"),
        (raw(b'{"\xff": 1}', "application/json"), "bytes that are not UTF-8"),
        (raw("data: [DONE]\n\n"), "JSON without choices"),
        (raw('data: {"choices": [{"delta": {"content": ["a"]}}]}\n\n'), "content that is not text"),
    ],
)
def test_what_is_no_chat_completion(serving, behaviour: Behaviour, what: str) -> None:
    server = serving(behaviour)
    error = failing(EndpointError, at(server))
    assert error.what == f"{server.host} answered with {what}, and not with a chat completion."
    assert "OPENAI_BASE_URL" in error.remedy
    assert len(server.asked) == 1


def test_an_error_page_is_not_quoted_and_not_read_to_its_end(serving) -> None:
    def behave(asked: Asked) -> None:
        asked.head(403, "text/html")
        while not asked.stopped.is_set():
            asked.send("<p>No entry.</p>" * 1000)

    error = failing(EndpointError, at(serving(behave)))
    assert "No entry" not in error.what
    assert "GNOMON_MODEL" in error.remedy


@pytest.mark.parametrize(
    ("code", "what", "setting"),
    [
        (401, "does not accept the key (401): told to fail", "OPENAI_API_KEY"),
        (403, "does not allow this (403): told to fail", "OPENAI_API_KEY"),
        (404, "has no model toy-", "GNOMON_MODEL"),
        (400, "refuses the request (400): told to fail", "context"),
        (413, "refuses the request (413): told to fail", "context"),
    ],
)
def test_other_statuses_are_not_retried_and_name_the_setting(serving, code: int, what: str, setting: str) -> None:
    server = serving(status(code))
    error = failing(EndpointError, at(server))
    assert what in error.what
    assert setting in error.remedy
    assert (error.status, error.retryable) == (code, False)
    assert len(server.asked) == 1


def test_a_missing_key_is_told_apart_from_a_wrong_one(serving) -> None:
    server = serving(status(401))
    endpoint = Endpoint(server.url, "toy", "none", budget=Budget())
    with pytest.raises(EndpointError, match="wants a key, and none is set"):
        choose(endpoint)
    assert server.asked[0].headers["authorization"] == "Bearer none"


def test_a_key_that_a_server_says_again_is_blanked_out(serving) -> None:
    error = failing(EndpointError, at(serving(status(401, f"Wrong key: {KEY}!"))))
    assert error.what.endswith("(401): Wrong key: [key]!.")
    failing(ReplyError, at(serving(good(f"Your key is {KEY}"))))
    failing(ModelRefused, at(serving(delta({"refusal": f"Not with {KEY}."}))))
    failing(EndpointError, at(serving(raw(f'data: {{"error": "{KEY}"}}\n\n'))))


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirects_are_refused(serving, code: int) -> None:
    other = serving(good())
    server = serving(redirect(f"{other.url}/chat/completions", code))
    error = failing(EndpointError, at(server))
    assert error.what == f"{server.host} redirects to {other.host} ({code}), and redirects are not followed."
    assert len(server.asked) == 1
    assert other.asked == []


def test_a_proxy_does_not_hear_what_is_asked_on_this_machine(serving, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serving(good())
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{proxy.host}")
    assert choose(at(serving(good()))).name == "WASP-18 b"
    assert proxy.asked == []


# Models that misbehave


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ('{"name": "WASP-18 b", "period_d": }', NoObject, "not valid JSON"),
        ('{"name": "WASP-18 b"}', ReplyError, "does not satisfy Planet: period_d: Field required"),
        ('{"name": "WASP-18 b", "period_d": "0.94"}', ReplyError, "period_d: Input should be a valid number"),
        ('{"name": "WASP-18 b", "period_d": -1}', ReplyError, "period_d: Input should be greater than 0"),
        ('{"name": "WASP-18 b", "period_d": 1e15}', ReplyError, "less than or equal to 1000000"),
        ('{"name": "WASP-18 b", "period_d": 1, "mass": 3}', ReplyError, "mass: Extra inputs are not permitted"),
        ('{"name": "\\ud800", "period_d": 1}', ReplyError, "does not satisfy Planet"),
        (f"[{GOOD}]", NoObject, "JSON list"),
        (f'{GOOD} or {{"name": "b", "period_d": 2}}', NoObject, "several JSON objects in it that differ"),
    ],
)
def test_wrong_objects(serving, text: str, error: type[ReplyError], what: str) -> None:
    server = serving(good(text))
    caught = failing(error, at(server))
    assert what in caught.what
    assert isinstance(caught, ReplyError)
    assert caught.reply == text


def test_prose_where_an_object_was_demanded_puts_the_schema_into_the_prompt(serving) -> None:
    server = serving(good("The planet is WASP-18 b."), good())
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert server.prompts[0] == ASKED
    assert "JSON schema" in server.prompts[1][-1]["content"]
    assert "response_format" in server.asked[1].body
    assert [e.error for e in endpoint.exchanges] == ["The reply has no JSON object in it.", ""]
    assert list(endpoint.exchanges[1].prompts) == ["answer_as_json.md"]
    # It is known from now on.
    assert choose(endpoint).name == "WASP-18 b"
    assert "JSON schema" in server.prompts[2][-1]["content"]


def test_prose_again_and_again(serving) -> None:
    server = serving(good("The planet is WASP-18 b."))
    failing(NoObject, at(server), "no JSON object")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "behaviour",
    [good(""), good(" \n"), delta({"content": None}), document({"content": None}), good("<think>hm</think>")],
    ids=["empty", "blank", "null", "null document", "thoughts alone"],
)
def test_empty_replies(serving, behaviour: Behaviour) -> None:
    server = serving(behaviour)
    failing(ReplyError, at(server), "The model gave an empty reply")
    assert len(server.asked) == 1


def test_refusals(serving) -> None:
    error = failing(ModelRefused, at(serving(delta({"refusal": "I can't "}, {"refusal": "help."}))))
    assert error.what == "The model declined to answer: I can't help."
    failing(ModelRefused, at(serving(document({"content": None, "refusal": "No."}))), "declined to answer: No")
    failing(ModelRefused, at(serving(good("", finish="content_filter"))), "declined")


def test_a_tool_that_nobody_offered(serving) -> None:
    call = {"index": 0, "function": {"name": "planet", "arguments": GOOD}}
    failing(ReplyError, at(serving(delta({"tool_calls": [call]}, finish="tool_calls"))), "asked for a tool")


def test_prompt_echo(serving) -> None:
    shown = [
        {"role": "user", "content": f"Read the name of the planet. For instance, answer {GOOD}. " + "It is so. " * 20}
    ]
    server = serving(echo)
    endpoint = at(server)
    with pytest.raises(ReplyError, match="repeated the prompt"):
        endpoint.choose(shown, Planet, 100)
    with pytest.raises(ReplyError, match="repeated the prompt"):
        endpoint.write(shown, 100)
    assert len(server.asked) == 2


def test_a_reply_that_is_cut_off(serving) -> None:
    endpoint = at(serving(good('{"name": "WASP', finish="length")))
    failing(ReplyError, endpoint, "cut off at the limit on its tokens")
    with pytest.raises(ReplyError, match="cut off"):
        endpoint.write(ASKED, 5)


@pytest.mark.parametrize(
    ("pieces", "what", "most"),
    [
        (lambda: repeat("planet "), "repeated itself without end", 1000),
        (lambda: repeat("The planet has the name that it has, and it is called by it. " * 4), "repeated itself", 3000),
        (lambda: repeat(" \n"), "wrote blanks without end", 500),
        (lambda: (f"{n} " for n in count()), "ran far beyond the length", 3000),
        (lambda: repeat("".join(chr(0x4E00 + n) for n in range(20_000))), "ran far beyond the length", 50_000),
    ],
    ids=["words", "sentences", "blanks", "counting", "big pieces"],
)
def test_endless_replies_are_stopped_early(serving, pieces: Callable[[], Iterator[str]], what: str, most: int) -> None:
    server = serving(endless(pieces))
    endpoint = at(server)
    error = failing(ReplyError, endpoint)
    assert error.what.startswith(f"The model {what}")
    assert error.what.endswith("and was stopped (2 requests).")
    assert len(server.asked) == 2
    assert len(endpoint.exchanges[-1].reply) <= most


def test_endless_thinking_is_stopped(serving) -> None:
    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        while not asked.stopped.is_set():
            asked.delta(None, reasoning_content="hm, ")

    failing(ReplyError, at(serving(behave)), "ran far beyond the length")


def test_one_enormous_line_is_not_read_to_its_end(serving) -> None:
    def behave(asked: Asked) -> None:
        asked.head(200, "application/json")
        asked.send('{"choices": [{"message": {"content": "')
        while not asked.stopped.is_set():
            asked.send("x" * 1_000_000)

    failing(ReplyError, at(serving(behave)), "ran far beyond the length")


@pytest.mark.parametrize("message", [{"content": "x" * 5_000_000}, {"refusal": "No. " * 1_000_000}])
def test_one_enormous_document_is_not_kept(serving, message: dict[str, object]) -> None:
    endpoint = at(serving(document(message)))
    failing(ReplyError, endpoint, "ran far beyond the length")
    assert len(endpoint.exchanges[-1].reply) <= 2800


def test_hostile_lengths_take_no_long_time() -> None:
    start = time.monotonic()
    assert estimated_tokens(" \n" * 2_000_000) == 0
    with pytest.raises(NoObject):
        parse("".join(f'{{"a": {n}}} ' for n in range(50_000)))
    with pytest.raises(NoObject):
        parse("{ " * 1_000_000)
    assert time.monotonic() - start < 5


# Ways of asking


@pytest.mark.parametrize("code", [400, 422])
def test_a_server_without_schemas_is_asked_in_weaker_ways(serving, code: int) -> None:
    server = serving(refuses("json_schema", code=code))
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert endpoint.exchanges[-1].mode == "json_object"
    assert [a.body["response_format"]["type"] for a in server.asked] == ["json_schema", "json_object"]
    assert json.dumps(shared_schema(Planet)) in server.prompts[1][-1]["content"]
    choose(endpoint)
    assert len(server.asked) == 3


def test_a_server_without_response_format(serving) -> None:
    server = serving(refuses("response_format"))
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert endpoint.exchanges[-1].mode == "prompt"
    assert [a.ended for a in endpoint.exchanges[-1].attempts] == ["400", "400", "reply"]
    # Another endpoint at the same server and model knows it from the start.
    again = Endpoint(server.url, endpoint.model, budget=Budget())
    choose(again)
    assert len(server.asked) == 4


def test_old_and_new_parameters(serving) -> None:
    def behave(asked: Asked) -> None:
        if "max_tokens" in asked.body:
            return status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")(asked)
        return refuses("stream_options", "temperature")(asked)

    server = serving(behave)
    endpoint = at(server)
    assert choose(endpoint).name == "WASP-18 b"
    assert set(server.asked[-1].body) == {"model", "messages", "stream", "max_completion_tokens", "response_format"}
    assert len(server.asked) == 4
    assert endpoint.exchanges[-1].usage.estimated


def test_a_refusal_of_everything_comes_to_an_end_and_is_not_remembered(serving) -> None:
    everything = "schema, temperature, stream_options, max_completion_tokens"
    server = serving(*[status(400, everything)] * 6, good())
    endpoint = at(server)
    failing(EndpointError, endpoint, "refuses the request")
    assert len(server.asked) == 6
    choose(endpoint)
    assert "stream_options" in server.asked[-1].body


# Budgets


def test_a_budget_of_requests_counts_failures_too(serving) -> None:
    server = serving(status(500))
    endpoint = at(server, budget=Budget(requests=3))
    error = failing(BudgetExhausted, endpoint)
    assert error.what.startswith(
        "The budget for the language model, 3 requests, leaves no room for another request (spent:"
    )
    assert "language.budget.requests" in error.remedy
    assert [a.ended for a in endpoint.exchanges[-1].attempts] == ["500", "500", "500"]
    failing(BudgetExhausted, endpoint)
    assert len(server.asked) == 3


def test_a_budget_of_tokens_is_kept_before_it_is_passed(serving) -> None:
    server = serving(good())
    prompt = estimated_tokens("".join(m["content"] for m in ASKED))
    endpoint = at(server, budget=Budget(tokens=prompt + 60))
    choose(endpoint)
    assert server.asked[0].body["max_tokens"] == 60
    choose(endpoint)
    assert server.asked[1].body["max_tokens"] == 60 - 18
    endpoint.budget.spend(Usage(40, 2), None)
    failing(BudgetExhausted, endpoint, "tokens")
    assert len(server.asked) == 2


def test_a_budget_of_seconds_ends_a_call(serving) -> None:
    server = serving(drip(": still here\n\n", 0.02))
    endpoint = at(server, budget=Budget(seconds=0.3))
    start = time.monotonic()
    failing(BudgetExhausted, endpoint, "0.3 seconds")
    failing(BudgetExhausted, endpoint, "0.3 seconds")
    assert time.monotonic() - start < 2
    assert len(server.asked) == 1
    assert endpoint.budget.spent_seconds >= 0.3


def test_a_budget_of_cost(serving) -> None:
    server = serving(good())
    endpoint = at(server, budget=Budget(cost=2e-5), prices=Prices(1.0, 2.0, "EUR"))
    choose(endpoint)
    assert endpoint.exchanges[-1].cost == pytest.approx(25e-6)
    assert endpoint.exchanges[-1].currency == "EUR"
    failing(BudgetExhausted, endpoint, "cost 2.5e-05")
    assert len(server.asked) == 1


def test_a_limit_on_cost_needs_prices(serving) -> None:
    with pytest.raises(UsageError, match="no prices"):
        at(serving(good()), budget=Budget(cost=1.0))


def test_costs_are_unknown_without_prices(serving) -> None:
    endpoint = at(serving(good()))
    choose(endpoint)
    assert endpoint.exchanges[-1].cost is None
    assert str(endpoint.budget).endswith("cost unknown, no prices are set")
    assert endpoint.budget.document()["spent"]["cost"] is None


@pytest.mark.parametrize(
    "behaviour",
    [
        good(usage=False),
        raw(
            'data: {"choices": [{"delta": {"content": '
            + json.dumps(GOOD)
            + '}}], "usage": {"prompt_tokens": -5, "completion_tokens": true}}\n\ndata: [DONE]\n\n'
        ),
    ],
    ids=["none", "nonsense"],
)
def test_tokens_that_nobody_counts_are_estimated(serving, behaviour: Behaviour) -> None:
    endpoint = at(serving(behaviour))
    choose(endpoint)
    usage = endpoint.exchanges[-1].usage
    assert usage.estimated
    assert usage.completion == estimated_tokens(GOOD)
    assert "about" in str(endpoint.budget)


def test_threads_share_a_budget(serving) -> None:
    server = serving(good())
    endpoint = at(server, budget=Budget(requests=5))
    ended: list[str] = []

    def ask() -> None:
        try:
            choose(endpoint)
            ended.append("good")
        except BudgetExhausted:
            ended.append("exhausted")

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["exhausted"] * 5 + ["good"] * 5
    assert len(server.asked) == 5


# Records


def test_replies_are_recorded_and_played_back(serving, tmp_path: Path) -> None:
    server = serving(good("Prose."), good(), good("Prose."), good('{"name": "x"}'))
    live = at(server, replies=Replies(tmp_path, record=True), prices=Prices(1, 1))
    first = live.choose(ASKED, Planet, 100)
    assert live.write(ASKED, 100) == "Prose."
    other: list[Message] = [{"role": "user", "content": "Which other?"}]
    with pytest.raises(ReplyError, match="period_d: Field required"):
        live.choose(other, Planet, 100)
    assert len(server.asked) == 4
    assert len(list(tmp_path.iterdir())) == 3
    assert KEY not in "".join(p.read_text() for p in tmp_path.iterdir())

    # A question that is recorded is not asked again, and one server or none makes no difference.
    played = Endpoint(None, live.model, budget=Budget(), replies=Replies(tmp_path))
    again = played.choose(ASKED, Planet, 100)
    assert again.value == first.value
    assert again.exchange.source == "recording"
    assert again.exchange.usage == first.exchange.usage == played.budget.spent
    assert played.write(ASKED, 100) == "Prose."
    with pytest.raises(ReplyError, match="period_d: Field required"):
        played.choose(other, Planet, 100)
    assert choose(Endpoint(server.url, live.model, budget=Budget(), replies=Replies(tmp_path, record=True)))
    assert len(server.asked) == 4
    assert played.budget.spent_requests == 3


def test_what_is_not_recorded_is_not_asked(serving, tmp_path: Path) -> None:
    server = serving(good())
    with pytest.raises(MissingExchange, match=r"No reply of toy-.* is recorded for this question"):
        choose(at(server, replies=Replies(tmp_path)))
    assert server.asked == []


def test_damaged_recordings_are_told(serving, tmp_path: Path) -> None:
    endpoint = at(serving(good()), replies=Replies(tmp_path, record=True))
    choose(endpoint)
    [path] = tmp_path.iterdir()
    text = path.read_text()
    path.write_text(text.replace("0.94 days", "0.95 days"))
    with pytest.raises(MissingExchange, match="answers another question"):
        choose(endpoint)
    for damaged in ("", "[]", "{}", text[:-20], text.replace('"usage": {', '"usage": {"x": 1, ')):
        path.write_text(damaged)
        with pytest.raises(MissingExchange, match="is not a recorded reply"):
            choose(endpoint)


def test_a_failure_is_not_recorded(serving, tmp_path: Path) -> None:
    with pytest.raises(EndpointError):
        choose(at(serving(status(400)), replies=Replies(tmp_path, record=True)))
    assert list(tmp_path.iterdir()) == []


def test_an_exchange_is_json_and_comes_back(serving) -> None:
    endpoint = at(serving(status(500), good()))
    exchange = endpoint.choose(ASKED, Planet, 100).exchange
    document = json.loads(json.dumps(exchange.document()))
    assert Exchange.from_document(document).document() == document
    assert document["shape"] == "Planet"
    assert document["messages"] == ASKED
    assert document["reply"] == GOOD


def test_errors_cross_processes() -> None:
    error = pickle.loads(pickle.dumps(ReplyError("What.", remedy="Do.", reply="said")))
    assert (error.what, error.remedy, error.reply) == ("What.", "Do.", "said")
    assert pickle.loads(pickle.dumps(EndpointError("What.", status=500))).status == 500


def test_importing_does_not_import_the_client_library() -> None:
    code = "import sys, gnomon.agents.language.endpoint; sys.exit(bool({'openai', 'httpx2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_no_repr_shows_the_key() -> None:
    settings = LanguageSettings.read({}, {"OPENAI_API_KEY": KEY, "GNOMON_MODEL": "toy"})
    assert KEY not in repr(settings) + str(settings) + repr(Endpoint.of(settings)) + repr(vars(Endpoint.of(settings)))


# Parsing, schemas, runaways, by themselves


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '  {"a": 1}\n\n\n',
        '```json\n{"a": 1}\n```',
        'Sure! In {curly} braces: {"a": 1}. Anything else?',
        '{"a": 1} {"a": 1}',
        '<think>{"b": 2}</think> {"a": 1}',
    ],
)
def test_parse_finds_the_object(text: str) -> None:
    assert parse(text) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "{a: 1}",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": 1',
        '{"steps": [{"a": 1}, {"b": ',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '{"a": 1} {"a": true}',
        '{"a": 1} {"b": 1}',
        '[{"a": 1}]',
        '{"a": ' * 100_000,
        '{"a": ' + "9" * 5000 + "}",
        '{"a": "line\nend"}',
    ],
)
def test_parse_mends_nothing(text: str) -> None:
    with pytest.raises(NoObject) as caught:
        parse(text)
    assert caught.value.reply == text


def test_satisfy_takes_json_types_as_they_are() -> None:
    class Band(StrEnum):
        G = "G"

    class Shape(BaseModel):
        model_config = ConfigDict(extra="forbid")
        band: Band
        pair: tuple[float, float]

    assert satisfy({"band": "G", "pair": [1, 2.5]}, Shape, "").pair == (1.0, 2.5)
    with pytest.raises(ReplyError, match=r"band: .*; pair: "):
        satisfy({"band": "g", "pair": "1, 2"}, Shape, "")


def test_a_shared_schema_is_closed_and_bare() -> None:
    class Inner(BaseModel):
        model_config = ConfigDict(extra="forbid")
        value: float | None = Field(default=None, ge=0, description="How much.")

    class Outer(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: str = Field(pattern="^[a-z]+$", max_length=5)
        inner: list[Inner] = Field(max_length=3)
        one: Inner

    assert shared_schema(Outer) == {
        "$defs": {
            "Inner": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "value": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}], "description": "How much."}
                },
                "required": ["value"],
            }
        },
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string"},
            "inner": {"type": "array", "items": {"$ref": "#/$defs/Inner"}, "maxItems": 3},
            "one": {"$ref": "#/$defs/Inner"},
        },
        "required": ["name", "inner", "one"],
    }


def test_an_open_shape_is_refused() -> None:
    class Open(BaseModel):
        name: str

    class Holder(BaseModel):
        model_config = ConfigDict(extra="forbid")
        free: dict[str, float]

    for shape in (Open, Holder):
        with pytest.raises(TypeError, match="is open"):
            shared_schema(shape)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"id": f"step_{n}", "tool": "fitting.fit_transits", "inputs": {}} for n in range(60)], indent=4),
        "The period is 0.94 days. " + " ".join(str(n) for n in range(800)),
        "| --- " * 20 + "\n" + "-" * 200,
        "".join(chr(0x4E00 + n) for n in range(3000)),
    ],
    ids=["plan", "numbers", "table", "Chinese"],
)
def test_ordinary_text_is_no_loop(text: str) -> None:
    watch = Runaway(100_000)
    assert not any(is_loop(text[:n]) for n in range(0, len(text), 50))
    assert not any(watch.seen(text[:n], 0) for n in range(0, len(text), 50))


# Settings


def test_settings_have_defaults() -> None:
    settings = LanguageSettings.read({}, {})
    assert settings == LanguageSettings()
    assert not settings.is_set
    with pytest.raises(UsageError, match="No language model is set up"):
        Endpoint.of(settings)


def test_settings_are_read_and_the_environment_comes_first() -> None:
    table = {
        "base_url": "http://127.0.0.1:1/v1",
        "model": "small",
        "timeout": 30,
        "deadline": 60.5,
        "retries": 2,
        "temperature": 0.2,
        "budget": {"requests": 5, "tokens": "none", "seconds": 10, "cost": 0.5},
        "prices": {"prompt": 0.1, "completion": 0.4, "currency": "EUR"},
    }
    settings = LanguageSettings.read(table, {"OPENAI_BASE_URL": "https://example.org/v1/", "GNOMON_MODEL": "large"})
    assert (settings.base_url, settings.model) == ("https://example.org/v1", "large")
    assert settings.limits == Limits(5, None, 10, 0.5)
    assert settings.prices == Prices(0.1, 0.4, "EUR")
    assert settings.is_set
    assert settings.api_key is None
    endpoint = Endpoint.of(settings)
    assert (endpoint.timeout, endpoint.deadline, endpoint.retries, endpoint.temperature) == (30, 60.5, 2, 0.2)
    assert endpoint.budget.requests == 5
    assert endpoint.budget is not Endpoint.of(settings).budget


@pytest.mark.parametrize(
    ("table", "environment", "what"),
    [
        ({"api_key": KEY}, {}, "a key does not belong in a file"),
        ({"modle": "x"}, {}, "unknown settings modle"),
        ({"model": 3}, {}, "language.model must be text"),
        ({"timeout": 0}, {}, "language.timeout must be a number"),
        ({"timeout": True}, {}, "language.timeout must be a number"),
        ({"deadline": float("nan")}, {}, "language.deadline must be a number"),
        ({"retries": 1.5}, {}, "language.retries must be a whole number"),
        ({"budget": 3}, {}, "language.budget must be a table"),
        ({"budget": {"requests": -1}}, {}, "language.budget.requests must be a whole number"),
        ({"budget": {"money": 1}}, {}, "unknown settings money"),
        ({"prices": {"prompt": 1}}, {}, "lacks completion"),
        ({"prices": {"prompt": "1", "completion": 2}}, {}, "language.prices.prompt must be a number"),
        ({"base_url": "localhost:8080"}, {}, "not an http or https address"),
        ({"base_url": "http://a:99999/v1"}, {}, "not an http or https address"),
        ({}, {"OPENAI_BASE_URL": f"https://me:{KEY}@example.org/v1"}, "example.org holds more than a place"),
        ({}, {"OPENAI_BASE_URL": f"https://example.org/v1?key={KEY}"}, "example.org holds more than a place"),
        ({}, {"OPENAI_API_KEY": f"{KEY}\nX-Other: 1"}, "blanks or letters in it"),
        ({}, {"OPENAI_API_KEY": f"{KEY}é"}, "blanks or letters in it"),
    ],
)
def test_wrong_settings_are_told_without_secrets(table, environment, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        LanguageSettings.read(table, environment)
    assert what in caught.value.what
    assert caught.value.remedy
    assert KEY not in str(caught.value)
