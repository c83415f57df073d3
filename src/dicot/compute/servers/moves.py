"""Moving servers to other hosts: KubeVirt migrates what runs; what was on a lost host Kubernetes starts elsewhere."""

from __future__ import annotations

import secrets
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.parameters import truth
from dicot.compute.servers import actions, answers, manifest, marks, places, revision, state_rules
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.changes import EVACUATED_ARE_STOPPED
from dicot.kube import errors as kube
from dicot.kube.kinds import NODES, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS

Json = dict[str, Any]

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
_FORCED_NOWHERE = "Can't force to a non-provided destination"


async def migrate_live(request: Request, cluster: Cluster) -> Response:
    """Move a running server to another host, its memory with it; its disks are shared, and stay where they are."""
    found = await actions.subject(request, cluster)
    asked = request.body["os-migrateLive"]
    host = asked["host"] or ""
    if truth(asked.get("force", False)):
        raise BadRequest("force: the scheduler always verifies the destination." if host else _FORCED_NOWHERE)
    state_rules.require(found.vm, found.state, "os-migrateLive", (actions.ACTIVE, actions.PAUSED))
    server_id = answers.identity(found)
    if asked["block_migration"] != "auto" and truth(asked["block_migration"]):
        raise BadRequest(f"{server_id} is not on local storage: Block migration can not be used with shared storage.")
    if host:
        places.host(cluster, host)
        if found.view["OS-EXT-SRV-ATTR:host"] == host:
            raise BadRequest(f"Unable to migrate instance ({server_id}) to current host ({host}).")
    await _migrate(request, cluster, found, host)
    await revision.note(request, cluster, found.vm, "live-migration")
    return Response(status=202)


async def _migrate(request: Request, cluster: Cluster, found: Entry, host: str) -> None:
    meta = found.vm["metadata"]
    spec: Json = {"vmiName": meta["name"]}
    if host:
        spec["addedNodeSelector"] = {manifest.HOST_LABEL: host}
    body = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {
            "name": f"{meta['name']}-{secrets.token_hex(4)}",
            "labels": dict(names.MANAGED_BY),
            "annotations": {marks.USER_ID: request.caller.user_id},
        },
        "spec": spec,
    }
    try:
        await cluster.create(request.caller, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, body, meta["namespace"])
    except kube.Conflict as error:
        raise state_rules.cannot("os-migrateLive", answers.identity(found), "task_state", "migrating") from error
    except kube.Invalid as error:
        raise BadRequest(f"Migration pre-check error: {error.message}") from error


async def evacuate(request: Request, cluster: Cluster) -> Response:
    """Let go of a server on a host that is lost; Kubernetes starts it elsewhere, from 2.95 on it stays stopped.

    That a host is lost for good is said by its taint, as Kubernetes wants it; then nothing is left to do.
    """
    found = await actions.subject(request, cluster)
    _check_evacuation(request, cluster, found, request.body["evacuate"])
    state_rules.require(found.vm, found.state, "evacuate", (actions.ACTIVE, actions.STOPPED, actions.ERROR))
    node = cluster.cache(NODES).get(found.view["OS-EXT-SRV-ATTR:host"] or "")
    if node is not None:
        _check_lost(node)
        if found.vmi is not None and not request.before(EVACUATED_ARE_STOPPED):
            await actions.call(request, cluster, found, "evacuate", "stop", {"gracePeriod": 0})
    await revision.note(request, cluster, found.vm, "evacuate")
    return Response(status=200)


def _check_evacuation(request: Request, cluster: Cluster, found: Entry, asked: Json) -> None:
    host = asked.get("host")
    if truth(asked.get("force", False)):
        raise BadRequest("force: the scheduler always verifies the destination." if host else _FORCED_NOWHERE)
    if "adminPass" in asked:
        raise BadRequest("admin password can't be changed on existing disk")
    if host is None:
        return
    if cluster.cache(NODES).get(host) is None:
        raise NotFound(f"Compute host {host} not found.")
    if found.view["OS-EXT-SRV-ATTR:host"] == host:
        raise BadRequest("The target host can't be the same one.")
    raise BadRequest("host: Kubernetes chooses the host on which an evacuated server starts.")


def _check_lost(node: Json) -> None:
    name = node["metadata"]["name"]
    conditions = (node.get("status") or {}).get("conditions") or ()
    if any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
        raise BadRequest(f"Compute service of {name} is still in use.")
    if not any(taint["key"] == OUT_OF_SERVICE for taint in node.get("spec", {}).get("taints") or ()):
        raise Conflict(
            f"Host {name} may come back: apply the {OUT_OF_SERVICE} taint to let its servers start elsewhere."
        )
