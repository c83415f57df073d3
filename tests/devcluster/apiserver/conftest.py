from collections.abc import AsyncIterator

import httpx2
import pytest

from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.widget import CRDS, PATH, WIDGET
from tests.real_kube.cluster import KubeCluster


@pytest.fixture
async def cluster(bare: DevCluster | KubeCluster) -> DevCluster | KubeCluster:
    return bare


@pytest.fixture
async def kube(cluster: DevCluster | KubeCluster) -> AsyncIterator[Kube]:
    """A client with every right, in a cluster with the namespaces g1 and g2 and the kind Widget."""
    async with httpx2.AsyncClient(base_url=cluster.url, headers={"user-agent": "rk-rec/1"}) as http:
        made = Kube(http, cluster.token())
        for name in ("g1", "g2"):
            await made.post("/api/v1/namespaces", {"metadata": {"name": name}})
        await made.post(CRDS, WIDGET)
        await made.served(PATH)
        yield made
