"""A cluster that nobody has prepared for Dicot: what is missing is said, with what to do; nothing wrong is served."""

import asyncio
from pathlib import Path

import httpx2
import yaml

from dicot import app, serving
from dicot.config import Config
from dicot.devcluster.server import DICOT, DevCluster
from tests.real_kube.cluster import KubeCluster


async def why_not(tmp_path: Path, dev: DevCluster | KubeCluster, user: str, *wanted: str) -> None:
    """Serve the cluster as this user, and wait until /readyz says all that is wanted; tokens are answered 503."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(dev.kubeconfig(user)))
    server = serving.Server(app.build(Config(kubeconfig=str(kubeconfig))), "127.0.0.1", 0)
    await server.start()
    try:
        async with httpx2.AsyncClient(base_url=server.url) as client:
            told = ""
            async with asyncio.timeout(10):
                while not all(one in told for one in wanted):
                    answer = await client.get("/readyz")
                    assert answer.status_code == 503
                    assert answer.headers["Retry-After"] == "1"
                    told = answer.text
            assert (await client.get("/healthz")).status_code == 200
            answer = await client.get("/compute/v2.1/servers", headers={"X-Auth-Token": "x"})
            assert answer.status_code == 503
            assert "Retry-After" in answer.headers
    finally:
        await server.stop()


async def test_definitions_that_are_missing_are_named(tmp_path, bare):
    absent = "users.identity.dicot.io is not served by this cluster"
    await why_not(tmp_path, bare, "admin", absent, "keys of tokens: 404", "dicot bootstrap")


async def test_rights_that_are_missing_are_named(tmp_path, bare):
    refused = "namespaces has not been listed yet: 403 Forbidden"
    await why_not(tmp_path, bare, DICOT, refused, "keys of tokens: 403", "dicot bootstrap")
