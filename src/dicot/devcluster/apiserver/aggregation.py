"""Requests that another ASGI application answers: aggregated APIs, and a pod's log from the kubelet."""

from collections.abc import MutableMapping
from typing import Any

from dicot.devcluster.apiserver.api import Api, AsgiApp
from dicot.devcluster.apiserver.call import Receive, Send
from dicot.devcluster.apiserver.status import not_found
from dicot.devcluster.apiserver.target import Target
from dicot.devcluster.apiserver.users import User

PODS = ("", "pods")
_HIDDEN = (b"authorization", b"x-remote-")


def find(api: Api, target: Target) -> AsgiApp | None:
    """Return the application that answers for a target; None where the API server does."""
    if target.group and (target.group, target.version) in api.aggregated:
        return api.aggregated[target.group, target.version].app
    if (target.group, target.resource, target.subresource) == ("", "pods", "log") and target.verb == "get":
        pods = api.registry.of_bucket(PODS)
        assert pods is not None
        if api.find(pods, target.namespace, target.name) is None:
            raise not_found(pods, target.name)
        return api.kubelet
    return None


async def forward(
    app: AsgiApp, scope: MutableMapping[str, Any], receive: Receive, send: Send, user: User
) -> None:  # fmt: skip
    """Let the application answer, telling it who asks as kube-aggregator does."""
    headers = [(k, v) for k, v in scope["headers"] if not k.startswith((*_HIDDEN, b"impersonate-"))]
    headers.append((b"x-remote-user", user.username.encode()))
    if user.uid:
        headers.append((b"x-remote-uid", user.uid.encode()))
    headers += [(b"x-remote-group", group.encode()) for group in user.groups]
    for key, values in user.extra:
        headers += [(f"x-remote-extra-{key}".lower().encode(), value.encode()) for value in values]
    await app({**scope, "headers": headers}, receive, send)
