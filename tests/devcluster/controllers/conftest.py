from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dicot.devcluster.clock import ScaledClock
from tests.clusters import Shared
from tests.devcluster.controllers.bench import Bench


@pytest.fixture
async def bench(shared: Shared | None, tmp_path: Path) -> AsyncIterator[Bench]:
    """A furnished cluster whose delays take no time, and a namespace in it."""
    bench = Bench.shared(shared) if shared else await Bench.start(tmp_path / "state", ScaledClock(0.0))
    yield bench
    await bench.stop()
