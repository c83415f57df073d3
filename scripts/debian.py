"""Fetch what tests use of Debian's packages, without installing them: `python3 scripts/debian.py NAME FOLDER`.

What is there already is left alone. Needs no more than the standard library, apt-get and dpkg-deb.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = {
    # npm's package of noVNC has no page: docs/decisions/0008-novnc.md.
    "novnc": (("novnc",), "usr/share/novnc"),
    # cloud-init is not on PyPI; what else it imports, Dicot's tests have anyway.
    "cloud-init": (("cloud-init", "python3-configobj", "python3-six"), "usr/lib/python3/dist-packages"),
}
"""The packages of each name, and which of their folders is kept."""


def main(name: str, folder: Path) -> None:
    """Take one folder out of packages, unless it is there."""
    if folder.exists():
        return
    packages, wanted = SOURCES[name]
    with tempfile.TemporaryDirectory() as scratch:
        download = ["apt-get", "-qq", "download", *packages]
        if subprocess.run(download, cwd=scratch).returncode:
            subprocess.run(["apt-get", "-qq", "update"], check=True)
            subprocess.run(download, cwd=scratch, check=True)
        unpacked = Path(scratch) / "unpacked"
        for package in Path(scratch).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(unpacked / wanted, folder)


main(sys.argv[1], Path(sys.argv[2]))
