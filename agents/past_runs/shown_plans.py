"""Plans as they were first shown, kept until a decision, so that what was edited in a file is known by comparison.

It is a cache: where a plan is not in it any more, what was edited in its file is not known, and nothing is said of it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from gnomon.plans.plan import Plan
from gnomon.plans.run import write_text
from gnomon.tools.errors import PlanError

# More plans than a person edits at a time; each is a few kB.
_KEPT = 500
_HASH = re.compile(r"[0-9a-f]{64}")


class ShownPlans:
    """The plans that were shown last.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, plan: Plan) -> None:
        """Keep a plan that is shown; the oldest go where there are too many.

        Raises
        ------
        StoreError
            Where the disk refuses.
        """
        path = self.folder / f"{plan.hash}.json"
        if path.is_file():
            return
        write_text(path, json.dumps(plan.document(), ensure_ascii=False))
        kept = sorted(self.folder.glob("[0-9a-f]*.json"), key=lambda p: p.stat().st_mtime_ns)
        for old in kept[:-_KEPT]:
            old.unlink(missing_ok=True)

    def find(self, plan_hash: str) -> Plan | None:
        """The plan of that hash, or None; a file that says another plan than its name is not believed."""
        path = self.folder / f"{plan_hash}.json"
        if not _HASH.fullmatch(plan_hash) or not path.is_file():
            return None
        try:
            plan = Plan.of_document(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, OSError, PlanError):
            return None
        return plan if plan.hash == plan_hash else None
