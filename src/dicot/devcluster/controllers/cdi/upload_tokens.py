"""upload.cdi.kubevirt.io/v1beta1: answers tokens for CDI's upload proxy, and stores nothing."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dicot.devcluster.controllers.data_server import TOKEN_S, Tokens, UploadGrant
from dicot.devcluster.controllers.machinery import Machinery
from dicot.kube import Json
from dicot.kube.kinds import UPLOAD_TOKEN_REQUESTS

BODY_MOST = 64 * 1024


def resources() -> list[Json]:
    """List the resource for discovery."""
    return [
        {
            "name": UPLOAD_TOKEN_REQUESTS.plural,
            "singularName": "uploadtokenrequest",
            "shortNames": ["utr", "utrs"],
            "namespaced": True,
            "group": UPLOAD_TOKEN_REQUESTS.group,
            "version": UPLOAD_TOKEN_REQUESTS.version,
            "kind": UPLOAD_TOKEN_REQUESTS.kind,
            "verbs": ["create"],
        }
    ]


def app(machinery: Machinery, tokens: Tokens) -> Starlette:
    """Build the application."""

    async def create(request: Request) -> Response:
        try:
            body = msgspec.json.decode((await request.body())[:BODY_MOST], type=dict)
            name = body["spec"]["pvcName"]
        except (msgspec.DecodeError, KeyError, TypeError):
            return JSONResponse({"kind": "Status", "status": "Failure", "code": 400, "reason": "BadRequest",
                                 "message": "spec.pvcName is required"}, status_code=400)  # fmt: skip
        grant = UploadGrant(request.path_params["namespace"], name, machinery.clock.now() + TOKEN_S)
        metadata = {"creationTimestamp": None, **(body.get("metadata") or {})}
        answer = {
            "kind": UPLOAD_TOKEN_REQUESTS.kind,
            "apiVersion": UPLOAD_TOKEN_REQUESTS.api_version,
            "metadata": metadata,
            "spec": {"pvcName": name},
            "status": {"token": tokens.sign(grant)},
        }
        return JSONResponse(answer)

    path = UPLOAD_TOKEN_REQUESTS.path("NAMESPACE").replace("NAMESPACE", "{namespace}")
    return Starlette(routes=[Route(path, create, methods=["POST"])])
