"""A cloud of its own for the replay, so that what other tests make cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud import Cloud
from tests.clusters import Clusters
from tests.recordings.exchanges import FOLDER
from tests.recordings.replay import Outcome, replay
from tests.shared_material import shared


@pytest.fixture(scope="session")
def outcomes(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Outcome]]:
    """How every exchange went, of one replay of all of them."""
    shared(f"{FOLDER}/INDEX.tsv")
    with clusters.development(tmp_path_factory.mktemp("recordings")) as development:
        kube = development.cluster
        cloud = Cloud(development.url, development.passwords["admin"], kube.url, kube.token("admin"))
        project = cloud.new_project("golden")
        yield replay(cloud, project)
        project.close()
        cloud.close()
