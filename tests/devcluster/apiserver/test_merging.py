"""How lists and maps of built-in kinds are put together: strategic merge patches and server-side apply."""

from typing import Any

from tests.devcluster.apiserver.client import APPLY, Kube

Json = dict[str, Any]
DEPLOYMENTS = "/apis/apps/v1/namespaces/g1/deployments"
SERVICES = "/api/v1/namespaces/g1/services"
STRATEGIC = "application/strategic-merge-patch+json"


def deployment(*containers: Json) -> Json:
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}


def containers(body: Json) -> list[Json]:
    return body["spec"]["template"]["spec"]["containers"]


def template(**spec: Any) -> Json:
    return {"spec": {"template": {"spec": spec}}}


async def test_a_strategic_patch_merges_deletes_replaces_and_orders(kube: Kube) -> None:
    await kube.post(DEPLOYMENTS, deployment({"name": "a", "image": "1"}, {"name": "b", "image": "2", "args": ["x"]}))

    async def patched(**spec: Any) -> list[Json]:
        body = await kube.ok("PATCH", f"{DEPLOYMENTS}/d", template(**spec), content_type=STRATEGIC)
        return containers(body)

    found = await patched(containers=[{"name": "b", "image": "3"}])
    assert found[1] == {"name": "b", "image": "3", "args": ["x"]}
    order = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}
    assert [c["name"] for c in await patched(containers=[{"name": "a", "tty": True}], **order)] == ["b", "a"]
    assert [c["name"] for c in await patched(containers=[{"name": "a", "$patch": "delete"}])] == ["b"]
    found = await patched(containers=[{"name": "c", "image": "4"}, {"$patch": "replace"}])
    assert found == [{"name": "c", "image": "4"}]
    assert (await patched(containers=[{"name": "c", "args": None, "command": ["run"]}]))[0]["command"] == ["run"]


async def test_appliers_share_a_list_by_its_keys_and_take_over_by_force(kube: Kube) -> None:
    async def apply(manager: str, *listed: Json, force: str = "", code: int = 200) -> Json:
        path = f"{DEPLOYMENTS}/d?fieldManager={manager}{force}"
        answer = await kube.send("PATCH", path, deployment(*listed), content_type=APPLY)
        assert answer.status_code == code, answer.text
        return answer.json()

    await apply("one", {"name": "a", "image": "1"}, code=201)
    both = await apply("two", {"name": "b", "image": "2"})
    assert [c["name"] for c in containers(both)] == ["a", "b"]
    refused = await apply("two", {"name": "a", "image": "9"}, code=409)
    field = '.spec.template.spec.containers[name="a"].image'
    assert refused["details"]["causes"][0] == {
        "reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": field,
    }  # fmt: skip
    await apply("two", {"name": "a", "image": "9"}, {"name": "b", "image": "2"}, force="&force=true")
    left = await apply("one", {"name": "c", "image": "3"})
    assert {c["name"]: c["image"] for c in containers(left)} == {"a": "9", "b": "2", "c": "3"}


async def test_ports_are_told_apart_by_number_and_protocol(kube: Kube) -> None:
    async def apply(manager: str, *ports: Json) -> list[Json]:
        body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": list(ports)}}
        made = await kube.ok("PATCH", f"{SERVICES}/s?fieldManager={manager}", body, content_type=APPLY)
        return made["spec"]["ports"]

    await apply("one", {"port": 53, "protocol": "TCP", "name": "tcp"})
    found = await apply("two", {"port": 53, "protocol": "UDP", "name": "udp"})
    assert [(p["port"], p["protocol"]) for p in found] == [(53, "TCP"), (53, "UDP")]
    assert [p["name"] for p in await apply("one", {"port": 80, "name": "web"})] == ["udp", "web"]
    assert [p["name"] for p in await apply("one", {"port": 80, "name": "web"})] == ["udp", "web"]
