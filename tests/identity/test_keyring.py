"""The keys of tokens: which one seals, which ones open, and how replicas come to share them."""

import asyncio
import time

import pytest

from dicot.api.token import Payload, Sealer, new_key
from dicot.config import Config
from dicot.identity import keyring
from dicot.identity.keyring import Keyring, keys_of, manifest
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.kinds import NAMESPACES, SECRETS
from dicot.reconcile import fernet_keys

PAYLOAD = Payload(user_id="u", methods=("password",), audit_ids=("a",), issued_at=1.0, expires_at=2.0)


def test_the_newest_key_only_opens():
    old, current, staged = new_key(), new_key(), new_key()
    keys = keys_of(manifest([old, current, staged], 0.0))
    assert keys == (current, staged, old)
    sealed = Sealer(keys).seal(PAYLOAD)
    assert Sealer((current,)).open(sealed) == PAYLOAD
    assert Sealer(keys).open(Sealer((staged,)).seal(PAYLOAD)) == PAYLOAD


def test_one_key_seals():
    key = new_key()
    assert keys_of(manifest([key], 0.0)) == (key,)


def test_what_is_no_key_is_left_out():
    secret = manifest([new_key()], 0.0)
    secret["data"] |= {"7": "bm90IGEga2V5", "note": "eA=="}
    assert len(keys_of(secret)) == 1
    assert keys_of({"data": {}}) == ()


def test_numbers_go_on():
    keys = [new_key() for _ in range(3)]
    assert sorted(manifest(keys, 0.0, after=6)["data"]) == ["5", "6", "7"]
    assert keyring.newest(manifest(keys, 0.0, after=6)) == 7


@pytest.mark.parametrize(("lifetime_s", "rotation_s", "kept"), [(3600, 86400, 3), (7200, 3600, 4), (3600, 3600, 3)])
def test_keys_are_kept_as_long_as_tokens_live(lifetime_s, rotation_s, kept):
    assert fernet_keys.kept(Config(token_lifetime_s=lifetime_s, fernet_rotation_s=rotation_s)) == kept


@pytest.fixture
async def client(bare):
    client = Client.connect(plain(bare.url, bare.token("admin")))
    await client.create(NAMESPACES, {"metadata": {"name": "sys"}})
    yield client
    await client.close()


async def until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


class Replica:
    """A keyring that follows the Secret, as a process of Dicot does."""

    def __init__(self, client: Client) -> None:
        self.keyring = Keyring(client, "sys")
        self.task = asyncio.create_task(self.keyring.follow())

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def replicas(client):
    both = [Replica(client), Replica(client)]
    await until(lambda: all(one.keyring.ready for one in both))
    yield both
    for one in both:
        await one.stop()


async def test_replicas_that_start_at_once_share_the_keys(client, replicas):
    first, second = (one.keyring.sealer for one in replicas)
    assert first.keys == second.keys
    assert second.open(first.seal(PAYLOAD)) == PAYLOAD


class OneCluster:
    """What a rotation needs of a cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.config = Config(system_namespace="sys", fernet_rotation_s=60)


async def test_rotation_reaches_every_replica_and_ends_no_token(client, replicas):
    before = replicas[0].keyring.sealer
    sealed = before.seal(PAYLOAD)
    await fernet_keys.rotate(OneCluster(client))
    assert keys_of(await client.get(SECRETS, keyring.NAME, "sys")) == before.keys, "it is not yet time"
    for _ in range(3):
        await client.patch(SECRETS, keyring.NAME, {"metadata": {"annotations": {keyring.ROTATED_AT: "0"}}}, "sys")
        await fernet_keys.rotate(OneCluster(client))
    keys = keys_of(await client.get(SECRETS, keyring.NAME, "sys"))
    assert len(keys) == 5
    await until(lambda: all(one.keyring.sealer.keys == keys for one in replicas))
    assert [one.keyring.sealer.open(sealed) for one in replicas] == [PAYLOAD, PAYLOAD]
    assert keys[0] not in before.keys


async def test_a_deleted_secret_is_made_anew(client, replicas):
    before = replicas[0].keyring.sealer.keys
    await client.delete(SECRETS, keyring.NAME, "sys")
    await until(lambda: all(one.keyring.sealer.keys != before for one in replicas))
    await until(lambda: replicas[0].keyring.sealer.keys == replicas[1].keyring.sealer.keys)


async def test_a_secret_older_than_the_log_is_followed(bare, client, replicas):
    """After a restart the Secret's own resourceVersion is one that Kubernetes has forgotten."""
    for number in range(3):
        await client.create(NAMESPACES, {"metadata": {"name": f"later-{number}"}})
    bare.faults.expire()
    late = Replica(client)
    await until(lambda: late.keyring.ready)
    await client.patch(SECRETS, keyring.NAME, {"metadata": {"annotations": {keyring.ROTATED_AT: "0"}}}, "sys")
    await fernet_keys.rotate(OneCluster(client))
    keys = keys_of(await client.get(SECRETS, keyring.NAME, "sys"))
    await until(lambda: late.keyring.sealer.keys == keys)
    assert late.keyring.problem == ""
    await late.stop()
