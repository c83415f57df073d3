"""The leader: one at a time, the next one when it goes, and nobody without the lease."""

import asyncio
import time

import pytest

from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.kinds import LEASES, NAMESPACES
from dicot.reconcile import lease
from dicot.reconcile.lease import Election, Timing


@pytest.fixture
async def client(bare):
    client = Client.connect(plain(bare.url, bare.token("admin")))
    await client.create(NAMESPACES, {"metadata": {"name": "sys"}})
    yield client
    await client.close()


QUICK = Timing(duration_s=1, renew_s=0.05, ask_s=0.01)


class Candidate:
    def __init__(self, client: Client) -> None:
        self.leads = False
        self.times = 0
        self.election = Election(client, "sys", QUICK)
        self.task = asyncio.create_task(self.election.lead(self.work))

    async def work(self) -> None:
        self.leads = True
        self.times += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.leads = False

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_one_leads_and_the_next_follows(client):
    candidates = [Candidate(client) for _ in range(3)]
    await until(lambda: any(one.leads for one in candidates))
    leader = next(one for one in candidates if one.leads)
    assert sum(one.leads for one in candidates) == 1
    held = await client.get(LEASES, lease.NAME, "sys")
    assert held["spec"]["holderIdentity"] == leader.election.identity
    await leader.stop()
    others = [one for one in candidates if one is not leader]
    await until(lambda: any(one.leads for one in others))
    assert sum(one.leads for one in others) == 1
    for one in others:
        await one.stop()
    assert (await client.get(LEASES, lease.NAME, "sys"))["spec"]["holderIdentity"] == ""


async def test_a_lease_whose_holder_died_is_taken_after_its_duration(client):
    spec = {"holderIdentity": "dead", "leaseDurationSeconds": 1, "renewTime": "2020-01-01T00:00:00.000000Z"}
    await client.create(LEASES, {"metadata": {"name": lease.NAME}, "spec": spec}, "sys")
    started = time.monotonic()
    candidate = Candidate(client)
    await until(lambda: candidate.leads)
    assert time.monotonic() - started > 1, "its clock may be wrong: only what is seen from here counts"
    await candidate.stop()


async def test_who_loses_the_lease_stops_working(client):
    candidate = Candidate(client)
    await until(lambda: candidate.leads)
    await client.patch(LEASES, lease.NAME, {"spec": {"holderIdentity": "somebody"}}, "sys")
    await until(lambda: not candidate.leads)
    await candidate.stop()
