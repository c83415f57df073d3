"""The ASGI application: authenticate, impersonate, count, authorise, and hand over to the verb."""

import logging
from collections.abc import Callable, MutableMapping
from typing import Any

import msgspec
from starlette.datastructures import Headers, QueryParams

from dicot.devcluster.apiserver import (
    absent,
    aggregation,
    audit,
    binding,
    create,
    delete,
    discovery,
    eviction,
    get,
    impersonation,
    rbac,
    reviews,
    scale,
    update,
    watch,
)
from dicot.devcluster.apiserver import list as list_verb
from dicot.devcluster.apiserver import patch as patch_verb
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.call import Answer, Call, Receive, Send, Streamed
from dicot.devcluster.apiserver.faults import Dropped
from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import (
    ApiError,
    NotAnApiPath,
    bad_request,
    error,
    failure,
    forbidden,
    method_not_allowed,
    not_found,
)
from dicot.devcluster.apiserver.target import Target, read
from dicot.devcluster.apiserver.users import ANONYMOUS, User

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
BODY_LIMIT = 3 * 1024 * 1024
_NO_STORE = (b"cache-control", b"no-cache, private")


def build(api: Api) -> Callable[[Scope, Receive, Send], Any]:
    """Make the ASGI application of an API server."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        warnings: list[str] = []
        trail = audit.Trail()
        try:
            answer = await _serve(api, scope, receive, send, warnings, trail)
        except ApiError as refused:
            answer = Answer(refused.code, msgspec.json.encode(refused.status), headers=tuple(refused.headers.items()))
        except NotAnApiPath:
            answer = Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
        except Dropped:
            await _cut(receive, send)
            return
        except Exception as bug:
            log.exception("%s %s failed", scope.get("method", "WEBSOCKET"), scope["path"])
            answer = _crashed(bug)
        trail.tell(scope["path"], answer.status if isinstance(answer, Answer) else 200)
        if isinstance(answer, Streamed):
            await answer.run(receive, send)
        elif answer is not None:
            await _send(scope, send, answer, warnings)

    return app


def _crashed(bug: Exception) -> Answer:
    details = {"causes": [{"message": f"{type(bug).__name__}: {bug}"}]}
    text = f"Internal error occurred: {type(bug).__name__}: {bug}"
    return Answer(500, msgspec.json.encode(failure(500, text, details=details)))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _cut(receive: Receive, send: Send) -> None:
    """Close the connection without an answer: uvicorn's `send` belongs to the cycle that holds the transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
            pass


async def _send(scope: Scope, send: Send, answer: Answer, warnings: list[str]) -> None:
    headers = [
        (b"content-type", answer.media_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        _NO_STORE,
    ]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    headers += [(b"warning", f"299 - {_quoted(text)}".encode()) for text in dict.fromkeys(warnings)]
    if scope["type"] == "websocket":
        await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": answer.body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body})


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def _serve(
    api: Api, scope: Scope, receive: Receive, send: Send, warnings: list[str], trail: audit.Trail
) -> Answer | Streamed | None:
    headers, query = Headers(scope=scope), QueryParams(scope["query_string"])
    method = scope["method"] if scope["type"] == "http" else "GET"
    trail.user = _authenticated(api, headers, scope)
    target = trail.target = read(method, scope["path"], query)
    user = _acting_as(api, trail.user, headers, target)
    trail.acting_as = user if user is not trail.user else None
    api.faults.count(method, target.resource or target.path)
    await api.faults.before(method, scope["path"], user.username)
    _authorise(api, user, target)
    app = aggregation.find(api, target)
    if app is not None:
        await aggregation.forward(app, scope, receive, send, user)
        return None
    if not target.is_resource:
        return discovery.handle(api, target, query, headers.get("accept", ""), headers.get("host", ""))
    resource = api.registry.find(target.group, target.version, target.resource)
    if resource is None:
        raise NotAnApiPath
    body = await _body(receive) if method not in ("GET", "HEAD") else b""
    call = Call(api, user, target, resource, query, query.getlist("dryRun"), headers, body, warnings)
    return dispatch(call, method)


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Dropped
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > BODY_LIMIT:
            text = f"Request entity too large: limit is {BODY_LIMIT}"
            raise error(413, text, reason="RequestEntityTooLarge")
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def _authenticated(api: Api, headers: Headers, scope: Scope) -> User:
    token = headers.get("authorization", "")
    if not token:
        token = _websocket_token(headers, scope)
        if not token:
            return ANONYMOUS
    elif token[:7].lower() != "bearer ":
        return ANONYMOUS
    else:
        token = token[7:].strip()
    user = reviews.user_of(api, token)
    if user is None:
        raise ApiError(failure(401, "Unauthorized"))
    return user


def _websocket_token(headers: Headers, scope: Scope) -> str:
    if scope["type"] != "websocket":
        return ""
    return reviews.token_of_protocols(headers.get("sec-websocket-protocol", ""))


def _acting_as(api: Api, user: User, headers: Headers, target: Target) -> User:
    if not any(key.startswith("impersonate-") for key in headers):
        return user
    wanted = impersonation.requested([(key.lower(), value) for key, value in headers.items()])
    if wanted is None:
        return user
    plain = _ask(target)
    ask = msgspec.structs.replace(plain, verb=f"impersonate-on:user-info:{plain.verb}")
    return impersonation.act_as(api.store, user, wanted, _refused(user, target, ask))


def _ask(target: Target) -> Ask:
    if not target.is_resource:
        return Ask(target.verb, path=target.path)
    return Ask(target.verb, target.group, target.resource, target.subresource, target.name, target.namespace)


def _authorise(api: Api, user: User, target: Target) -> None:
    ask = _ask(target)
    if not rbac.decide(api.store, user, ask)[0]:
        raise _refused(user, target, ask)


def _refused(user: User, target: Target, ask: Ask) -> ApiError:
    why = rbac.refusal(user, ask)
    if not target.is_resource:
        return error(403, f"forbidden: {why}", details={})
    shown = Resource(group=target.group, version=target.version, plural=target.resource, kind="")
    return forbidden(shown, target.name, why)


_VERBS: dict[str, Callable[[Call], Answer | Streamed]] = {
    "get": get.handle,
    "list": list_verb.handle,
    "watch": watch.handle,
    "create": create.handle,
    "update": update.handle,
    "patch": patch_verb.handle,
    "delete": delete.handle,
    "deletecollection": delete.handle_collection,
}
_NAMED = ("get", "update", "patch", "delete")


def dispatch(call: Call, method: str) -> Answer | Streamed:
    """Hand a call to its verb."""
    target, resource = call.target, call.resource
    if resource.bucket == ("", "bindings"):
        return binding.bind(call)
    if resource.verbs == ("create",):
        return reviews.handle(call)
    if target.verb not in _VERBS or target.verb not in resource.verbs:
        raise method_not_allowed(resource, target.verb)
    if resource.namespaced and not target.namespace and target.verb not in ("list", "watch"):
        raise NotAnApiPath
    if target.verb in ("update", "patch") and not target.name:
        raise bad_request("name must be provided")
    if target.subresource:
        return _subresource(call, method)
    return _VERBS[target.verb](call)


_ON_PODS: dict[str, Callable[[Call], Answer]] = {"binding": binding.bind, "eviction": eviction.handle}


def _subresource(call: Call, method: str) -> Answer | Streamed:
    target, resource = call.target, call.resource
    if target.subresource == "token" and resource.bucket == ("", "serviceaccounts"):
        return reviews.token_request(call)
    if resource.bucket == binding.PODS and target.subresource in _ON_PODS and target.verb == "create":
        return _ON_PODS[target.subresource](call)
    absent.refuse_subresource(resource, target.subresource)
    if target.subresource == "scale" and resource.scale is not None:
        return scale.handle(call)
    plain = target.subresource in ("status", "finalize") and target.subresource in resource.subresources
    if not plain or target.verb not in ("get", "update", "patch"):
        if target.subresource in resource.subresources:
            raise method_not_allowed(resource, method.lower())
        raise not_found(resource, target.name)
    return _VERBS[target.verb](call)
