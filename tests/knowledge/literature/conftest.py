from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "services"))

from paper_services import paper_services  # noqa: F401
from service_fixtures import *  # noqa: F403
