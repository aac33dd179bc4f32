"""Files of trained weights: known by digest, found in the store or beside the tool that declares them."""

from __future__ import annotations

import inspect
from pathlib import Path

from gnomon.plans.canonical import file_digest
from gnomon.plans.plan import Step
from gnomon.plans.store import Store
from gnomon.tools.errors import WeightsError
from gnomon.tools.registry import Tool


def file_name(tool: Tool, parameter: str, sha256: str) -> str:
    """How the file is called in a bundle: its digest, with the ending that the tool's declaration gives."""
    declared, _sha256 = tool.declaration.weights[parameter]
    return sha256 + Path(declared).suffix


def weights_of(tool: Tool, step: Step) -> dict[str, str]:
    """Digest of the weights of each parameter that takes some."""
    return {
        p.name: str(step.arguments[p.name]) for p in tool.arguments if p.type == "weights" and p.name in step.arguments
    }


def find(tool: Tool, parameter: str, sha256: str, store: Store) -> Path:
    """The file of these weights, in the store; it is taken there from beside the tool where it is the one.

    Raises
    ------
    WeightsError
        Where it is not here, or the file beside the tool is another one.
    """
    stored = store.path(sha256, ".file")
    if stored.exists():
        if file_digest(stored) != sha256:
            raise WeightsError(
                f"The weights {sha256[:12]}… of {tool.name} were altered in the store.", remedy=f"Delete {stored}."
            )
        return stored
    declared = Path(inspect.getfile(tool.function)).parent / tool.declaration.weights[parameter][0]
    if not declared.is_file():
        raise WeightsError(
            f"The weights {sha256[:12]}… of {tool.name} are not here: there is no {declared.name} beside it.",
            remedy="Install the package that holds the tool again.",
        )
    if (found := file_digest(declared)) != sha256:
        raise WeightsError(
            f"{declared.name} is not the file of weights that the plan names for {tool.name}: its sha256 is {found[:12]}…, "
            f"not {sha256[:12]}….",
            remedy="Install the version of the tool that the plan names, or plan again.",
        )
    store.put_file(declared)
    return stored
