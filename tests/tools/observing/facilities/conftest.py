from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[3]
for folder in (TESTS / "services", TESTS / "tools" / "observing" / "verification"):
    sys.path.insert(0, str(folder))
