"""The page of coverage is as fresh as the code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_page_is_fresh():
    script = ROOT / "scripts" / "coverage.py"
    done = subprocess.run([sys.executable, str(script), "--print"], capture_output=True, text=True, check=True)
    page = (ROOT / "docs" / "coverage.md").read_text()
    assert page == done.stdout, "run scripts/coverage.py"


def test_every_service_declares_its_routes():
    declared = json.loads((ROOT / "scripts" / "declared_routes.json").read_text())
    few = {name: len(one["routes"]) for name, one in declared.items() if len(one["routes"]) < 30}
    assert not few, "the packages have been read wrongly"
    assert ["GET", "/os-hypervisors/{}/search", "", "", "2.52", False] in declared["compute"]["routes"]
