"""Fetch noVNC, as Debian publishes it, for trying consoles: `python3 scripts/novnc.py FOLDER`; what is there stays.

Needs no more than the standard library and Debian's apt-get. npm's package has no page: see docs/decisions.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "novnc"


def main(folder: Path) -> None:
    """Take noVNC out of its package, without installing it."""
    if folder.exists():
        return
    with tempfile.TemporaryDirectory() as scratch:
        if subprocess.run(["apt-get", "-qq", "download", PACKAGE], cwd=scratch).returncode:
            subprocess.run(["apt-get", "-qq", "update"], check=True)
            subprocess.run(["apt-get", "-qq", "download", PACKAGE], cwd=scratch, check=True)
        (package,) = Path(scratch).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), str(Path(scratch) / "unpacked")], check=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(scratch) / "unpacked" / "usr" / "share" / "novnc", folder)


main(Path(sys.argv[1]))
