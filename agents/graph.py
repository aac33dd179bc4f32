"""The conversation as a LangGraph graph: plan, offer, wait for a person, execute, report.

LangGraph appears in this module alone.  The state is small JSON: words, hashes and names; data stay in the store and the
run's folder.  Each node that waits for a person does nothing else, because LangGraph runs such a node again from its start.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from gnomon.tools.errors import StoreError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

# Containers of data: through a checkpoint their units or masks would be lost without a word.
_REFUSED = ("numpy", "astropy", "pandas", "xarray", "arviz", "torch", "pyarrow")


class State(TypedDict, total=False):
    """What a conversation remembers between nodes."""

    question: str
    files: list[str]
    plan: dict[str, Any]
    run: str
    decision: dict[str, Any]
    status: str
    entry: str
    rerun_of: str
    planning: str
    edits: list[dict[str, Any]]


@dataclass(frozen=True)
class Nodes:
    """What the nodes do; each takes the state and returns its changes."""

    make_plan: Callable[[State], State]
    offer: Callable[[State], State]
    record: Callable[[State], State]
    execute: Callable[[State], State]
    report: Callable[[State], State]


class SmallJson(JsonPlusSerializer):
    """Refuses arrays, tables and quantities, so that data in the state is a loud mistake."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Serialise after checking what is in it."""
        _refuse_data(obj, "state")
        return super().dumps_typed(obj)


def _refuse_data(value: Any, place: str) -> None:
    if type(value).__module__.split(".")[0] in _REFUSED:
        raise StoreError(
            f"{place} holds a {type(value).__name__}; the state of a conversation is small JSON.",
            remedy="Put it into the store and keep its digest.",
        )
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_data(inner, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _refuse_data(inner, f"{place}[{index}]")


def _wait_for_person(state: State) -> State:
    """Stop until somebody decides; the answer is the decision's record."""
    return {"decision": interrupt({"run": state["run"], "plan": state["plan"]["hash"]})}


def _begin(state: State) -> str:
    return state.get("entry", "make_plan")


def _after_decision(state: State) -> str:
    return "execute" if state["decision"]["decision"] == "approve" else END


def build(nodes: Nodes) -> StateGraph[State]:
    """The graph of the conversation."""
    graph = StateGraph(State)
    graph.add_node("make_plan", nodes.make_plan)
    graph.add_node("offer", nodes.offer)
    graph.add_node("wait", _wait_for_person)
    graph.add_node("record", nodes.record)
    graph.add_node("execute", nodes.execute)
    graph.add_node("report", nodes.report)
    graph.add_conditional_edges(START, _begin, ["make_plan", "offer", "wait", "execute", "report"])
    graph.add_edge("make_plan", "offer")
    graph.add_edge("offer", "wait")
    graph.add_edge("wait", "record")
    graph.add_conditional_edges("record", _after_decision, ["execute", END])
    graph.add_edge("execute", "report")
    graph.add_edge("report", END)
    return graph


class Thread:
    """One conversation, by the name of its run."""

    def __init__(self, compiled: Any, name: str) -> None:
        self._graph = compiled
        self._config: RunnableConfig = {"configurable": {"thread_id": name}, "recursion_limit": 50}

    def start(self, state: State) -> State:
        """Go from the entry that the state names until a person is needed or all is done."""
        result: State = self._graph.invoke(state, self._config, durability="sync")
        return result

    def waits(self) -> bool:
        """Whether the conversation stands at the question to a person."""
        return "wait" in self._graph.get_state(self._config).next

    def answer(self, decision: dict[str, Any]) -> State:
        """Give the person's decision and go on."""
        result: State = self._graph.invoke(Command(resume=decision), self._config, durability="sync")
        return result


@contextmanager
def threads(database: Path, nodes: Nodes) -> Iterator[Callable[[str], Thread]]:
    """Open the conversations kept in a database; yields a function from a run's name to its thread."""
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(database, check_same_thread=False, timeout=30)
    except sqlite3.Error as error:
        raise StoreError(
            f"The conversations in {database} could not be opened: {error}.",
            remedy="Check the folder's permissions and the disk.",
        ) from error
    try:
        connection.execute("PRAGMA synchronous=NORMAL")
        compiled = build(nodes).compile(checkpointer=SqliteSaver(connection, serde=SmallJson()))
        yield lambda name: Thread(compiled, name)
    finally:
        connection.close()
