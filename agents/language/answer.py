"""What counts as an answer: the object or the prose in a reply, or what is wrong with it."""

from __future__ import annotations

from gnomon.agents.language.errors import ModelRefused, NoObject, ReplyError
from gnomon.agents.language.exchange import Exchange, Shape
from gnomon.agents.language.faults import plain
from gnomon.agents.language.parsing import parse, satisfy

# A reply that holds so long a message whole is the message again; shorter ones may rightly be quoted.
_ECHO = 200


def object_in(exchange: Exchange, shape: type[Shape]) -> Shape:
    """The object in a reply.

    Raises
    ------
    ReplyError
        Where there is none that satisfies the shape.
    """
    require_answer(exchange)
    try:
        value = parse(exchange.reply)
    except NoObject:
        # A whole object may be there although the limit was reached: models pad behind it.
        if exchange.finish == "length":
            raise _cut_off(exchange) from None
        raise
    return satisfy(value, shape, exchange.reply)


def prose_in(exchange: Exchange) -> str:
    """The prose in a reply, without blanks around it and without what the model thought aloud.

    Raises
    ------
    ReplyError
        Where there is none, or its end is missing.
    """
    require_answer(exchange)
    if exchange.finish == "length":
        raise _cut_off(exchange)
    return exchange.reply.rpartition("</think>")[2].strip()


def require_answer(exchange: Exchange) -> None:
    """Raise what is wrong with a reply, whatever it was to be.

    Raises
    ------
    ReplyError
        Where the model declined, asked for a tool, said nothing or said the prompt again.
    """
    said = exchange.reply.strip()
    if exchange.finish in ("refusal", "content_filter"):
        words = f": {plain(said)}" if said else ""
        raise ModelRefused(
            f"The model declined to answer{words}.",
            remedy="Put the question otherwise, or plan with --planner embedded.",
            reply=said,
        )
    if exchange.finish == "tool_calls":
        raise ReplyError("The model asked for a tool instead of answering.", reply=said)
    if not said.rpartition("</think>")[2]:
        raise ReplyError("The model gave an empty reply.", remedy="Choose another model, or ask again.", reply=said)
    if any(len(m["content"]) >= _ECHO and m["content"].strip() in said for m in exchange.messages):
        raise ReplyError("The model repeated the prompt instead of answering.", reply=said)


def _cut_off(exchange: Exchange) -> ReplyError:
    return ReplyError(
        "The reply was cut off at the limit on its tokens.",
        remedy="Ask for less, or choose another model.",
        reply=exchange.reply,
    )
