"""changePassword: a new password of the guest's administrator, in the Secret that KubeVirt tells the agent of.

KubeVirt sees the change when its node does, a minute or two later, and tells the agent so again every five minutes.
"""

from __future__ import annotations

import base64
from typing import Any

from dicot.api.errors import Conflict, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import actions, answers, credentials, marks, revision, state_rules
from dicot.kube import errors as kube
from dicot.kube.kinds import SECRETS, VIRTUAL_MACHINE_INSTANCES

Json = dict[str, Any]


async def change_password(request: Request, cluster: Cluster) -> Response:
    """Give the guest's administrator another password; refused where no agent would hear of it."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "changePassword", (actions.ACTIVE,))
    server_id, password = answers.identity(found), request.body["changePassword"]["adminPass"]
    if not password or not credentials.is_tellable(password):
        raise _failed(server_id, "a password is not empty and has no blanks around it")
    user = credentials.user(marks.image_properties(found.vm))
    if not user:
        raise Conflict("QEMU guest agent is not enabled")
    if found.vmi is None or not _is_connected(found.vmi):
        raise NotImplementedHere("Unable to set password on instance")
    # What the running guest was started with counts; of this, caches keep nothing.
    vmi = await cluster.reread(request.caller, VIRTUAL_MACHINE_INSTANCES, found.vmi)
    secret = credentials.secret_of(vmi["spec"])
    if not secret:
        raise Conflict("Set admin password is not supported")
    try:
        await keep(request, cluster, vmi["metadata"]["namespace"], secret, user, password)
    except kube.NotFound as error:
        raise _failed(server_id, f"Secret {secret} is gone") from error
    await revision.note(request, cluster, found.vm, "changePassword")
    return Response(status=202)


async def keep(request: Request, cluster: Cluster, namespace: str, secret: str, user: str, password: str) -> None:
    """Write a user's password into a Secret that is there."""
    patch = {"data": {user: base64.b64encode(password.encode()).decode()}}
    await cluster.patch(request.caller, SECRETS, secret, patch, namespace)


def _failed(server_id: str, why: str) -> Conflict:
    return Conflict(f"Failed to set admin password on {server_id} because {why}")


def _is_connected(vmi: Json) -> bool:
    conditions = (vmi.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "AgentConnected" and one["status"] == "True" for one in conditions)
