"""subresources.kubevirt.io/v1 over HTTP: where each call goes, what it offers, what a bad body says."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from dicot.devcluster.controllers.kubevirt import console, guest_calls, machine_calls, refusal
from dicot.devcluster.controllers.kubevirt.machine_calls import Call, Handler
from dicot.devcluster.controllers.machinery import Machinery
from dicot.kube import Json
from dicot.kube.errors import Conflict, KubeError
from dicot.kube.kinds import KUBEVIRTS

GROUP = "subresources.kubevirt.io"
VERSIONS = ("v1", "v1alpha3")
ROOT = f"/apis/{GROUP}/{{version}}"
JSON_CALLS = ("guestosinfo", "userlist", "filesystemlist", "expand-spec", "objectgraph")
TRIES = 8
BODY_MOST = 1024 * 1024
VERSION: Json = {
    "gitVersion": "v1.9.0", "gitCommit": "79d34c1762169e5b0370ec491cef5ca12e6b504c", "gitTreeState": "clean",
    "buildDate": "2026-07-30T12:39:35Z", "goVersion": "go1.26.10", "compiler": "gc", "platform": "linux/amd64",
}  # fmt: skip
GUESTFS: Json = {"registry": "quay.io/kubevirt", "tag": "v1.9.0", "digest": "", "imagePrefix": "", "gsImage": ""}
# What virt-api lists, which is neither all nor only what it answers.
_LISTED = """expand-vm-spec
virtualmachineinstances/vnc vnc/screenshot console portforward backup redefine-checkpoint pause unpause freeze unfreeze
 reset softreboot
virtualmachines/start stop restart migrate expand-spec objectgraph evacuate/cancel
virtualmachineinstances/guestosinfo userlist filesystemlist addvolume removevolume objectgraph sev/fetchcertchain
 sev/querylaunchmeasurement sev/setupsession sev/injectlaunchsecret evacuate/cancel"""
_TABLES: dict[str, dict[str, dict[str, Handler]]] = {
    "virtualmachines": {"PUT": machine_calls.PUTS, "GET": machine_calls.GETS},
    "virtualmachineinstances": {"PUT": guest_calls.PUTS, "GET": guest_calls.GETS},
}


def resources() -> list[Json]:
    """List the resources for discovery."""
    names: list[str] = []
    for line in _LISTED.replace("\n ", " ").split("\n"):
        kind, slash, calls = line.partition("/")
        names += [kind + slash + call for call in calls.split() or [""]]
    return [{"name": name, "singularName": "", "namespaced": True, "kind": "", "verbs": None} for name in names]


def _acceptable(request: Request, offered: str) -> bool:
    accept = request.headers.get("accept")
    if not accept:
        return True
    kinds = [part.split(";")[0].strip() for part in accept.split(",")]
    return "*/*" in kinds or (bool(offered) and (offered in kinds or "application/*" in kinds))


def _not_acceptable(offered: str) -> Response:
    return PlainTextResponse(f"406: Not Acceptable\n\nAvailable representations: {offered}", status_code=406)


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw.strip():
        return {}
    prefix = "Can not unmarshal Request body to struct, error: "
    if len(raw) > BODY_MOST:
        raise refusal.bad_request(prefix + "the body is too large")
    try:
        body: Any = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise refusal.bad_request(prefix + "unexpected EOF") from error
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise refusal.bad_request(prefix + "json: cannot unmarshal into Go value")
    dry_run = body.get("dryRun")
    if dry_run not in (None, [], ["All"]):
        raise refusal.internal(
            'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: '
            f'{msgspec.json.encode(dry_run).decode()}: supported values: "All"'
        )
    return body


def _answering(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except refusal.Refused as refused:
            return refused.response
        except KubeError as error:
            status = error.status or 500
            body: Json = {
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": error.message,
                "reason": error.reason, "details": error.details, "code": status,
            }  # fmt: skip
            return JSONResponse(body, status_code=status)

    return answer


def app(machinery: Machinery) -> Starlette:
    """Build the application."""

    def call_of(path: dict[str, str], body: Json) -> Call:
        return Call(machinery, path["namespace"], path["name"], body)

    async def call(request: Request) -> Response:
        path = request.path_params
        table = _TABLES[path["kind"]]
        name = path["call"]
        method = "GET" if request.method == "HEAD" else request.method
        if name.startswith("portforward/"):
            if path["kind"] == "virtualmachines":
                await machine_calls.started(call_of(path, {}))
            return await guest_calls.port_forward(call_of(path, {}), *name.split("/")[1:3])
        handler = table.get(method, {}).get(name)
        if handler is None:
            known = any(name in one for one in table.values())
            return PlainTextResponse(
                "405: Method Not Allowed" if known else "404 page not found", 405 if known else 404
            )
        offered = "application/json" if name in JSON_CALLS else ""
        if not _acceptable(request, offered):
            return _not_acceptable(offered)
        made = call_of(path, await _body(request) if method == "PUT" else {})
        for _ in range(TRIES - 1):
            try:
                return await handler(made)
            except Conflict:  # a controller wrote in between: look again, and judge again
                continue
        return await handler(made)

    async def expand(request: Request) -> Response:
        body = await _body(request)
        body.setdefault("metadata", {}).setdefault("namespace", request.path_params["namespace"])
        return JSONResponse(machine_calls.expanded(body, machinery))

    async def version(_request: Request) -> Response:
        return JSONResponse(VERSION)

    async def healthz(_request: Request) -> Response:
        client = machinery.client
        server = msgspec.json.decode(await client.text("/version"))
        kubevirt = await client.get(KUBEVIRTS, "kubevirt", "kubevirt")
        seen = kubevirt["metadata"]["resourceVersion"]
        return JSONResponse({"apiserver": {"connectivity": "ok", "version": server}, "config-resource-version": seen})

    async def guestfs(_request: Request) -> Response:
        return JSONResponse(GUESTFS)

    async def socket(websocket: WebSocket) -> None:
        await console.open_socket(websocket, call_of(websocket.path_params, {}))

    base = ROOT + "/namespaces/{namespace}"
    return Starlette(
        routes=[
            Route(ROOT + "/version", version),
            Route(ROOT + "/healthz", healthz),
            Route(ROOT + "/guestfs", guestfs),
            Route(base + "/expand-vm-spec", _answering(expand), methods=["PUT"]),
            WebSocketRoute(base + "/virtualmachineinstances/{name}/{call:path}", socket),
            Route(base + "/{kind}/{name}/{call:path}", _answering(call), methods=["GET", "PUT", "POST", "DELETE"]),
        ]
    )
