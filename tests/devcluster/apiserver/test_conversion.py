"""Kinds that are served at two versions and kept as one: events of both groups, autoscalers."""

from typing import Any

import httpx2

from dicot.devcluster.clock import ManualClock
from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube, until

Json = dict[str, Any]
CORE = "/api/v1/namespaces/g1/events"
NEW = "/apis/events.k8s.io/v1/namespaces/g1/events"
ABOUT = {"kind": "Pod", "namespace": "g1", "name": "p", "apiVersion": "v1"}


def core_event(name: str, **more: Any) -> Json:
    return {"metadata": {"name": name}, "involvedObject": ABOUT, "reason": "Began", "message": "it began", **more}


async def test_an_event_is_the_same_in_both_groups(kube: Kube) -> None:
    await kube.post(CORE, core_event("old", type="Normal", count=2, source={"component": "c"}))
    seen = await kube.get(f"{NEW}/old")
    assert (seen["apiVersion"], seen["note"], seen["regarding"]) == ("events.k8s.io/v1", "it began", ABOUT)
    assert (seen["deprecatedCount"], seen["deprecatedSource"]) == (2, {"component": "c"})
    new = {"metadata": {"name": "new"}, "regarding": ABOUT, "note": "hello", "reason": "Said", "action": "Say",
           "eventTime": "2026-01-01T00:00:00.0Z", "reportingController": "x", "reportingInstance": "y"}  # fmt: skip
    await kube.post(NEW, new)
    assert (await kube.get(f"{CORE}/new"))["message"] == "hello"
    await kube.merge(f"{NEW}/new", {"note": "changed"})
    assert (await kube.get(f"{CORE}/new"))["message"] == "changed"
    listed = await kube.get(f"{NEW}?fieldSelector=regarding.name=p,reportingController=x")
    assert [item["note"] for item in listed["items"]] == ["changed"]
    events = await kube.watch(f"{NEW}?watch=1&resourceVersion=0", 2)
    assert {event["object"]["note"] for event in events} == {"it began", "changed"}
    await kube.delete(f"{CORE}/old")
    await kube.refused(404, "GET", f"{NEW}/old")


async def test_an_event_of_the_new_group_lives_an_hour_after_its_last_occurrence() -> None:
    clock = ManualClock(1_767_225_600.0)  # 2026-01-01
    cluster = DevCluster(clock=clock, parts=[])
    await cluster.start()
    async with httpx2.AsyncClient(base_url=cluster.url) as http:
        kube = Kube(http, cluster.token())
        await kube.post("/api/v1/namespaces", {"metadata": {"name": "g1"}})
        await kube.post(NEW, {"metadata": {"name": "once"}, "regarding": ABOUT, "note": "n"})
        series = {"count": 2, "lastObservedTime": "2026-01-01T00:50:00.000000Z"}
        await kube.post(NEW, {"metadata": {"name": "again"}, "regarding": ABOUT, "note": "n", "series": series})
        for seconds in (4000, 60):
            await until(lambda: clock.waiting > 0)
            await clock.advance(seconds)
        await kube.gone(f"{CORE}/once")
        await kube.get(f"{NEW}/again")
        for seconds in (3000, 60):
            await until(lambda: clock.waiting > 0)
            await clock.advance(seconds)
        await kube.gone(f"{NEW}/again")
    await cluster.stop()


async def test_an_old_autoscaler_is_a_new_one(kube: Kube) -> None:
    old = "/apis/autoscaling/v1/namespaces/g1/horizontalpodautoscalers"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    spec = {"scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 80}
    await kube.post(old, {"metadata": {"name": "h"}, "spec": spec})
    new = await kube.get("/apis/autoscaling/v2/namespaces/g1/horizontalpodautoscalers/h")
    assert new["spec"]["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    ]
    assert (await kube.get(f"{old}/h"))["spec"] == spec
