from collections.abc import AsyncIterator

import httpx2
import pytest

from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.widget import CRDS, WIDGET


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    bare = DevCluster(parts=[])
    await bare.start()
    yield bare
    await bare.stop()


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    """A client with every right, in a cluster with the namespaces g1 and g2 and the kind Widget."""
    async with httpx2.AsyncClient(base_url=cluster.url, headers={"user-agent": "rk-rec/1"}) as http:
        made = Kube(http, cluster.token())
        for name in ("g1", "g2"):
            await made.post("/api/v1/namespaces", {"metadata": {"name": name}})
        await made.post(CRDS, WIDGET)
        yield made
