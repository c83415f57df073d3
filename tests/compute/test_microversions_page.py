"""The page of microversions is as fresh as the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_fresh():
    script = ROOT / "scripts" / "microversions.py"
    done = subprocess.run([sys.executable, str(script), "--print"], capture_output=True, text=True, check=True)
    page = (ROOT / "docs" / "microversions.md").read_text()
    assert page == done.stdout, "run scripts/microversions.py"
