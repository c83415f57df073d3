"""The subresources of a VirtualMachine: start, stop, restart, addvolume, removevolume, expand-spec ...

Each reads the machine and its instance, and answers by state as the recordings' table of subresources says.
"""

import copy
from collections.abc import Awaitable, Callable

import msgspec
from starlette.responses import JSONResponse, Response

from dicot.devcluster.controllers.kubevirt import instancetype, manifest, refusal, run_strategy, volumes
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import deleting, uid_of
from dicot.kube import Json
from dicot.kube.errors import KubeError, NotFound
from dicot.kube.kinds import (
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    Kind,
)

VM = "virtualmachine"
VMI = "virtualmachineinstance"
UNDERWAY = "unable to complete request: stop/start already underway"


class Call(msgspec.Struct):
    """One call: whose it is, and what it says."""

    machinery: Machinery
    namespace: str
    name: str
    body: Json

    @property
    def dry_run(self) -> bool:
        """Say whether nothing shall be done."""
        return self.body.get("dryRun") == ["All"]


async def newest(call: Call, kind: Kind) -> Json | None:
    """Read an object afresh."""
    try:
        found = await call.machinery.client.get(kind, call.name, call.namespace)
    except NotFound:
        return None
    # The world leaves out of what it learns what no stage reads; expand-spec shows all of it.
    call.machinery.world.learn(kind, {**found, "metadata": dict(found["metadata"])})
    return found


async def _both(call: Call) -> tuple[Json, Json | None]:
    vm = await newest(call, VIRTUAL_MACHINES)
    if vm is None:
        raise refusal.not_found(VM, call.name)
    return vm, await newest(call, VIRTUAL_MACHINE_INSTANCES)


async def _write(call: Call, patch: Json | list[Json], subresource: str | None = None) -> None:
    new = await call.machinery.client.patch(
        VIRTUAL_MACHINES, call.name, patch, call.namespace, subresource=subresource, dry_run=call.dry_run
    )
    if not call.dry_run:
        call.machinery.world.learn(VIRTUAL_MACHINES, new)


async def _request(call: Call, *requests: Json) -> None:
    await _write(call, {"status": {"stateChangeRequests": list(requests)}}, "status")


def _conflict(call: Call, why: str) -> refusal.Refused:
    return refusal.conflict(VM, call.name, why)


async def start(call: Call) -> Response:
    """Start the machine: the spec becomes Always if it was Halted, else a request is left in the status."""
    vm, vmi = await _both(call)
    strategy = run_strategy.strategy(vm)
    if not isinstance(call.body.get("paused", False), bool):
        raise refusal.bad_request(
            "Can not unmarshal Request body to struct, error: json: cannot unmarshal string into Go struct field "
            "StartOptions.paused of type bool"
        )
    if vmi is not None and not run_strategy.final(vmi):
        raise _conflict(call, "VM is already running")
    if strategy in ("Always", "Once"):
        raise _conflict(call, f"{strategy} does not support manual start requests")
    if strategy == "RerunOnFailure" and vmi is not None and phase(vmi) == "Failed":
        raise _conflict(call, "RerunOnFailure does not support starting VM from failed state")
    if run_strategy.requests(vm):
        raise refusal.internal(UNDERWAY)
    wanted: Json = {"action": "Start", **({"data": {"paused": "true"}} if call.body.get("paused") else {})}
    if strategy == "Halted":
        if call.body.get("paused"):
            await _request(call, wanted)
        await _write(call, {"spec": {"runStrategy": "Always", "running": None}})
    elif vmi is not None:
        await _request(call, {"action": "Stop", "uid": uid_of(vmi)}, wanted)
    else:
        await _request(call, wanted)
    return Response(status_code=202)


async def stop(call: Call) -> Response:
    """Stop the machine: the spec becomes Halted if it was Always or Once, else a request is left in the status."""
    vm, vmi = await _both(call)
    strategy = run_strategy.strategy(vm)
    if vmi is None or run_strategy.final(vmi):
        pending = run_strategy.requests(vm)
        if strategy in ("Always", "Once") or (pending and pending[0]["action"] == "Start"):
            await _halt_before_start(call, strategy)
            return Response(status_code=202)
        raise _conflict(call, "VM is not running")
    if call.body.get("gracePeriod") == 0:
        await _end_at_once(call)
    if strategy in ("Manual", "RerunOnFailure"):
        pending = run_strategy.requests(vm)
        if len(pending) > 1:
            raise refusal.internal(UNDERWAY)
        await _request(call, {"action": "Stop", "uid": uid_of(vmi)})
    elif strategy != "Halted":
        await _write(call, {"spec": {"runStrategy": "Halted", "running": None}})
    return Response(status_code=202)


async def _halt_before_start(call: Call, strategy: str) -> None:
    if strategy in ("Always", "Once"):
        await _write(call, {"spec": {"runStrategy": "Halted", "running": None}})
    else:
        await _write(call, {"status": {"stateChangeRequests": None}}, "status")


async def _end_at_once(call: Call) -> None:
    patch = {"spec": {"terminationGracePeriodSeconds": 0}}
    await call.machinery.client.patch(VIRTUAL_MACHINE_INSTANCES, call.name, patch, call.namespace, dry_run=call.dry_run)


async def restart(call: Call) -> Response:
    """Stop the instance and start another."""
    grace = call.body.get("gracePeriodSeconds")
    if grace not in (None, 0):
        raise refusal.bad_request("For force restart, only gracePeriod=0 is supported for now")
    vm, vmi = await _both(call)
    strategy = run_strategy.strategy(vm)
    if strategy == "Once":
        raise _conflict(call, "RunStategy Once does not support manual restart requests")  # spelt so by KubeVirt
    if vmi is None or strategy == "Halted":
        raise _conflict(call, "VM is not running: Halted")
    if run_strategy.requests(vm) or (deleting(vmi) and not deleting(vm)):
        raise refusal.internal(UNDERWAY)
    if grace == 0:
        await _end_at_once(call)
    await _request(call, {"action": "Stop", "uid": uid_of(vmi)}, {"action": "Start"})
    return Response(status_code=202)


async def migrate(call: Call) -> Response:
    """Make a migration object; what its webhook says against it is passed on as a failure of KubeVirt's own."""
    _, vmi = await _both(call)
    if vmi is None:
        raise refusal.not_found(VMI, call.name)
    if phase(vmi) != "Running":
        raise _conflict(call, "VM is not running")
    spec: Json = {"vmiName": call.name}
    if call.body.get("addedNodeSelector"):
        spec["addedNodeSelector"] = call.body["addedNodeSelector"]
    body = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {"generateName": "kubevirt-migrate-vm-", "namespace": call.namespace},
        "spec": spec,
    }
    kind = VIRTUAL_MACHINE_INSTANCE_MIGRATIONS
    try:
        made = await call.machinery.client.create(kind, body, call.namespace, dry_run=call.dry_run)
    except KubeError as error:
        raise refusal.internal(error.message) from error
    if not call.dry_run:
        call.machinery.world.learn(kind, made)
    return Response(status_code=202)


async def add_volume(call: Call) -> Response:
    """Add a hot-pluggable volume and its disk to the machine's template."""
    body = call.body
    if not body.get("name"):
        raise refusal.bad_request("AddVolumeOptions requires name to be set")
    if body.get("disk") is None:
        raise refusal.bad_request("AddVolumeOptions requires disk to not be nil")
    if not body.get("volumeSource"):
        raise refusal.bad_request("AddVolumeOptions requires VolumeSource to not be nil")
    vm, _ = await _both(call)
    source = {key: {**value, "hotpluggable": True} for key, value in body["volumeSource"].items()}
    claim = volumes.claim_of(source)
    spec = volumes.template_spec(vm)
    for volume in spec.get("volumes") or []:
        if volume["name"] == body["name"]:
            raise _conflict(call, f"Unable to add volume [{body['name']}] because volume with that name already exists")
        if volumes.claim_of(volume) == claim:
            raise _conflict(call, f"Unable to add volume source [{claim}] because it already exists")
    disk = {**body["disk"], "name": body["name"]}
    disks = (spec["domain"].get("devices") or {}).get("disks") or []
    await _replace(call, vm, [*(spec.get("volumes") or []), {"name": body["name"], **source}], [*disks, disk])
    return Response(status_code=202)


async def remove_volume(call: Call) -> Response:
    """Remove a hot-pluggable volume and its disk from the machine's template."""
    name = call.body.get("name")
    if not name:
        raise refusal.bad_request("RemoveVolumeOptions requires name to be set")
    vm, _ = await _both(call)
    spec = volumes.template_spec(vm)
    found = next((volume for volume in spec.get("volumes") or [] if volume["name"] == name), None)
    if found is None:
        raise _conflict(call, f"Unable to remove volume [{name}] because it does not exist")
    if not volumes.hotpluggable(found):
        raise _conflict(call, f"Unable to remove volume [{name}] because it is not hotpluggable")
    disks = (spec["domain"].get("devices") or {}).get("disks") or []
    left = [volume for volume in spec["volumes"] if volume["name"] != name]
    await _replace(call, vm, left, [disk for disk in disks if disk["name"] != name])
    return Response(status_code=202)


async def _replace(call: Call, vm: Json, new_volumes: list[Json], disks: list[Json]) -> None:
    spec = {"volumes": new_volumes, "domain": {"devices": {"disks": disks}}}
    seen = {"resourceVersion": vm["metadata"]["resourceVersion"]}
    await _write(call, {"metadata": seen, "spec": {"template": {"spec": spec}}})


async def memory_dump(call: Call) -> Response:
    """Judge a memory dump; none is taken."""
    claim = call.body.get("claimName")
    await _both(call)
    if not claim:
        raise refusal.bad_request("Memory dump requires claim name to be set")
    if call.machinery.world.get(PERSISTENT_VOLUME_CLAIMS, claim, call.namespace) is None:
        raise refusal.not_found("persistentvolumeclaim", claim)
    raise refusal.not_imitated("memory dumps")


async def remove_memory_dump(call: Call) -> Response:
    """Refuse: memory dumps are not imitated, so that there never is one."""
    await _both(call)
    why = f"can't remove memory dump association for vm {call.name}, no association found"
    raise _conflict(call, why)


async def cancel_evacuation(call: Call) -> Response:
    """Take back the mark that an eviction has left on the instance."""
    _, vmi = await _both(call)
    if vmi is None:
        raise _conflict(call, "VMI is not started")
    return await unmark(call, vmi)


async def unmark(call: Call, vmi: Json) -> Response:
    """Remove status.evacuationNodeName, if it is there."""
    if (vmi.get("status") or {}).get("evacuationNodeName"):
        seen = {"resourceVersion": vmi["metadata"]["resourceVersion"]}
        patch: Json = {"metadata": seen, "status": {"evacuationNodeName": None}}
        kind = VIRTUAL_MACHINE_INSTANCES
        new = await call.machinery.client.patch(kind, call.name, patch, call.namespace, dry_run=call.dry_run)
        if not call.dry_run:
            call.machinery.world.learn(kind, new)
    return Response(status_code=200)


async def object_graph(_call: Call) -> Response:
    """Refuse: the gate is off, as on a new KubeVirt."""
    raise refusal.bad_request("ObjectGraph feature gate not enabled: Unable to return object graph.")


async def expand_spec(call: Call) -> Response:
    """Answer the machine with its instancetype and preference written out."""
    vm, _ = await _both(call)
    return JSONResponse(expanded(vm, call.machinery))


def expanded(vm: Json, machinery: Machinery) -> Json:
    """Write the machine's instancetype and preference out into its template; raise Refused for a missing one."""
    problem = instancetype.failure(vm, machinery.world)
    if problem is not None:
        raise refusal.bad_request(problem[1])
    result = copy.deepcopy(vm)
    spec = volumes.template_spec(result)
    manifest.networked(spec)
    spec = instancetype.apply(vm, spec, machinery.world)
    if any((vm["spec"].get(field) or {}).get("name") for field in ("instancetype", "preference")):
        spec.setdefault("evictionStrategy", "None")
    result["spec"]["template"]["spec"] = spec
    for field, reference in (("instancetype", "instancetypeRef"), ("preference", "preferenceRef")):
        result["spec"].pop(field, None)
        (result.get("status") or {}).pop(reference, None)
    return result


async def started(call: Call) -> None:
    """Raise Refused unless the machine exists and has an instance."""
    _, vmi = await _both(call)
    if vmi is None:
        raise _conflict(call, "VMI is not started")


Handler = Callable[[Call], Awaitable[Response]]
PUTS: dict[str, Handler] = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "migrate": migrate,
    "addvolume": add_volume,
    "removevolume": remove_volume,
    "memorydump": memory_dump,
    "removememorydump": remove_memory_dump,
    "evacuate/cancel": cancel_evacuation,
}
GETS: dict[str, Handler] = {"expand-spec": expand_spec, "objectgraph": object_graph}
