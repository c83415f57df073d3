"""The kubectls that tests run: those that `make kubectl` has fetched, or else the one on the PATH."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]
DEADLINE_S = 90
_FETCHED = Path(__file__).parents[3] / ".cache" / "kubectl"


def binaries() -> list[Any]:
    """Return a parameter for each kubectl; where CI has none, the tests fail rather than skip."""
    found = {path.parent.name: str(path) for path in sorted(_FETCHED.glob("*/kubectl"))}
    on_path = shutil.which("kubectl")
    if not found and on_path:
        found = {"path": on_path}
    if not found and os.environ.get("CI") == "true":
        raise FileNotFoundError("no kubectl: run `make kubectl`")
    skip = pytest.mark.skip(reason="no kubectl: run `make kubectl`")
    return [pytest.param(path, id=name) for name, path in found.items()] or [pytest.param("", id="none", marks=skip)]


class Kubectl:
    """One kubectl that talks to one cluster."""

    def __init__(self, binary: str, folder: Path, kubeconfig: Json) -> None:
        self.binary = binary
        self.folder = folder
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig))

    def start(self, *arguments: str, **environment: str) -> Any:
        known = ["--kubeconfig", str(self.folder / "kubeconfig"), "--cache-dir", str(self.folder / "cache")]
        pipe = asyncio.subprocess.PIPE
        env = {**os.environ, **environment}
        return asyncio.create_subprocess_exec(self.binary, *known, *arguments, stdout=pipe, stderr=pipe, env=env)

    async def __call__(self, *arguments: str, fails: str = "", **environment: str) -> str:
        process = await self.start(*arguments, **environment)
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        if fails:
            assert process.returncode, out
            assert fails in err.decode()
        else:
            assert process.returncode == 0, err.decode()
        return out.decode() + err.decode()

    async def newer_than(self, minor: int) -> bool:
        """Tell whether this kubectl is of a later release than 1.<minor>."""
        told = json.loads(await self("version", "--client", "-o", "json"))
        return int(told["clientVersion"]["minor"].rstrip("+")) > minor

    def write(self, text: str, name: str = "manifest.yaml") -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    async def apply(self, body: Json, *arguments: str) -> str:
        return await self("apply", "-f", self.write(json.dumps(body)), *arguments)
