"""Where the parts of a YAML text begin and end.

A parser's own marks do not say: that of a block stands at the next thing after it, and that of an empty value, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node


def end_of(text: str, node: Node) -> int:
    """Where a node really ends: a block's own mark stands at the next thing after it."""
    from ruamel.yaml.nodes import CollectionNode, MappingNode

    if not isinstance(node, CollectionNode):
        end = int(node.end_mark.index)
        return len(text[:end].rstrip()) if _is_block_text(node) else end
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    return entry_end(text, *node.value[-1]) if isinstance(node, MappingNode) else end_of(text, node.value[-1])


def entry_end(text: str, key: Node, child: Node) -> int:
    """Where an entry of a mapping ends; where it says nothing, behind its colon."""
    return text.find(":", key.end_mark.index) + 1 if is_empty(child) else end_of(text, child)


def is_empty(node: Node) -> bool:
    """Whether nothing is written there; the marks of such a node stand at what comes next."""
    return bool(node.start_mark.index == node.end_mark.index)


def _is_block_text(node: Node) -> bool:
    return getattr(node, "style", None) in ("|", ">")


def line_start(text: str, index: int) -> int:
    """Where the line of a character begins."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Where the line of a character ends, before its line break."""
    found = text.find("\n", index)
    end = found if found >= 0 else len(text)
    return end - 1 if text[index:end].endswith("\r") else end


def column_of(text: str, index: int) -> int:
    """How many characters of its line stand before a character."""
    return index - line_start(text, index)


def dash_of(text: str, node: Node) -> int | None:
    """Where the dash of an item stands; None where something else is on its line."""
    before = text[: node.start_mark.index].rstrip(" \t\r\n")
    if not before.endswith("-") or text[line_start(text, len(before) - 1) : len(before) - 1].strip():
        return None
    return len(before) - 1


def has_anchors(node: Node) -> bool:
    """Whether a part, or what is in it, is named to be repeated elsewhere."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    if node.anchor is not None:
        return True
    if isinstance(node, ScalarNode):
        return False
    inner = [part for pair in node.value for part in pair] if isinstance(node, MappingNode) else node.value
    return any(has_anchors(part) for part in inner)
