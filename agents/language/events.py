"""What a server sends for one chat completion, read as it comes: server-sent events or one JSON document.

The content decides, not the content type: servers label streams as plain text, and answer with one document where a stream
was asked for.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gnomon.agents.language.exchange import Usage


class Unreadable(Exception):
    """What came is not a chat completion; the text says what it is instead."""


class ServerFault(Exception):
    """The server reports a fault inside a reply that began well; the text is the server's own."""


@dataclass
class Completion:
    """A chat completion as far as it was read."""

    text: str = ""
    thought: int = 0
    """Characters of reasoning that the server sends apart from the reply."""
    refusal: str = ""
    finish: str = ""
    model: str = ""
    usage: Usage | None = None
    called: bool = False
    """Whether the model asked for a tool, which nobody offered."""
    is_completion: bool = False
    """Whether there was a choice at all."""
    is_whole: bool = False
    """Whether the server ended it, and not the connection."""
    reader: Reader = field(default_factory=lambda: Reader(), repr=False)

    def feed(self, data: bytes) -> Iterator[None]:
        """Take in bytes as they come, and pause after each piece of the reply in them.

        Raises
        ------
        Unreadable, ServerFault
        """
        for document in self.reader.feed(data):
            self._take(document)
            yield

    def close(self) -> Iterator[None]:
        """The server closed the connection in order, or said that this is all.

        Raises
        ------
        Unreadable, ServerFault
        """
        for document in self.reader.close():
            self._take(document)
            yield
        self.is_whole = bool(self.finish) or self.reader.is_done
        if self.is_whole and not self.is_completion:
            raise Unreadable("JSON without choices")

    def _take(self, document: Any) -> None:
        if not isinstance(document, dict):
            raise Unreadable("JSON that is not an object")
        if document.get("error"):
            raise ServerFault(_message(document["error"]))
        if isinstance(model := document.get("model"), str) and not self.model:
            self.model = model
        self.usage = _usage(document.get("usage")) or self.usage
        choices = document.get("choices")
        for choice in choices if isinstance(choices, list) else []:
            # Only one choice was asked for; what else comes is not an answer to the question.
            if isinstance(choice, dict) and choice.get("index", 0) in (0, None):
                self.is_completion = True
                self._choose(choice)

    def _choose(self, choice: dict[str, Any]) -> None:
        said = choice.get("delta") or choice.get("message") or {}
        if not isinstance(said, dict):
            raise Unreadable("a choice without a message")
        content = said.get("content")
        if content is not None and not isinstance(content, str):
            raise Unreadable("content that is not text")
        self.text += content or ""
        for name in ("reasoning_content", "reasoning"):
            self.thought += len(said[name]) if isinstance(said.get(name), str) else 0
        self.refusal += said["refusal"] if isinstance(said.get("refusal"), str) else ""
        self.called = self.called or bool(said.get("tool_calls") or said.get("function_call"))
        if isinstance(finish := choice.get("finish_reason"), str):
            self.finish = finish


class Reader:
    """Splits bytes into the JSON documents that they carry."""

    def __init__(self) -> None:
        self.is_done = False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        # What no line end has come for yet, in pieces: joined each time, one enormous line would take quadratic time.
        self._pieces: list[str] = []
        self._data: list[str] = []
        self._is_stream: bool | None = None

    def feed(self, data: bytes) -> Iterator[Any]:
        """The documents that these bytes complete."""
        try:
            text = self._decoder.decode(data)
        except UnicodeDecodeError as error:
            raise Unreadable("bytes that are not UTF-8") from error
        self._pieces.append(text)
        if self._is_stream is None and (start := "".join(self._pieces).lstrip()):
            self._is_stream = _starts_stream(start)
        if self._is_stream and "\n" in text:
            *lines, rest = "".join(self._pieces).split("\n")
            self._pieces = [rest]
            for line in lines:
                yield from self._line(line.rstrip("\r"))

    def close(self) -> Iterator[Any]:
        """The documents that are complete because nothing more comes."""
        text = "".join(self._pieces)
        if self._is_stream:
            yield from self._line(text.rstrip("\r"))
            yield from self._line("")
        elif self._is_stream is not None:
            self.is_done = True
            yield _document(text)

    def _line(self, line: str) -> Iterator[Any]:
        if line.startswith("data:"):
            self._data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and self._data:
            data, self._data = "\n".join(self._data), []
            if data.strip() == "[DONE]":
                self.is_done = True
            elif not self.is_done:
                yield _document(data)


def _starts_stream(start: str) -> bool | None:
    """Whether a reply is a stream, as far as its first characters tell."""
    if start[0] == ":":
        return True
    fields = ("data:", "event:", "id:", "retry:")
    if start.startswith(fields):
        return True
    return None if any(name.startswith(start) for name in fields) else False


def _document(text: str) -> Any:
    if text.lstrip().startswith("<"):
        raise Unreadable("a web page")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("something that is not JSON") from error


def _message(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) and message else "it does not say which"


def _usage(counted: Any) -> Usage | None:
    """The tokens as the server counts them; None where it does not, or says what cannot be."""
    if not isinstance(counted, dict):
        return None
    prompt, completion = counted.get("prompt_tokens"), counted.get("completion_tokens")
    # bool is an int to Python, and no count.
    if type(prompt) is int and type(completion) is int and prompt >= 0 and completion >= 0:
        return Usage(prompt, completion)
    return None
