"""Namespaces, owners, claims, custom resource definitions: what the control plane does by itself."""

from typing import Any

from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.widget import CRDS, PATH, widget

Json = dict[str, Any]
CLAIMS = "/api/v1/namespaces/g1/persistentvolumeclaims"
CLAIM = {
    "metadata": {"name": "disk"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def owned_by(owner: Json, **more: Any) -> list[Json]:
    metadata = owner["metadata"]
    return [{"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"],
             "uid": metadata["uid"], **more}]  # fmt: skip


async def test_a_new_namespace_has_its_default_account(kube: Kube) -> None:
    account = await kube.get("/api/v1/namespaces/g1/serviceaccounts/default")
    assert account["metadata"]["name"] == "default"


async def test_a_deleted_namespace_takes_its_contents_along(kube: Kube) -> None:
    await kube.post(PATH, widget("a"))
    await kube.post("/api/v1/namespaces/g1/secrets", {"metadata": {"name": "s"}})
    await kube.delete("/api/v1/namespaces/g1")
    await kube.gone("/api/v1/namespaces/g1")
    assert (await kube.get("/apis/example.com/v1/widgets"))["items"] == []
    remade = await kube.post("/api/v1/namespaces", {"metadata": {"name": "g1"}})
    assert remade["status"] == {"phase": "Active"}
    assert (await kube.get("/api/v1/namespaces/g1/secrets"))["items"] == []


async def test_a_finalizer_holds_the_namespace(kube: Kube) -> None:
    await kube.post(PATH, widget("held", finalizers=["example.com/hold"]))
    await kube.delete("/api/v1/namespaces/g1")
    assert (await kube.get("/api/v1/namespaces/g1"))["status"]["phase"] == "Terminating"
    assert "deletionTimestamp" in (await kube.get(f"{PATH}/held"))["metadata"]
    await kube.merge(f"{PATH}/held", {"metadata": {"finalizers": None}})
    await kube.gone("/api/v1/namespaces/g1")


async def test_dependents_go_with_their_owner_also_down_the_chain(kube: Kube) -> None:
    owner = await kube.post(PATH, widget("owner"))
    child = await kube.post(PATH, widget("child", ownerReferences=owned_by(owner)))
    await kube.post(PATH, widget("grandchild", ownerReferences=owned_by(child)))
    await kube.delete(f"{PATH}/owner")
    await kube.gone(f"{PATH}/child")
    await kube.gone(f"{PATH}/grandchild")


async def test_a_dependent_with_a_second_owner_stays(kube: Kube) -> None:
    one, two = await kube.post(PATH, widget("one")), await kube.post(PATH, widget("two"))
    await kube.post(PATH, widget("child", ownerReferences=[*owned_by(one), *owned_by(two)]))
    await kube.delete(f"{PATH}/one")
    await kube.gone(f"{PATH}/one")
    await kube.get(f"{PATH}/child")
    await kube.delete(f"{PATH}/two")
    await kube.gone(f"{PATH}/child")


async def test_an_object_of_an_owner_that_never_was_is_collected(kube: Kube) -> None:
    ghost = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "ghost", "uid": "no-such-uid"}}
    await kube.post(PATH, widget("orphan", ownerReferences=owned_by(ghost)))
    await kube.gone(f"{PATH}/orphan")


async def test_foreground_waits_for_dependents_that_block(kube: Kube) -> None:
    owner = await kube.post(PATH, widget("owner"))
    child = widget("child", ownerReferences=owned_by(owner, blockOwnerDeletion=True), finalizers=["example.com/slow"])
    await kube.post(PATH, child)
    await kube.delete(f"{PATH}/owner?propagationPolicy=Foreground")
    assert (await kube.get(f"{PATH}/owner"))["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert "deletionTimestamp" in (await kube.get(f"{PATH}/child"))["metadata"]
    await kube.merge(f"{PATH}/child", {"metadata": {"finalizers": None}})
    await kube.gone(f"{PATH}/owner")


async def test_orphan_lets_dependents_live_without_their_owner(kube: Kube) -> None:
    owner = await kube.post(PATH, widget("owner"))
    await kube.post(PATH, widget("child", ownerReferences=owned_by(owner)))
    await kube.delete(f"{PATH}/owner?propagationPolicy=Orphan")
    await kube.gone(f"{PATH}/owner")
    assert "ownerReferences" not in (await kube.get(f"{PATH}/child"))["metadata"]


async def test_a_claim_in_use_by_a_pod_outlives_its_deletion(kube: Kube) -> None:
    await kube.post(CLAIMS, CLAIM)
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "disk"}}
    spec = {"containers": [{"name": "c", "image": "i"}], "volumes": [volume]}
    await kube.post("/api/v1/namespaces/g1/pods", {"metadata": {"name": "user"}, "spec": spec})
    await kube.delete(f"{CLAIMS}/disk")
    assert "deletionTimestamp" in (await kube.get(f"{CLAIMS}/disk"))["metadata"]
    await kube.delete("/api/v1/namespaces/g1/pods/user")
    await kube.gone(f"{CLAIMS}/disk")


async def test_a_claim_grows_only_when_bound_and_never_shrinks(kube: Kube) -> None:
    await kube.post(CLAIMS, CLAIM)
    bigger = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    merge = "application/merge-patch+json"
    refused = await kube.refused(422, "PATCH", f"{CLAIMS}/disk", bigger, content_type=merge)
    assert "spec is immutable after creation except resources.requests" in refused["message"]
    await kube.merge(f"{CLAIMS}/disk/status", {"status": {"phase": "Bound"}})
    await kube.merge(f"{CLAIMS}/disk", bigger)
    smaller = {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    refused = await kube.refused(422, "PATCH", f"{CLAIMS}/disk", smaller, content_type=merge)
    assert "field can not be less than previous value" in refused["message"]


async def test_a_definition_is_established_and_takes_its_objects_along(kube: Kube) -> None:
    crd = await kube.get(f"{CRDS}/widgets.example.com")
    assert {c["type"]: c["status"] for c in crd["status"]["conditions"]} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    await kube.post(PATH, widget("a"))
    await kube.delete(f"{CRDS}/widgets.example.com")
    await kube.gone(f"{CRDS}/widgets.example.com")
    assert (await kube.send("GET", PATH)).status_code == 404
    crd["metadata"] = {"name": "widgets.example.com"}
    await kube.post(CRDS, crd)
    assert (await kube.get(PATH))["items"] == []


async def test_quota_counts_objects_and_storage(kube: Kube) -> None:
    hard = {"persistentvolumeclaims": "2", "requests.storage": "2Gi", "count/widgets.example.com": "1"}
    await kube.post("/api/v1/namespaces/g1/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    await kube.post(PATH, widget("a"))
    refused = await kube.refused(403, "POST", PATH, widget("b"))
    assert refused["message"] == (
        'widgets.example.com "b" is forbidden: exceeded quota: q, requested: count/widgets.example.com=1,'
        " used: count/widgets.example.com=1, limited: count/widgets.example.com=1"
    )
    await kube.post(CLAIMS, CLAIM)
    spec = {**CLAIM["spec"], "resources": {"requests": {"storage": "3Gi"}}}
    refused = await kube.refused(403, "POST", CLAIMS, {"metadata": {"name": "big"}, "spec": spec})
    why = "requested: requests.storage=3Gi, used: requests.storage=1Gi, limited: requests.storage=2Gi"
    assert why in refused["message"]
    used = (await kube.get("/api/v1/namespaces/g1/resourcequotas/q"))["status"]["used"]
    assert used == {"persistentvolumeclaims": "1", "requests.storage": "1Gi", "count/widgets.example.com": "1"}
