"""Preparing a cluster: from nothing, again, and what it leaves alone."""

import time
from importlib import resources

import pytest

from dicot import bootstrap
from dicot.config import Config
from dicot.identity.kinds import USERS
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, NAMESPACES, ROLE_BINDINGS, SECRETS


@pytest.fixture
async def client(bare):
    client = Client.connect(plain(bare.url, bare.token("admin")))
    yield client
    await client.close()


KINDS = (NAMESPACES, USERS, SECRETS, ROLE_BINDINGS, CLUSTER_ROLES)


async def held(client, kind):
    """Return the objects of a kind without what every write touches."""
    found, _ = await client.list(kind)
    for one in found:
        del one["metadata"]["managedFields"], one["metadata"]["resourceVersion"]
    return {one["metadata"]["name"]: one for one in found}


async def test_from_nothing(client):
    done = await bootstrap.run(client, Config(), admin_password="secret", demo=True)
    assert done.admin.password == "secret"
    assert done.demo is not None
    assert len(done.demo.password) > 12
    namespace = await client.get(NAMESPACES, "admin")
    assert namespace["metadata"]["uid"].replace("-", "") == done.admin.project_id
    users, _ = await client.list(USERS)
    assert {one["spec"]["name"] for one in users} == {"admin", "demo"}
    bindings, _ = await client.list(ROLE_BINDINGS, "demo")
    assert [one["roleRef"]["name"] for one in bindings] == ["dicot:member"]
    over_cluster, _ = await client.list(CLUSTER_ROLE_BINDINGS)
    admins = [one for one in over_cluster if one["roleRef"]["name"] == "dicot:admin"]
    assert [one["subjects"][0]["name"] for one in admins] == [f"dicot:{done.admin.user_id}"]
    assert "secret" not in str(await client.list(SECRETS))


async def test_again_changes_nothing(client):
    first = await bootstrap.run(client, Config(), admin_password="secret", demo=True)
    objects = [await held(client, kind) for kind in KINDS]
    again = await bootstrap.run(client, Config(), admin_password="other", demo=True)
    assert again.admin.password == "", "a password that there is stays"
    assert again.admin.user_id == first.admin.user_id
    assert again.admin.project_id == first.admin.project_id
    assert [await held(client, kind) for kind in KINDS] == objects


async def test_two_at_once(client):
    import asyncio

    both = await asyncio.gather(*(bootstrap.run(client, Config(), admin_password="secret") for _ in range(2)))
    assert both[0].admin.user_id == both[1].admin.user_id


async def test_a_namespace_of_that_name_is_not_taken_over(client):
    await client.create(NAMESPACES, {"metadata": {"name": "admin"}})
    with pytest.raises(ValueError, match=r"label it dicot\.io/project=true"):
        await bootstrap.run(client, Config())


async def test_every_role_has_rules_and_gives_only_what_it_says(client):
    await bootstrap.run(client, Config())
    roles = ("reader", "admin", "server")
    rules = {role: (await client.get(CLUSTER_ROLES, f"dicot:{role}"))["rules"] for role in roles}
    for rule in rules["reader"]:
        assert set(rule["verbs"]) <= {"get", "list", "watch"}, rule
    for role in ("reader", "admin"):
        assert not [rule for rule in rules[role] if "impersonate" in rule["verbs"] or "escalate" in rule["verbs"]]
    assert [rule for rule in rules["server"] if "impersonate" in rule["verbs"]]
    assert not [rule for rule in rules["server"] if {"escalate", "*"} & set(rule["verbs"])]
    assert all(rule.get("resourceNames") for rule in rules["server"] if "bind" in rule["verbs"])
    for rule in rules["server"]:
        if "secrets" in rule.get("resources", ()):
            assert not {"get", "list", "watch", "*"} & set(rule["verbs"]), "hashes and keys are in one namespace"


def cluster_role(name, **parts):
    return {"metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "dicot"}}, **parts}


async def test_an_upgrade_replaces_older_roles_and_leaves_others_alone(client):
    selector = {"matchLabels": {"rbac.dicot.io/aggregate-to-server": "true"}}
    older = [
        cluster_role("dicot:server", aggregationRule={"clusterRoleSelectors": [selector]}),
        cluster_role("dicot:compute:server", rules=[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]),
    ]
    for one in older:
        await client.apply(CLUSTER_ROLES, one, field_manager=bootstrap.FIELD_MANAGER)
    await client.create(CLUSTER_ROLES, cluster_role("somebody:else"))
    await bootstrap.run(client, Config())
    found, _ = await client.list(CLUSTER_ROLES)
    by_name = {one["metadata"]["name"]: one for one in found}
    assert "dicot:compute:server" not in by_name
    assert "somebody:else" in by_name
    wanted = next(one for one in bootstrap.manifests("rbac") if one["metadata"]["name"] == "dicot:server")
    assert by_name["dicot:server"]["rules"] == wanted["rules"]
    assert "aggregationRule" not in by_name["dicot:server"]


def test_every_right_of_dicot_has_its_reason():
    """Each rule of Dicot's own account, and each gap between rules, is commented: no right without a reason."""
    text = resources.files("dicot").joinpath("deploy/rbac/server.yaml").read_text()
    bound = [part.partition("rules:\n")[2] for part in text.split("\n---\n")]
    for rules in bound:
        for group in rules.strip("\n").split("\n\n"):
            assert group.lstrip().startswith("# why: "), group
    assert {one["metadata"]["name"] for one in bootstrap.manifests("rbac") if "server" in one["metadata"]["name"]} == {
        "dicot:server",
        "dicot:server-system",
    }


async def test_it_is_quick(client):
    await bootstrap.run(client, Config(), demo=True)
    started = time.perf_counter()
    await bootstrap.run(client, Config(), demo=True)
    assert time.perf_counter() - started < 5
