"""Binding and eviction of pods."""

from typing import Any

from dicot.devcluster.apiserver.admission import Review
from dicot.devcluster.apiserver.status import error
from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.test_kinds import PODS, pod

Json = dict[str, Any]
BUDGETS = "/apis/policy/v1/namespaces/g1/poddisruptionbudgets"
EVICTION: Json = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
GUARDED = {"app": "db"}


async def running(kube: Kube) -> None:
    body: Json = pod()
    body["metadata"]["labels"] = GUARDED
    await kube.post(PODS, body)
    await kube.merge(f"{PODS}/p/status", {"status": {"phase": "Running"}})


async def test_a_bound_pod_has_a_node_and_cannot_be_bound_again(kube: Kube) -> None:
    await kube.post(PODS, pod())
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "node01"}}
    assert (await kube.post(f"{PODS}/p/binding", binding))["status"] == "Success"
    bound = await kube.get(f"{PODS}/p")
    assert bound["spec"]["nodeName"] == "node01"
    assert bound["status"]["conditions"][0]["type"] == "PodScheduled"
    refused = await kube.refused(409, "POST", "/api/v1/namespaces/g1/bindings", binding)
    assert 'pod p is already assigned to node "node01"' in refused["message"]


async def test_eviction_deletes_a_pod_that_no_budget_guards(kube: Kube) -> None:
    await running(kube)
    await kube.post(f"{PODS}/p/eviction?dryRun=All", EVICTION)
    await kube.get(f"{PODS}/p")
    beta = {**EVICTION, "apiVersion": "policy/v1beta1"}
    assert (await kube.post(f"{PODS}/p/eviction", beta))["status"] == "Success"
    await kube.refused(404, "GET", f"{PODS}/p")
    await kube.refused(404, "POST", f"{PODS}/p/eviction", EVICTION)


async def test_a_budget_refuses_until_it_allows_a_disruption(kube: Kube) -> None:
    await running(kube)
    spec = {"selector": {"matchLabels": GUARDED}, "minAvailable": 1}
    await kube.post(BUDGETS, {"metadata": {"name": "b"}, "spec": spec})
    answer = await kube.send("POST", f"{PODS}/p/eviction", EVICTION)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert answer.json()["details"]["causes"] == [
        {"reason": "DisruptionBudget", "message": "The disruption budget b is still being processed by the server."}
    ]
    status: Json = {"observedGeneration": 1, "desiredHealthy": 1, "currentHealthy": 1, "disruptionsAllowed": 0}
    await kube.merge(f"{BUDGETS}/b/status", {"status": {**status, "expectedPods": 1}})
    refused = await kube.refused(429, "POST", f"{PODS}/p/eviction", EVICTION)
    assert refused["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert "needs 1 healthy pods and has 1 currently" in refused["details"]["causes"][0]["message"]
    await kube.merge(f"{BUDGETS}/b/status", {"status": {"disruptionsAllowed": 1}})
    await kube.post(f"{PODS}/p/eviction", EVICTION)
    assert (await kube.get(f"{BUDGETS}/b"))["status"]["disruptionsAllowed"] == 0


async def test_a_hook_may_refuse_an_eviction(cluster: DevCluster, kube: Kube) -> None:
    def refuse(review: Review) -> None:
        if review.subresource != "eviction":
            return
        raise error(429, f"eviction of {review.namespace}/{review.name} started something else", reason="")

    cluster.api.register_admission("pods", validate=refuse)
    await running(kube)
    refused = await kube.refused(429, "POST", f"{PODS}/p/eviction", EVICTION)
    assert refused["message"] == "eviction of g1/p started something else"
    await kube.get(f"{PODS}/p")
