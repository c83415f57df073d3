import asyncio
from collections.abc import AsyncGenerator

import msgspec
import pytest
from aiohttp import WSMsgType, web

from dicot.kube.client import Client, Limits
from dicot.kube.errors import (
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from dicot.kube.impersonation import Actor

from .faulty import (
    WIDGETS,
    Faulty,
    answer,
    client_of,
    hang_up,
    is_watch,
    raw_watch,
    silence,
    silent_watch,
    status,
    until,
)


async def test_lists_in_chunks(server: Faulty, client: Client):
    for number in range(5):
        server.put(f"w{number}")
    items, version = await client.list(WIDGETS, "ns", labels="a=b c", chunk=2)
    assert [item["metadata"]["name"] for item in items] == ["w0", "w1", "w2", "w3", "w4"]
    assert version == "105"
    assert [request.query.get("continue") for request in server.requests] == [None, "2", "4"]
    assert all(request.query["labelSelector"] == "a=b c" for request in server.requests)
    assert server.requests[0].path == "/apis/example.com/v1/namespaces/ns/widgets"


async def test_a_list_whose_snapshot_expires_is_read_whole(server: Faulty, client: Client):
    for number in range(5):
        server.put(f"w{number}")
    server.fail(answer(410, status(410, "Expired")), when=lambda request: request.query.get("continue") == "4")
    items, _ = await client.list(WIDGETS, chunk=2)
    assert len(items) == 5
    assert "limit" not in server.requests[-1].query


async def test_lists_name_the_kind_of_every_item(server: Faulty, client: Client):
    server.fail(answer(200, {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "a"}}]}))
    items, _ = await client.list(WIDGETS)
    assert items == [{"metadata": {"name": "a"}, "apiVersion": "example.com/v1", "kind": "Widget"}]


async def test_writes_are_what_kubernetes_expects(server: Faulty, client: Client):
    body = {"metadata": {"name": "a", "namespace": "ns"}}
    server.fail(answer(200, body), times=7)
    await client.create(WIDGETS, body, dry_run=True)
    await client.replace(WIDGETS, body, subresource="status")
    await client.patch(WIDGETS, "a", {"spec": None}, "ns")
    await client.patch(WIDGETS, "a", [{"op": "remove", "path": "/spec"}], "ns", dry_run=True)
    await client.apply(WIDGETS, body, field_manager="me")
    await client.delete(WIDGETS, "a", "ns", uid="u", resource_version="9", propagation="Foreground")
    await client.delete(WIDGETS, "a", "ns")
    seen = [
        (
            request.method,
            request.path_qs.removeprefix(WIDGETS.path("ns")),
            request.content_type,
        )
        for request in server.requests
    ]
    assert seen == [
        ("POST", "?dryRun=All", "application/json"),
        ("PUT", "/a/status", "application/json"),
        ("PATCH", "/a", "application/merge-patch+json"),
        ("PATCH", "/a?dryRun=All", "application/json-patch+json"),
        ("PATCH", "/a?fieldManager=me&force=true", "application/apply-patch+yaml"),
        ("DELETE", "/a", "application/json"),
        ("DELETE", "/a", "application/json"),
    ]
    bodies = [msgspec.json.decode(sent) for sent in server.bodies]
    assert bodies[2] == {"spec": None}
    assert bodies[4] == {"apiVersion": "example.com/v1", "kind": "Widget", **body}
    assert bodies[5]["preconditions"] == {"uid": "u", "resourceVersion": "9"}
    assert bodies[5]["propagationPolicy"] == "Foreground"
    assert "preconditions" not in bodies[6]


async def test_an_impossible_name_sends_nothing(server: Faulty, client: Client):
    with pytest.raises(Invalid):
        await client.delete(WIDGETS, "", "ns")
    with pytest.raises(Invalid):
        await client.create(WIDGETS, {"metadata": {}, "spec": object()}, "ns")
    assert server.requests == []


@pytest.mark.parametrize("path", ["", "api", "@elsewhere/", "http://elsewhere/", ".elsewhere"])
async def test_credentials_never_go_to_another_host(server: Faulty, client: Client, path: str):
    with pytest.raises(Invalid):
        await client.call("GET", path)
    with pytest.raises(Invalid):
        async with client.websocket(path):
            pass
    assert server.requests == []


async def test_subresources_accept_anything_and_fail_in_plain_text(server: Faulty, client: Client):
    server.fail(answer(202, text=""))
    server.fail(answer(500, text="VMI is not running"))
    path = WIDGETS.path("ns", "a", "start")
    assert await client.call("PUT", path, body={"dryRun": ["All"]}) == b""
    with pytest.raises(Unavailable, match="VMI is not running") as caught:
        await client.call("GET", path)
    assert caught.value.status == 500
    assert [request.headers.getall("Accept") for request in server.requests] == [["*/*"], ["*/*"]]


async def test_text_is_read_whatever_its_bytes(server: Faulty, client: Client):
    async def log(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"boot\xff\n")

    server.fail(log)
    assert await client.text("/api/v1/namespaces/ns/pods/p/log", {"tailLines": 5}) == "boot�\n"
    assert server.requests[0].query_string == "tailLines=5"


@pytest.mark.parametrize("fault", [answer(500), answer(503), answer(504), hang_up])
async def test_a_read_is_tried_again(server: Faulty, client: Client, fault):
    server.fail(fault, times=2)
    assert await client.list(WIDGETS) == ([], "100")


async def test_a_read_is_not_tried_for_ever(server: Faulty, client: Client):
    server.fail(answer(503), times=10)
    with pytest.raises(Unavailable):
        await client.list(WIDGETS)
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", [answer(500), answer(503), hang_up])
async def test_a_write_is_never_repeated(server: Faulty, client: Client, fault):
    server.fail(fault)
    with pytest.raises(Unavailable):
        await client.create(WIDGETS, {"metadata": {"name": "a"}}, "ns")
    assert len(server.requests) == 1


async def test_a_write_that_was_put_off_is_repeated(server: Faulty, client: Client):
    server.fail(answer(429, headers={"Retry-After": "0"}), times=2)
    server.fail(answer(201, {"metadata": {}}))
    assert await client.create(WIDGETS, {"metadata": {"name": "a"}}, "ns") == {"metadata": {}}
    assert len(server.requests) == 3


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "600"}])
async def test_a_long_or_unknown_wait_is_left_to_the_caller(server: Faulty, client: Client, headers):
    server.fail(answer(429, headers=headers))
    with pytest.raises(TooManyRequests):
        await client.call("POST", "/api/v1/namespaces/ns/pods/p/eviction", body={})
    assert len(server.requests) == 1


@pytest.mark.parametrize(("code", "kind"), [(404, NotFound), (409, Conflict), (403, Forbidden), (422, Invalid)])
async def test_a_refusal_is_final(server: Faulty, client: Client, code, kind):
    server.fail(answer(code))
    with pytest.raises(kind):
        await client.get(WIDGETS, "a", "ns")
    assert len(server.requests) == 1


async def test_a_silent_server_times_out(server: Faulty):
    server.fail(silence, times=2)
    async with client_of(server, limits=Limits(timeout_s=0.05)) as client:
        with pytest.raises(Unavailable) as caught:
            await client.list(WIDGETS)
    assert (caught.value.status, len(server.requests)) == (504, 1)


async def test_nobody_there():
    async with client_of(Faulty(), limits=Limits(back_off_s=0.001)) as client:
        client.connection.credentials = type(client.connection.credentials)(
            "http://127.0.0.1:1", client.connection.credentials.access
        )
        with pytest.raises(Unavailable) as caught:
            await client.list(WIDGETS)
    assert caught.value.reason == "ConnectionFailed"


@pytest.mark.parametrize("body", ["{", "[]", "<html>"])
async def test_an_answer_that_is_no_object(server: Faulty, client: Client, body: str):
    server.fail(answer(200, text=body))
    with pytest.raises(Unavailable):
        await client.get(WIDGETS, "a", "ns")


@pytest.mark.parametrize("chunked", [True, False])
async def test_an_answer_without_end_is_cut(server: Faulty, chunked: bool):
    async def much(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=b"x" * 5000)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(5):
            await response.write(b"x" * 1000)
        return response

    server.fail(much)
    async with client_of(server, limits=Limits(response_bytes=4000)) as client:
        with pytest.raises(Unavailable, match="4000 bytes"):
            await client.list(WIDGETS)


async def test_a_redirect_is_not_followed_with_credentials(server: Faulty, client: Client):
    server.fail(answer(302, text="", headers={"Location": server.url + "/elsewhere"}))
    with pytest.raises(Exception, match="302"):
        await client.list(WIDGETS)
    assert len(server.requests) == 1


async def test_impersonation_goes_with_every_request(server: Faulty, client: Client):
    alice = client.acting_as(Actor("alice", ("a", "b")))
    await alice.list(WIDGETS)
    await client.list(WIDGETS)
    await alice.acting_as(None).list(WIDGETS)
    first, *others = [request.headers for request in server.requests]
    assert first.getall("Impersonate-Group") == ["a", "b"]
    assert first["Impersonate-User"] == "alice"
    assert not any(name.startswith("Impersonate") for headers in others for name in headers)
    with pytest.raises(Forbidden):
        client.acting_as(Actor("system:masters"))


async def test_credentials_are_renewed_once(server: Faulty):
    asked: list[bool] = []

    async def access(renew: bool) -> object:
        asked.append(renew)
        return kept.__class__(f"token-{sum(asked)}")

    async with client_of(server) as client:
        kept = await client.connection.credentials.access(False)
        client.connection.credentials = type(client.connection.credentials)(server.url, access)
        server.fail(answer(401))
        await client.list(WIDGETS)
        assert [request.headers["Authorization"] for request in server.requests] == ["Bearer token-0", "Bearer token-1"]
        server.fail(answer(401), times=2)
        with pytest.raises(Unauthorized):
            await client.list(WIDGETS)
        assert asked == [False, True, False, True]


async def test_a_stream_up_and_down_in_pieces(server: Faulty, client: Client):
    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(3):
            yield b"x" * 1000

    async def big(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10):
            await response.write(b"y" * 10_000)
        return response

    server.fail(big)
    received = 0
    async with client.stream("POST", server.url + "/upload", body=pieces(), headers={"Authorization": "t"}) as response:
        async for piece in response.content.iter_any():
            received += len(piece)
    assert (received, len(server.bodies[0])) == (100_000, 3000)


async def test_a_stream_elsewhere_carries_no_credentials(server: Faulty):
    async with client_of(server, token="secret") as client:
        alice = client.acting_as(Actor("alice"))
        async with alice.stream("GET", server.url + "/elsewhere"):
            pass
        async with alice.stream("GET", "/here", params={"a": True}):
            pass
    elsewhere, here = [request.headers for request in server.requests]
    assert "Authorization" not in elsewhere
    assert "Impersonate-User" not in elsewhere
    assert (here["Authorization"], here["Impersonate-User"]) == ("Bearer secret", "alice")


async def test_a_stream_that_fails_or_falls_silent(server: Faulty, client: Client):
    server.fail(answer(400, text="upload pod not ready"))
    with pytest.raises(Invalid, match="upload pod not ready"):
        async with client.stream("POST", server.url + "/upload", body=b"x"):
            pass
    server.fail(silent_watch)
    with pytest.raises(Unavailable):
        async with client.stream("GET", "/slow", idle_s=0.05) as response:
            await response.content.read()


async def test_a_websocket(server: Faulty, client: Client):
    async def console(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("plain.kubevirt.io",))
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(message.data.upper())
            break
        await socket.close()
        return socket

    server.fail(answer(401))
    server.fail(console)
    alice = client.acting_as(Actor("alice"))
    async with alice.websocket("/console", params={"x": 1}, protocols=["plain.kubevirt.io"]) as socket:
        assert socket.protocol == "plain.kubevirt.io"
        await socket.send_bytes(b"login")
        message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.BINARY, b"LOGIN")
    assert server.requests[-1].headers["Impersonate-User"] == "alice"


@pytest.mark.parametrize(("code", "kind"), [(404, NotFound), (409, Conflict), (500, Unavailable), (400, Invalid)])
async def test_a_refused_websocket(server: Faulty, client: Client, code, kind):
    server.fail(answer(code, text="VMI is not running"))
    with pytest.raises(kind) as caught:
        async with client.websocket("/console"):
            pass
    assert caught.value.status == code


async def watched(client: Client, **options) -> list[str]:
    events = client.watch(WIDGETS, resource_version="100", **options)
    return [event["type"] async for event in events]


async def test_a_websocket_nobody_answers(server: Faulty):
    server.fail(silence)
    async with client_of(server, limits=Limits(timeout_s=0.05)) as client:
        with pytest.raises(Unavailable) as caught:
            async with client.websocket("/console"):
                pass
    assert caught.value.status == 504


EVENT = b'{"type":"ADDED","object":{"metadata":{"name":"\xc3\xa9"}}}\n'


async def test_a_watch_in_any_pieces(server: Faulty, client: Client):
    whole = EVENT * 3 + b"\n"
    server.fail(raw_watch(*(whole[i : i + 1] for i in range(len(whole)))), when=is_watch)
    assert await watched(client, labels="a", fields="b", timeout_s=9) == ["ADDED"] * 3
    assert dict(server.requests[0].query) == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "100",
        "timeoutSeconds": "9",
        "labelSelector": "a",
        "fieldSelector": "b",
    }


@pytest.mark.parametrize("tail", [EVENT[:-10], b"nonsense\n", b"[]\n", b'{"type":"ADDED"}\n', b"\xff\n"])
async def test_a_watch_that_breaks_inside_an_event(server: Faulty, client: Client, tail: bytes):
    server.fail(raw_watch(EVENT, tail))
    events = client.watch(WIDGETS, resource_version="100")
    assert (await anext(events))["type"] == "ADDED"
    with pytest.raises(Unavailable):
        await anext(events)


async def test_an_event_without_end(server: Faulty):
    server.fail(raw_watch(b"x" * 3000))
    async with client_of(server, limits=Limits(event_bytes=2000)) as client:
        with pytest.raises(Unavailable, match="2000"):
            await watched(client)


async def test_a_watch_that_has_expired(server: Faulty, client: Client):
    server.put("a")
    server.compact()
    with pytest.raises(Expired):
        await watched(client)
    server.fail(answer(410))
    with pytest.raises(Expired):
        await watched(client)


async def test_a_watch_that_falls_silent(server: Faulty, client: Client):
    with pytest.raises(Unavailable):
        await watched(client, inactivity_s=0.05)


async def test_a_watch_that_is_cut(server: Faulty, client: Client):
    async def cut() -> None:
        await until(lambda: server.watching)
        server.drop_watches()

    with pytest.raises(Unavailable):
        await asyncio.gather(watched(client), cut())
