"""Where others plug in: faults, admission hooks, aggregated APIs, the kubelet, restarts."""

from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from dicot.devcluster.apiserver.admission import Review
from dicot.devcluster.apiserver.status import error
from dicot.devcluster.clock import ManualClock, timestamp
from dicot.devcluster.server import DICOT, DevCluster
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.widget import PATH, widget

Json = dict[str, Any]


async def test_an_injected_error_hits_what_it_names_and_only_as_often(cluster: DevCluster, kube: Kube) -> None:
    cluster.faults.fail("/widgets$", 503, method="GET", times=2)
    await kube.post(PATH, widget("a"))
    for _ in range(2):
        assert (await kube.refused(503, "GET", PATH))["kind"] == "Status"
    await kube.get(PATH)


async def test_a_cut_connection_has_no_answer(cluster: DevCluster, kube: Kube) -> None:
    cluster.faults.cut("/widgets", times=1)
    with pytest.raises(httpx2.TransportError):
        await kube.get(PATH)
    await kube.get(PATH)


async def test_requests_are_counted_by_method_and_resource(cluster: DevCluster, kube: Kube) -> None:
    cluster.faults.reset_counts()
    for _ in range(3):
        await kube.get(PATH)
    await kube.post(PATH, widget("a"))
    assert cluster.faults.total("GET", "widgets") == 3
    assert cluster.faults.total(resource="widgets") == 4


async def test_hooks_default_and_refuse_also_on_dry_runs(cluster: DevCluster, kube: Kube) -> None:
    seen: list[tuple[str, bool]] = []

    def default(review: Review) -> None:
        if review.operation == "CREATE":
            review.object["spec"].setdefault("secret", "hidden")
        review.warnings.append("widgets are old-fashioned")

    def refuse(review: Review) -> None:
        seen.append((review.operation, review.dry_run))
        if review.object["spec"]["size"] == 13:
            causes = [{"reason": "FieldValueInvalid", "message": "unlucky", "field": "spec.size"}]
            raise error(422, "admission webhook denied the request: unlucky", reason="Invalid", causes=causes)

    cluster.api.register_admission("widgets.example.com", mutate=default, validate=refuse)
    answer = await kube.send("POST", f"{PATH}?dryRun=All", widget("a"))
    assert answer.json()["spec"]["secret"] == "hidden"
    assert answer.headers["warning"] == '299 - "widgets are old-fashioned"'
    await kube.post(PATH, widget("a"))
    refused = await kube.refused(422, "POST", PATH, widget("b", 13))
    assert refused["details"]["causes"][0]["field"] == "spec.size"
    await kube.delete(f"{PATH}/a")
    assert seen == [("CREATE", True), ("CREATE", False), ("CREATE", False), ("DELETE", False)]


async def _whoami(request: Request) -> JSONResponse:
    headers = request.headers
    told = {key: headers.get(key) for key in ("x-remote-user", "authorization")}
    return JSONResponse({**told, "groups": headers.getlist("x-remote-group"), "body": (await request.body()).decode()})


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.headers["x-remote-user"])
    await socket.close()


SUB = "/apis/subresources.example.com/v1/namespaces/{namespace}/widgets/{name}"


async def test_an_aggregated_api_is_authorised_and_told_who_asks(cluster: DevCluster, kube: Kube) -> None:
    app = Starlette(
        routes=[Route(f"{SUB}/poke", _whoami, methods=["PUT"]), WebSocketRoute(f"{SUB}/console", _echo)],
    )
    resources = [{"name": "widgets/poke", "singularName": "", "namespaced": True, "kind": "Poke", "verbs": ["update"]}]
    cluster.api.register_api("subresources.example.com/v1", app, resources)
    assert (await kube.get("/apis/subresources.example.com/v1"))["resources"] == resources
    path = SUB.format(namespace="g1", name="a")
    bob = kube.acting(cluster.add_user("bob"))
    refused = await bob.refused(403, "PUT", f"{path}/poke")
    assert 'cannot update resource "widgets/poke" in API group "subresources.example.com"' in refused["message"]
    told = await kube.ok("PUT", f"{path}/poke", b"hi", impersonate_user="bob2", impersonate_group="system:masters")
    groups = ["system:masters", "system:authenticated"]
    assert told == {"x-remote-user": "bob2", "groups": groups, "authorization": None, "body": "hi"}
    async with aiohttp.ClientSession(headers={"authorization": f"Bearer {kube.token}"}) as session:
        async with session.ws_connect(f"{cluster.url}{path}/console") as socket:
            assert await socket.receive_str() == "kubernetes-admin"
        headers = {"authorization": f"Bearer {bob.token}"}
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{cluster.url}{path}/console", headers=headers)
        assert caught.value.status == 403


async def test_pod_logs_come_from_the_kubelet(cluster: DevCluster, kube: Kube) -> None:
    async def log(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.url.path} {request.query_params['tailLines']}")

    cluster.api.register_kubelet(Starlette(routes=[Route("/{path:path}", log)]))
    path = "/api/v1/namespaces/g1/pods/p"
    await kube.refused(404, "GET", f"{path}/log")
    spec = {"containers": [{"name": "c", "image": "i"}]}
    await kube.post("/api/v1/namespaces/g1/pods", {"metadata": {"name": "p"}, "spec": spec})
    assert (await kube.send("GET", f"{path}/log?tailLines=5")).text == f"{path}/log 5"


async def test_a_restart_keeps_objects_revisions_and_tokens(tmp_path: Path) -> None:
    first = DevCluster(tmp_path, parts=[])
    await first.start()
    alice = first.add_user("alice", ["system:masters"])
    async with httpx2.AsyncClient(base_url=first.url) as http:
        made = await Kube(http, alice).post("/api/v1/namespaces", {"metadata": {"name": "kept"}})
        token = await Kube(http, alice).post("/api/v1/namespaces/kept/serviceaccounts/default/token", {"spec": {}})
    await first.stop()
    again = DevCluster(tmp_path, parts=[])
    await again.start()
    assert again.token("alice") == alice
    assert (again.token(), again.token(DICOT)) == (first.token(), first.token(DICOT))
    async with httpx2.AsyncClient(base_url=again.url) as http:
        kube = Kube(http, alice)
        assert (await kube.get("/api/v1/namespaces/kept")) == made
        await kube.acting(token["status"]["token"]).refused(403, "GET", "/api/v1/namespaces/kept/secrets")
        later = await kube.post("/api/v1/namespaces", {"metadata": {"name": "later"}})
        assert int(later["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    await again.stop()


async def test_times_are_the_clock_s() -> None:
    clock = ManualClock()
    cluster = DevCluster(clock=clock, parts=[])
    await cluster.start()
    await clock.advance(3600)
    async with httpx2.AsyncClient(base_url=cluster.url) as http:
        made = await Kube(http, cluster.token()).post("/api/v1/namespaces", {"metadata": {"name": "late"}})
    assert made["metadata"]["creationTimestamp"] == timestamp(clock.now())
    await cluster.stop()
