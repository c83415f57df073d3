"""Find or build a real kube-apiserver, kube-controller-manager and etcd: `python3 scripts/kube_binaries.py`.

The last line printed is the folder that holds them. `KUBEBUILDER_ASSETS` wins where it is set; else they are built once
from Debian's own source package `kubernetes`, and kept. Needs only Python, apt and root, and says what else is missing.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = ("kube-apiserver", "kube-controller-manager", "etcd")
BUILT = ("kube-apiserver", "kube-controller-manager")
PACKAGE = "kubernetes"
TOOLS = {"go": "golang-go", "dpkg-source": "dpkg-dev"}
IMPORT_PATH = "k8s.io/kubernetes"
VERSION_VARIABLES = tuple(
    f"{IMPORT_PATH}/vendor/k8s.io/{package}/version.gitVersion" for package in ("component-base", "client-go/pkg")
)
"""What `--version` tells, and what `GET /version` does: the aggregator has the other package's."""
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MARK = re.compile(rb"^// \+k8s:openapi-gen=", re.MULTILINE)
GENERATED = Path("pkg/generated/openapi")
ZERO_VALUE = (
    "vendor/k8s.io/kube-openapi/pkg/validation/validate/type.go",
    "if data == nil || reflect.DeepEqual(reflect.Zero(reflect.TypeOf(data)), reflect.ValueOf(data)) {",
    "if data == nil {",
)
"""Built with Go 1.18 or later, the comparison holds for an empty text, which is then refused as null.

There are two copies of this code: objects of custom kinds are judged by kube-openapi's.
"""
RECIPE = "4"
"""Counts the changes of how binaries are built: those of an older recipe are not used."""
TAGS = "providerless"
"""Leaves the code of cloud providers out: a third of the build, and nothing of it is ever asked here."""
RENEWED = {"golang-github-modern-go-reflect2-dev": "github.com/modern-go/reflect2"}
"""Libraries taken from Debian's own packages: those in the source package read maps as Go before 1.18 laid them out."""


class Missing(Exception):
    """Why there is no real kube-apiserver here."""


def cache_folder() -> Path:
    """Return where built binaries are kept: `DICOT_KUBE_CACHE`, else a folder in the user's own cache."""
    chosen = os.environ.get("DICOT_KUBE_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(chosen) if chosen else base / "dicot" / "kube") / RECIPE


def find() -> Path:
    """Return the folder with the binaries, building them if there are none yet."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        lacking = [name for name in BINARIES if not os.access(Path(assets) / name, os.X_OK)]
        if lacking:
            raise Missing(f"KUBEBUILDER_ASSETS={assets} lacks {', '.join(lacking)}")
        return Path(assets)
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / "lock"):
        if not all(os.access(folder / name, os.X_OK) for name in BINARIES):
            _make(folder)
    return folder


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time build: the next finds what the first has built."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command and return its output; what it printed is in the error when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, text=True, capture_output=True)
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise Missing(f"{told}\n{' '.join(str(part) for part in command[:3])} failed with {done.returncode}")
    return done.stdout


def _make(folder: Path) -> None:
    work = folder / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    began = time.monotonic()
    _tools()
    if not os.access(folder / "etcd", os.X_OK):
        _etcd(folder, work)
    source, version = _source(work)
    _build(folder, work, source, version)
    shutil.rmtree(work)
    _say(f"kept in {folder}; it took {time.monotonic() - began:.0f} s")


def _tools() -> None:
    if not shutil.which("apt-get"):
        raise Missing(f"no apt-get here: set KUBEBUILDER_ASSETS to a folder with {', '.join(BINARIES)}")
    lacking = [package for command, package in TOOLS.items() if not shutil.which(command)]
    _say("apt-get update")
    _run("apt-get", "update", "-qq")
    if lacking:
        _say(f"apt-get install {' '.join(lacking)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *lacking, env=quiet)


def _etcd(folder: Path, work: Path) -> None:
    """Take etcd out of Debian's package without installing it: an installed one would start as a service."""
    _say("etcd from Debian's etcd-server")
    _run("apt-get", "-o", "APT::Sandbox::User=root", "download", "-qq", "etcd-server", cwd=work)
    package = next(work.glob("etcd-server_*.deb"))
    _run("dpkg-deb", "-x", package, work / "etcd-server")
    _keep(work / "etcd-server/usr/bin/etcd", folder / "etcd")


def _source(work: Path) -> tuple[Path, str]:
    """Fetch and unpack Debian's source package, through a source entry that only this build knows."""
    apt = work / "apt"
    (apt / "lists/partial").mkdir(parents=True)
    (apt / "archives/partial").mkdir(parents=True)
    (apt / "sources.list").write_text("".join(_source_entries()))
    options = [
        f"Dir::Etc::SourceList={apt / 'sources.list'}",
        "Dir::Etc::SourceParts=/dev/null",
        f"Dir::State::Lists={apt / 'lists'}",
        f"Dir::Cache={apt}",
        "APT::Sandbox::User=root",
    ]
    private = [part for option in options for part in ("-o", option)]
    _say(f"apt-get source {PACKAGE}")
    _run("apt-get", *private, "update", "-qq")
    _run("apt-get", *private, "source", "-qq", PACKAGE, cwd=work)
    source = next(path for path in work.glob(f"{PACKAGE}-*") if path.is_dir())
    version = _run("dpkg-parsechangelog", "-l", source / "debian/changelog", "-S", "Version").strip()
    upstream = re.sub(r".*really", "", version.split("-")[0])
    _say(f"{PACKAGE} {version}: version {upstream}")
    return source, f"v{upstream}"


def _source_entries() -> list[str]:
    """Write the source entries that go with the machine's own package entries for Debian."""
    form = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    lines = _run("apt-get", "indextargets", "--format", form, "Created-By: Packages").splitlines()
    found = {tuple(line.split("|")[1:]) for line in lines if line.startswith("Debian|")}
    if not found:
        raise Missing("apt knows no package source of Debian here: set KUBEBUILDER_ASSETS")
    signed = f"[signed-by={DEBIAN_KEYRING}] " if DEBIAN_KEYRING.exists() else ""
    return [f"deb-src {signed}{uri} {suite} {component}\n" for uri, suite, component in sorted(found)]


def _build(folder: Path, work: Path, source: Path, version: str) -> None:
    """Build in GOPATH mode, which this generation of the source still supports."""
    root = work / "go/src" / IMPORT_PATH
    root.parent.mkdir(parents=True)
    root.symlink_to(source)
    env = {
        **os.environ,
        "GOPATH": str(work / "go"),
        "GO111MODULE": "off",
        "GOCACHE": str(work / "gocache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
        "PWD": str(root),
    }
    for package, path in RENEWED.items():
        _renew(work, package, root / "vendor" / path)
    _mend(root)
    _openapi(root, work, env)
    flags = " ".join(("-s", "-w", *(f"-X {variable}={version}" for variable in VERSION_VARIABLES)))
    _say(f"go build {' '.join(BUILT)}")
    (work / "bin").mkdir()
    commands = [f"{IMPORT_PATH}/cmd/{name}" for name in BUILT]
    _run("go", "build", "-tags", TAGS, "-ldflags", flags, "-o", f"{work / 'bin'}/", *commands, cwd=root, env=env)
    for name in BUILT:
        _keep(work / "bin" / name, folder / name)


def _mend(root: Path) -> None:
    """Change the one line that means something else to this Go than to the one it was written for."""
    name, old, new = ZERO_VALUE
    text = (root / name).read_text()
    if text.count(old) != 1:
        raise Missing(f"{name} is not as expected: {old}")
    (root / name).write_text(text.replace(old, new))


def _renew(work: Path, package: str, vendored: Path) -> None:
    """Put the library of a Debian package in the place of a vendored one."""
    _say(f"{vendored.name} from Debian's {package}")
    _run("apt-get", "-o", "APT::Sandbox::User=root", "download", "-qq", package, cwd=work)
    _run("dpkg-deb", "-x", next(work.glob(f"{package}_*.deb")), work / package)
    shutil.rmtree(vendored)
    found = work / package / "usr/share/gocode/src" / RENEWED[package]
    shutil.copytree(found, vendored, ignore=shutil.ignore_patterns("*_test.go"))


def _openapi(root: Path, work: Path, env: dict[str, str]) -> None:
    """Generate the OpenAPI definitions, which the source package leaves out."""
    _say("openapi-gen")
    generator = work / "openapi-gen"
    vendored = f"{IMPORT_PATH}/vendor/k8s.io/kube-openapi/cmd/openapi-gen"
    _run("go", "build", "-o", generator, vendored, cwd=root, env=env)
    output = f"{IMPORT_PATH}/{GENERATED}"
    header = root / "hack/boilerplate/boilerplate.generatego.txt"
    _run(
        generator, "-O", "zz_generated.openapi", "-p", output, "-h", header, "-r", work / "openapi-violations",
        "-o", work / "go/src", "-i", ",".join(_marked(root)),
        cwd=root, env=env,
    )  # fmt: skip


def _marked(root: Path) -> list[str]:
    """List the packages marked for openapi-gen, by the paths under which they are imported."""
    folders: set[str] = set()
    for top in ("pkg", "cmd", "plugin", "vendor/k8s.io"):
        for path in _go_files(root / top):
            if MARK.search(path.read_bytes()):
                folders.add(str(path.parent.relative_to(root)))
    vendored = [folder.removeprefix("vendor/") for folder in folders if folder.startswith("vendor/")]
    own = [f"{IMPORT_PATH}/{folder}" for folder in folders if not folder.startswith("vendor/")]
    return sorted([*vendored, *own])


def _go_files(top: Path) -> Iterator[Path]:
    """Go through Go files, following links: the staging area is linked into vendor."""
    for folder, _, names in os.walk(top, followlinks=True):
        yield from (Path(folder) / name for name in names if name.endswith(".go") and not name.endswith("_test.go"))


def _keep(made: Path, kept: Path) -> None:
    """Put a binary where it is kept, whole or not at all."""
    fresh = kept.with_suffix(".new")
    shutil.copy2(made, fresh)
    fresh.replace(kept)


if __name__ == "__main__":
    try:
        print(find())
    except Missing as missing:
        sys.exit(f"no real kube-apiserver: {missing}")
