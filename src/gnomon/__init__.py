"""Gnomon turns an astronomer's question into a plan that can be read, checked, approved, run, run again and published."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# The folders stay at the top of the repository and are linked here.  A checkout
# without symbolic links (some Windows clones) has text files in their place;
# then the packages are found at the top directly.
_here = Path(__file__).parent
if not (_here / "agents").is_dir() and (_here.parents[1] / "agents").is_dir():
    __path__.append(str(_here.parents[1]))

try:
    __version__ = version("gnomon")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0.1.0"

__all__ = ["__version__"]
