"""Where the reference material (recordings, contracts) is found: data to test against, no part of the project."""

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("DICOT_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def shared(path: str) -> Path:
    """Return a file of the reference material; the test is skipped, visibly, where it is absent."""
    found = _ROOT / path
    if not found.exists():
        pytest.skip(f"{path} is absent: set DICOT_SHARED to the directory of the reference material")
    return found
