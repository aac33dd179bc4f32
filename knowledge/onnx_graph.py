"""Graphs for onnxruntime, written in the wire form of ONNX, which is protocol buffers.

Only what an encoder of texts needs.  The `onnx` package would do the same, and takes longer to import than a question takes to be answered.
Fields and their numbers are those of ``onnx.proto`` (ONNX IR version 9).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_IR, _OPSET = 9, 20
# TensorProto.DataType and AttributeProto.AttributeType.
_TYPES = {"float32": 1, "int8": 3, "int64": 7}
_FLOAT, _INT, _INTS = 1, 2, 7
MICROSOFT = "com.microsoft"


class Graph:
    """A graph as it grows: each step gives the name of what it makes."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: dict[str, bytes] = {}

    def constant(self, name: str, values: np.ndarray) -> str:
        """Put numbers in.

        Parameters
        ----------
        name : str
        values : numpy.ndarray of float32, int8 or int64

        Returns
        -------
        str
            The name.
        """
        dims = b"".join(_number(1, n) for n in values.shape)
        self._constants[name] = dims + _number(2, _TYPES[str(values.dtype)]) + _text(8, name) + _bytes(9, values.tobytes())  # fmt: skip
        return name

    def step(self, operator: str, *inputs: str, name: str = "", domain: str = "", **attributes: float | Sequence[int]) -> str:  # fmt: skip
        """Add an operator.

        Parameters
        ----------
        operator : str
            As ONNX, or onnxruntime in the domain `MICROSOFT`, calls it.
        *inputs : str
            Empty for one that is left out.
        name : str
            Of what it makes; a new one where none is given.
        domain : str
        **attributes : int, float or sequence of int

        Returns
        -------
        str
            The name of what it makes.
        """
        name = name or f"{operator}_{len(self._nodes)}"
        told = b"".join(_text(1, i) for i in inputs) + _text(2, name) + _text(4, operator) + _text(7, domain)
        self._nodes.append(told + b"".join(_bytes(5, _attribute(k, v)) for k, v in attributes.items()))
        return name

    def written(self, inputs: Mapping[str, Sequence[str | int]], outputs: Mapping[str, Sequence[str | int]]) -> bytes:
        """The model for onnxruntime.

        Parameters
        ----------
        inputs, outputs : mapping of str to sequence of str or int
            Shapes of float arrays; a name for a length that varies.

        Returns
        -------
        bytes
        """
        graph = b"".join(_bytes(1, n) for n in self._nodes) + _text(2, "encoder")
        graph += b"".join(_bytes(5, c) for c in self._constants.values())
        graph += b"".join(_bytes(11, _declared(n, s)) for n, s in inputs.items())
        graph += b"".join(_bytes(12, _declared(n, s)) for n, s in outputs.items())
        opsets = b"".join(_bytes(8, _text(1, d) + _number(2, v)) for d, v in (("", _OPSET), (MICROSOFT, 1)))
        return _number(1, _IR) + opsets + _bytes(7, graph)


def _varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1  # negative numbers in two's complement
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, _FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, v) for v in value) + _number(20, _INTS)


def _declared(name: str, shape: Sequence[str | int]) -> bytes:
    dims = b"".join(_bytes(1, _text(2, n) if isinstance(n, str) else _number(1, n)) for n in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _TYPES["float32"]) + _bytes(2, dims)))
