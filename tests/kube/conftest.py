import pytest

from dicot.kube.client import Client

from .faulty import Faulty, client_of, running


@pytest.fixture
async def server():
    async with running() as started:
        yield started


@pytest.fixture
async def client(server: Faulty):
    connected: Client = client_of(server)
    async with connected:
        yield connected
