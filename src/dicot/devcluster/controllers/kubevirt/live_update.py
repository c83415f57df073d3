"""What an edit of a running machine changes at once: more sockets, more memory, where it may run.

Pure. Compared is the template with its instancetype and preference written out; the texts are KubeVirt's (watch/vm.go,
hotplug/memory). What is patched into the instance takes hold when it has migrated (workload_update.py).
"""

from collections.abc import Iterator

from dicot.devcluster.controllers.kubevirt import instancetype
from dicot.devcluster.controllers.kubevirt.launchers import moving
from dicot.devcluster.controllers.kubevirt.volumes import template_spec
from dicot.devcluster.controllers.objects import is_true, size_bytes
from dicot.devcluster.controllers.world import World
from dicot.kube import Json

PLACEMENT = ("nodeSelector", "affinity", "tolerations")
LEAST_MEMORY_BYTES = 2**30
BLOCK_BYTES = 2 * 2**20
GROWTH = 4
HIGHER = "to a value higher than what's available"


def wanted(vm: Json, world: World) -> Json:
    """Write the template's spec out, as an instance that started now would have it."""
    return instancetype.apply(vm, template_spec(vm), world)


def fixed_memory(spec: Json) -> str | None:
    """Say why the memory of such a spec cannot change while it runs, if it cannot."""
    guest = (spec["domain"].get("memory") or {}).get("guest")
    if guest is None:
        return "Guest memory must be configured when memory hotplug is enabled"
    if size_bytes(guest) % BLOCK_BYTES:
        return "Guest memory must be 2Mi aligned"
    if spec.get("architecture", "amd64") not in ("amd64", "arm64"):
        return "Memory hotplug is only available for x86_64 and arm64 VMs"
    if size_bytes(guest) < LEAST_MEMORY_BYTES:
        return "Memory hotplug is only available for VMs with at least 1Gi of guest memory"
    return None


def allow_growth(spec: Json) -> None:
    """Leave room for more memory in a new instance's spec, if it can grow at all."""
    memory = spec["domain"].get("memory") or {}
    if "maxGuest" in memory or fixed_memory(spec) is not None:
        return
    # Whole units stay readable: 1Gi becomes 4Gi, as KubeVirt's quantities do.
    spec["domain"]["memory"] = {**memory, "maxGuest": _text(size_bytes(memory["guest"]) * GROWTH)}


def _text(size: int) -> str:
    for unit, factor in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def refusal(vm: Json, vmi: Json, world: World) -> str | None:
    """Say why processors or memory need a restart to become what the machine asks for, if they do."""
    spec = wanted(vm, world)
    return _processors_refused(spec, vmi) or _memory_refused(spec, vmi)


def _processors_refused(spec: Json, vmi: Json) -> str | None:
    new, running = _sockets(spec), vmi["spec"]["domain"].get("cpu") or {}
    old = running.get("sockets", 1)
    if new is None or new == old:
        return None
    if new > running.get("maxSockets", old):
        return f"CPU sockets updated in template spec {HIGHER}"
    if new < old:
        return "Reduction of CPU socket count requires a restart"
    if (spec["domain"].get("devices") or {}).get("networkInterfaceMultiqueue"):
        return "Changes to CPU sockets require a restart when NetworkInterfaceMultiQueue is enabled"
    return None


def _sockets(spec: Json) -> int | None:
    cpu = spec["domain"].get("cpu")
    return cpu.get("sockets", 1) if cpu else None


def _memory_refused(spec: Json, vmi: Json) -> str | None:
    new, running = (spec["domain"].get("memory") or {}).get("guest"), vmi["spec"]["domain"].get("memory") or {}
    if new is None or "guest" not in running or size_bytes(new) == size_bytes(running["guest"]):
        return None
    if "maxGuest" not in running:
        return "memory updated in template spec. Memory-hotplug is not available for this VM configuration"
    why = fixed_memory(spec)
    if why is not None:
        return f"memory hotplug not supported, {why}"
    if size_bytes(new) < size_bytes(vmi["status"]["memory"]["guestAtBoot"]):
        return "memory updated in template spec to a value lower than what the VM started with"
    if size_bytes(new) > size_bytes(running["maxGuest"]):
        return f"memory updated in template spec {HIGHER}"
    return None


def patch(vm: Json, vmi: Json, world: World) -> Json:
    """Compute the merge patch of the instance's spec that takes an edit over; {} if there is nothing to take over."""
    if moving(vmi) or instancetype.failure(vm, world) is not None:
        return {}
    spec = wanted(vm, world)
    domain = {**_more_processors(spec, vmi), **_more_memory(spec, vmi)}
    changes = dict(_placement(spec, vmi["spec"]))
    return {**changes, "domain": domain} if domain else changes


def _more_processors(spec: Json, vmi: Json) -> Json:
    new, old = _sockets(spec), (vmi["spec"]["domain"].get("cpu") or {}).get("sockets", 1)
    if new is None or new == old or is_true(vmi, "HotVCPUChange") or _processors_refused(spec, vmi) is not None:
        return {}
    return {"cpu": {"sockets": new}}


def _more_memory(spec: Json, vmi: Json) -> Json:
    new, running = (spec["domain"].get("memory") or {}).get("guest"), vmi["spec"]["domain"].get("memory") or {}
    same = new is None or "guest" not in running or size_bytes(new) == size_bytes(running["guest"])
    if same or is_true(vmi, "HotMemoryChange") or _memory_refused(spec, vmi) is not None:
        return {}
    return {"memory": {"guest": new}}


def _placement(new: Json, old: Json) -> Iterator[tuple[str, object]]:
    for key in PLACEMENT:
        if (new.get(key) or None) != (old.get(key) or None):
            yield key, merged(old.get(key), new.get(key))


def merged(old: object, new: object) -> object:
    """Write the merge patch that turns one value into another: what is gone is named with null."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    gone = dict.fromkeys(key for key in old if key not in new)
    return {**gone, **{key: merged(old.get(key), value) for key, value in new.items()}}
