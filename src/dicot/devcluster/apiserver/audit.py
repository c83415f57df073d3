"""The audit log: who asked for what as whom, and how it ended, as events of audit.k8s.io/v1 at level Metadata.

Events go to whoever listens in this process, and nowhere if nobody does: a real API server writes the same to a file.
"""

import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from dicot.devcluster.apiserver.target import Target
from dicot.devcluster.apiserver.users import User

Json = dict[str, Any]

LISTENERS: list[Callable[[Json], None]] = []
"""Who hears of every request to every development cluster of this process."""


class Trail(msgspec.Struct):
    """What is known of one request by the time that it is answered."""

    user: User | None = None
    acting_as: User | None = None
    target: Target | None = None

    def tell(self, uri: str, status: int) -> None:
        """Tell the listeners; a request that did not get as far as a user and a target is nobody's."""
        if not LISTENERS or self.user is None or self.target is None:
            return
        event = _event(self.user, self.acting_as, self.target, uri, status)
        for listener in LISTENERS:
            listener(event)


def _event(user: User, acting_as: User | None, target: Target, uri: str, status: int) -> Json:
    event: Json = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": str(uuid.uuid4()),
        "stage": "ResponseComplete",
        "requestURI": uri,
        "verb": target.verb,
        "user": user.info(),
        "responseStatus": {"code": status},
        "annotations": {"authorization.k8s.io/decision": "forbid" if status == 403 else "allow"},
    }
    if acting_as is not None:
        event["impersonatedUser"] = acting_as.info()
    if target.is_resource:
        named = {
            "resource": target.resource,
            "namespace": target.namespace,
            "name": target.name,
            "apiGroup": target.group,
            "apiVersion": target.version,
            "subresource": target.subresource,
        }
        event["objectRef"] = {key: value for key, value in named.items() if value}
    return event
