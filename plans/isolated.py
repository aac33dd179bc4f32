"""Runs a script in a process in which Gnomon cannot be imported.

Executed by path (``python -I isolated.py script.py ...``), never imported; the standard library only.
"""

from __future__ import annotations

import runpy
import sys
from importlib.machinery import ModuleSpec


class _Refusal:
    """Stands before all other finders and refuses Gnomon."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] == "gnomon":
            raise ImportError("The script reached for Gnomon, which it must not need.")
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, _Refusal())
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
