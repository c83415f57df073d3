"""The kubelet's log endpoint: a guest's serial console as the log of its launcher's container guest-console-log."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dicot.devcluster.controllers.kubevirt.manifest import CONSOLE_LOG_CONTAINER
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import controller_of
from dicot.kube.kinds import PODS


def _bad(message: str) -> Response:
    body: dict[str, object] = {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": "BadRequest", "code": 400,
    }  # fmt: skip
    return JSONResponse(body, status_code=400)


def complete_lines(data: bytes, tail: int | None, limit_bytes: int | None) -> bytes:
    """Cut the log as virt-tail and the kubelet do: complete lines only, the last `tail`, at most so many bytes."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")[:-1]
    if tail is not None:
        lines = lines[-tail:] if tail > 0 else []
    text = b"".join(line + b"\n" for line in lines)
    return text[:limit_bytes] if limit_bytes is not None else text


def app(machinery: Machinery) -> Starlette:
    """Build the application."""

    async def log(request: Request) -> Response:
        path, query = request.path_params, request.query_params
        pod = machinery.world.get(PODS, path["name"], path["namespace"])
        if pod is None:
            return _bad(f"pod {path['name']} is not on this node")
        containers = [one["name"] for part in ("initContainers", "containers") for one in pod["spec"].get(part) or []]
        name = query.get("container") or "compute"
        if name not in containers:
            return _bad(f"container {name} is not valid for pod {path['name']}")
        owner = controller_of(pod)
        if name != CONSOLE_LOG_CONTAINER or owner is None:
            return PlainTextResponse("")
        tail, limit = query.get("tailLines"), query.get("limitBytes")
        if any(value is not None and not value.isdigit() for value in (tail, limit)):
            return _bad("tailLines and limitBytes must be numbers")
        text = complete_lines(machinery.serial.read(owner["uid"]), _number(tail), _number(limit))
        return PlainTextResponse(text)

    return Starlette(routes=[Route("/api/v1/namespaces/{namespace}/pods/{name}/log", log)])


def _number(text: str | None) -> int | None:
    return int(text) if text is not None else None
