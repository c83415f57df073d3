"""Actions on servers: at most one write and one call of a KubeVirt subresource; KubeVirt does the waiting."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from dicot import names
from dicot.api.errors import Conflict, Forbidden, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import answers, handlers, lookup, marks, revision, state_rules
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.status import State
from dicot.kube import errors as kube
from dicot.kube.kinds import PODS

Json = dict[str, Any]

ACTIVE, STOPPED, PAUSED, ERROR = "active", "stopped", "paused", "error"
RESIZED, RESCUED, SHELVED = "resized", "rescued", "shelved_offloaded"
CONSOLE_CONTAINER = "guest-console-log"
CONSOLE_LINES_MAX = 100_000
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f]")


async def subject(request: Request, cluster: Cluster) -> Entry:
    """Return the server that is to be acted on; 404 if the caller has none, 409 if it is locked."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    state_rules.require_unlocked(request, vm)
    return answers.entry(cluster, vm)


async def _act(
    request: Request,
    cluster: Cluster,
    name: str,
    allowed: Collection[str],
    *,
    subresource: str = "",
    of_instance: bool = False,
) -> Response:
    """Check the state, call the subresource, note what was done."""
    found = await subject(request, cluster)
    state_rules.require(found.vm, found.state, name, allowed)
    await call(request, cluster, found, name, subresource or name, of_instance=of_instance)
    await revision.note(request, cluster, found.vm, name)
    return Response(status=202)


async def call(
    request: Request,
    cluster: Cluster,
    found: Entry,
    name: str,
    subresource: str,
    body: Json | None = None,
    *,
    of_instance: bool = False,
) -> None:
    """Call a subresource as the user; Conflict, in Nova's words, where KubeVirt says that the state forbids it.

    KubeVirt answers 500 where a start or stop is under way already, and for faults of the guest.
    """
    meta = found.vm["metadata"]
    plural = "virtualmachineinstances" if of_instance else "virtualmachines"
    path = f"/apis/subresources.kubevirt.io/v1/namespaces/{meta['namespace']}/{plural}/{meta['name']}/{subresource}"
    try:
        await cluster.as_user(request.caller).call("PUT", path, body=body)
    except kube.Conflict as error:
        raise _impossible(found, name) from error
    except kube.Unavailable as error:
        if "already underway" in error.message:
            raise _impossible(found, name) from error
        raise


def _impossible(found: Entry, name: str) -> Conflict:
    state: State = found.state
    busy = state.task_state is not None
    attribute, value = ("task_state", str(state.task_state)) if busy else ("vm_state", state.vm_state)
    return state_rules.cannot(name, answers.identity(found), attribute, value)


async def start(request: Request, cluster: Cluster) -> Response:
    """Start a stopped server."""
    return await _act(request, cluster, "start", (STOPPED,))


async def stop(request: Request, cluster: Cluster) -> Response:
    """Shut a server down: the guest is asked, and cut off when its time is over."""
    return await _act(request, cluster, "stop", (ACTIVE, ERROR))


async def pause(request: Request, cluster: Cluster) -> Response:
    """Freeze the guest where it is."""
    return await _act(request, cluster, "pause", (ACTIVE,), of_instance=True)


async def unpause(request: Request, cluster: Cluster) -> Response:
    """Let a frozen guest run on."""
    return await _act(request, cluster, "unpause", (PAUSED,), of_instance=True)


async def reboot(request: Request, cluster: Cluster) -> Response:
    """Reboot: softly by asking the guest, hard by its reset button; whichever way gets pending changes applied."""
    if request.body["reboot"]["type"].upper() == "SOFT":
        return await _act(request, cluster, "reboot", (ACTIVE,), subresource="softreboot", of_instance=True)
    found = await subject(request, cluster)
    state_rules.require(found.vm, found.state, "reboot", (ACTIVE, STOPPED, PAUSED, ERROR))
    if found.vmi is None or found.state.vm_state == STOPPED:
        await call(request, cluster, found, "reboot", "start")
    elif found.state.vm_state == ACTIVE and not must_restart(found.vm):
        await call(request, cluster, found, "reboot", "reset", of_instance=True)
    else:
        await call(request, cluster, found, "reboot", "restart", {"gracePeriodSeconds": 0})
    await revision.note(request, cluster, found.vm, "reboot")
    return Response(status=202)


def must_restart(vm: Json) -> bool:
    """Tell whether changes wait for a new instance: a reset alone would keep the old one."""
    conditions = (vm.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "RestartRequired" and one["status"] == "True" for one in conditions)


async def force_delete(request: Request, cluster: Cluster) -> Response:
    """Delete a server at once, without asking the guest."""
    found = await subject(request, cluster)
    if found.vmi is not None and found.state.vm_state != STOPPED:
        await call(request, cluster, found, "forceDelete", "stop", {"gracePeriod": 0})
    await handlers.remove(request, cluster, found.vm)
    return Response(status=202)


async def lock(request: Request, cluster: Cluster) -> Response:
    """Lock a server: only administrators may then act on it. An owner's second lock changes nothing, as in Nova."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    own = vm["metadata"]["namespace"] == request.caller.namespace
    if own and marks.lock(vm) is not None:
        return Response(status=202)
    asked = request.body["lock"]
    reason = asked.get("locked_reason") if isinstance(asked, dict) else None
    by = "owner" if own else "admin"
    value = marks.write({"by": by, "reason": reason})
    await revision.annotate(request, cluster, vm, lambda _: {marks.LOCKED: value})
    return Response(status=202)


async def unlock(request: Request, cluster: Cluster) -> Response:
    """Unlock a server; what an administrator has locked only one can unlock."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    lock = marks.lock(vm)
    if lock is not None and lock.by == "admin" and not request.caller.cloud_admin:
        raise Forbidden("Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
    await revision.annotate(request, cluster, vm, lambda _: {marks.LOCKED: None})
    return Response(status=202)


async def get_console_output(request: Request, cluster: Cluster) -> Response:
    """Return the last lines of the serial console; KubeVirt keeps them as long as the instance runs."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    vmi = lookup.instance_of(cluster, vm)
    server_id = names.identity_of(vm, lookup.NOUN)
    if vmi is None:
        raise Conflict(f"Instance {server_id} is not ready")
    pod = await _pod(request, cluster, vmi)
    if pod is None:
        raise Conflict(f"Instance {server_id} is not ready")
    length = request.body["os-getConsoleOutput"].get("length")
    lines = CONSOLE_LINES_MAX if length is None or int(length) < 0 else min(int(length), CONSOLE_LINES_MAX)
    path = PODS.path(vm["metadata"]["namespace"], pod["metadata"]["name"], "log")
    params = {"container": CONSOLE_CONTAINER, "tailLines": lines}
    try:
        text = await cluster.as_user(request.caller).text(path, params)
    except kube.NotFound as error:
        raise NotFound(f"Guest does not have a console available: {error.message}") from error
    except kube.Invalid as error:
        if "is not valid for pod" in error.message:
            # The pod has no such container: the machine, or the whole cluster, logs no console.
            raise NotImplementedHere("The requested functionality is not supported.") from error
        raise Conflict(f"Instance {server_id} is not ready") from error
    return Response({"output": _UNPRINTABLE.sub("", text)})


async def _pod(request: Request, cluster: Cluster, vmi: Json) -> Json | None:
    """Return the pod that an instance runs in: while it migrates there are two, and the one on its node counts."""
    meta, node = vmi["metadata"], (vmi.get("status") or {}).get("nodeName")
    client = cluster.as_user(request.caller)
    pods, _ = await client.list(PODS, meta["namespace"], labels=f"kubevirt.io/created-by={meta['uid']}")
    here = [pod for pod in pods if pod["spec"].get("nodeName") == node and "containers" in pod["spec"]]
    running = [pod for pod in here if pod["metadata"]["name"].startswith("virt-launcher")]
    return (running or here or [None])[0]
