"""The edge over a real socket, with a service of two routes in front of nothing."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from dicot import serving
from dicot.api import errors
from dicot.api.errors import Conflict, Unauthorized
from dicot.api.microversion import Change, History, Range, drop, without
from dicot.api.middleware import BODY_BYTES_MAX, Edge
from dicot.api.policy import Caller
from dicot.api.request import Response
from dicot.api.route import Route, Router, Service

HISTORY = History(
    {
        "create": {
            "type": "object",
            "properties": {
                "thing": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "colour": {"type": "string"}},
                    "additionalProperties": False,
                    "required": ["name"],
                }
            },
            "required": ["thing"],
            "additionalProperties": False,
        }
    },
    Change("2.5", "Colours.", create=without("colour", at="thing"), view=drop("colour")),
)
CALLER = Caller("u1", "user", "default", "dicot:u1", (), frozenset({"reader", "member"}), project_id="p1")
READER = Caller("u2", "user", "default", "dicot:u2", (), frozenset({"reader"}), project_id="p1")


async def index(request, _):
    return Response({"things": [{"name": "a", "colour": "red", "link": request.url("/things/a")}]})


async def show(request, _):
    return Response({"thing": {"name": request.params["thing_id"], "colour": "red"}})


async def create(request, _):
    return Response({"thing": {"name": request.body["thing"]["name"], "colour": "red"}}, status=201)


async def busy(request, _):
    raise Conflict("The thing is busy.")


async def broken(request, _):
    raise RuntimeError("secret detail")


async def lines(request, _):
    async def stream():
        for number in range(3):
            yield f"{number}\n".encode()

    return Response(stream=stream(), media_type="text/plain")


async def breaking(request, _):
    async def stream():
        yield b"0\n"
        raise RuntimeError("the disk is gone")

    headers = {"Content-Length": "100"} if "length" in request.http.url.query else {}
    return Response(stream=stream(), media_type="text/plain", headers=headers)


async def short(request, _):
    async def stream():
        yield b"0\n"

    return Response(stream=stream(), media_type="text/plain", headers={"Content-Length": "100"})


SERVICE = Service(
    name="compute",
    root="/compute",
    version="/v2.1",
    catalog=(("compute", "nova"),),
    envelope=errors.fault,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
    microversions=Range("compute", "2.1", "2.9", "X-OpenStack-Nova-API-Version"),
    project_in_path=True,
    routes=(
        Route(method="GET", path="/", handler=index, public=True),
        Route(method="GET", path="/things", handler=index, history=HISTORY, view="view", key="things"),
        Route(
            method="POST", path="/things", handler=create, policy="things:create",
            history=HISTORY, body="create", view="view", key="thing",
        ),
        Route(method="GET", path="/things/{thing_id}", handler=show, history=HISTORY, view="view", key="thing"),
        Route(method="POST", path="/things/{thing_id}/action", handler=busy, action="rest"),
        Route(method="POST", path="/things/{thing_id}/action", handler=show, action="show", since="2.3"),
        Route(method="GET", path="/broken", handler=broken),
        Route(method="GET", path="/lines", handler=lines),
        Route(method="GET", path="/breaking", handler=breaking),
        Route(method="GET", path="/short", handler=short),
        Route(method="GET", path="/late", handler=index, since="2.4", until="2.6"),
    ),
)  # fmt: skip


async def authenticate(request, token):
    callers = {"member": CALLER, "reader": READER}
    if token not in callers:
        raise Unauthorized("The request you have made requires authentication.")
    return callers[token]


@asynccontextmanager
async def served():
    edge = Edge(
        [SERVICE],
        None,
        authenticate=authenticate,
        translate=lambda error: None,
        prefix=lambda scope: "http://cloud.example",
        identity_url=lambda prefix: f"{prefix}/identity/v3",
        registry=CollectorRegistry(),
    )

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await edge(scope, receive, send)

    server = serving.Server(app, "127.0.0.1", 0)
    await server.start()
    headers = {"X-Auth-Token": "member"}
    async with httpx2.AsyncClient(base_url=f"{server.url}/compute/v2.1", headers=headers) as client:
        yield client
    await server.stop()


def at(version):
    return {"OpenStack-API-Version": f"compute {version}"}


async def test_every_answer_names_its_request_version_and_what_it_varies_with():
    async with served() as client:
        for path, status in (("/things", 200), ("/nosuch", 404), ("/broken", 500)):
            answer = await client.get(path, headers=at("2.5"))
            assert answer.status_code == status
            assert answer.headers["x-openstack-request-id"].startswith("req-")
            assert answer.headers["OpenStack-API-Version"] == "compute 2.5"
            assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.5"
            assert "OpenStack-API-Version" in answer.headers["Vary"]


async def test_views_and_bodies_follow_the_version():
    async with served() as client:
        assert "colour" not in (await client.get("/things", headers=at("2.4"))).json()["things"][0]
        assert (await client.get("/things/x", headers=at("2.5"))).json() == {"thing": {"name": "x", "colour": "red"}}
        body = {"thing": {"name": "x", "colour": "red"}}
        assert (await client.post("/things", json=body, headers=at("2.5"))).status_code == 201
        assert (await client.post("/things", json=body, headers=at("2.4"))).status_code == 400


async def test_routes_begin_and_end_with_versions():
    async with served() as client:
        statuses = [
            (await client.get("/late", headers=at(version))).status_code for version in ("2.3", "2.4", "2.6", "2.7")
        ]
        assert statuses == [404, 200, 200, 404]


async def test_tokens_are_asked_for_before_anything_else():
    async with served() as client:
        for path in ("/things", "/nosuch"):
            answer = await client.get(path, headers={"X-Auth-Token": "wrong"})
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://cloud.example/identity/v3"'
            assert answer.json()["error"]["title"] == "Unauthorized"
        assert (await client.get("/", headers={"X-Auth-Token": ""})).status_code == 200


async def test_a_reader_changes_nothing():
    async with served() as client:
        answer = await client.post("/things", json={}, headers={"X-Auth-Token": "reader"})
        assert answer.status_code == 403
        assert answer.json() == {
            "forbidden": {"code": 403, "message": "Policy doesn't allow things:create to be performed."}
        }


async def test_actions_are_chosen_by_the_one_key_of_the_body():
    async with served() as client:
        assert (await client.post("/things/a/action", json={"rest": None})).status_code == 409
        unknown = await client.post("/things/a/action", json={"bogus": None})
        assert unknown.json()["badRequest"]["message"] == "There is no such action: bogus"
        for body in ({}, [], {"rest": 1, "show": 2}):
            assert (await client.post("/things/a/action", json=body)).status_code == 400
        assert (await client.post("/things/a/action", json={"show": None})).status_code == 404
        assert (await client.post("/things/a/action", json={"show": None}, headers=at("2.3"))).status_code == 200


async def test_bodies_that_are_not_json_or_too_large():
    async with served() as client:
        assert (await client.post("/things", content=b"{nope")).status_code == 400
        assert (await client.post("/things", content=b"\xff\xfe")).status_code == 400
        answer = await client.post("/things", content=b" " * (BODY_BYTES_MAX + 1))
        assert answer.status_code == 413
        assert "overLimit" in answer.json()


async def test_failures_tell_no_detail_but_a_request_id():
    async with served() as client:
        answer = await client.get("/broken")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert answer.headers["x-openstack-request-id"] in answer.json()["computeFault"]["message"]


async def test_a_project_in_the_path_must_be_the_tokens():
    async with served() as client:
        assert (await client.get("/p1/things")).status_code == 200
        answer = await client.get("/p2/things")
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["message"] == "Malformed request url"


async def test_head_and_streams():
    async with served() as client:
        head = await client.head("/things")
        assert head.status_code == 200
        assert head.content == b""
        assert (await client.get("/lines")).text == "0\n1\n2\n"


@pytest.mark.parametrize("path", ["/breaking", "/breaking?length", "/short"])
async def test_a_stream_that_breaks_off_is_not_ended(path):
    """Whoever reads it must not take what came for all there is."""
    async with served() as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get(path)
        assert (await client.get("/lines")).text == "0\n1\n2\n", "the next request is answered"


async def test_a_stream_is_ended_by_head():
    async with served() as client:
        head = await client.head("/breaking?length")
        assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "100", b"")


async def test_methods_that_are_not_there():
    async with served() as client:
        answer = await client.delete("/things")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, POST"


async def test_many_requests_at_once_keep_their_ids():
    async with served() as client:
        answers = await asyncio.gather(*(client.get(f"/things/{number}") for number in range(50)))
        assert [answer.json()["thing"]["name"] for answer in answers] == [str(number) for number in range(50)]
        assert len({answer.headers["x-openstack-request-id"] for answer in answers}) == 50


def test_two_names_for_one_place_in_a_path_stop_the_start():
    clash = Service(
        name="x", root="/x", version="/v1", catalog=(), envelope=errors.fault, forbidden=lambda route: "",
        routes=(
            Route(method="GET", path="/a/{one}", handler=index),
            Route(method="GET", path="/a/{two}/b", handler=index),
        ),
    )  # fmt: skip
    with pytest.raises(ValueError, match="is called"):
        Router(clash)
