"""Which claims a virtual machine's volumes stand on, and what state those claims and their DataVolumes are in.

Pure.
"""

from dicot.devcluster.controllers.objects import get_condition
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS

DONE = ("Succeeded",)
WAITS_FOR_CONSUMER = ("WaitForFirstConsumer", "PendingPopulation")


def claim_of(volume: Json) -> str | None:
    """Name the claim that a volume of a spec stands on; None for a cloud-init, an emptyDisk and the like."""
    if "persistentVolumeClaim" in volume:
        return volume["persistentVolumeClaim"].get("claimName")
    if "dataVolume" in volume:
        return volume["dataVolume"].get("name")
    return None


def hotpluggable(volume: Json) -> bool:
    """Say whether the volume may be plugged and unplugged while the guest runs."""
    source = volume.get("persistentVolumeClaim") or volume.get("dataVolume") or {}
    return bool(source.get("hotpluggable"))


def claims(spec: Json) -> list[str]:
    """List the claims of a VirtualMachineInstance spec, in order."""
    found = (claim_of(volume) for volume in spec.get("volumes") or [])
    return [claim for claim in found if claim is not None]


def template_spec(vm: Json) -> Json:
    """Read the VirtualMachineInstance spec in a VirtualMachine."""
    return vm["spec"]["template"]["spec"]


def data_volumes(vm: Json, world: World) -> list[Json]:
    """Find the DataVolumes behind the virtual machine's volumes, those that exist."""
    namespace = vm["metadata"]["namespace"]
    found = (world.get(DATA_VOLUMES, claim, namespace) for claim in claims(template_spec(vm)))
    return [one for one in found if one is not None]


def phase(obj: Json) -> str:
    """Read status.phase, "" if there is none."""
    return (obj.get("status") or {}).get("phase") or ""


def provisioning(vm: Json, world: World) -> bool:
    """Say whether some DataVolume is still being filled."""
    return any(phase(one) not in (*DONE, *WAITS_FOR_CONSUMER, "Failed") for one in data_volumes(vm, world))


def missing(vm: Json, world: World) -> list[Json]:
    """List the dataVolumeTemplates of which there is neither a DataVolume nor a claim."""
    namespace = vm["metadata"]["namespace"]
    return [
        template
        for template in vm["spec"].get("dataVolumeTemplates") or []
        if world.get(DATA_VOLUMES, template["metadata"]["name"], namespace) is None
        and world.get(PERSISTENT_VOLUME_CLAIMS, template["metadata"]["name"], namespace) is None
    ]


def ready(vm: Json, world: World) -> bool:
    """Say whether the disks are filled, or wait for the machine itself to start."""
    filled = all(phase(one) in (*DONE, *WAITS_FOR_CONSUMER) for one in data_volumes(vm, world))
    return filled and not missing(vm, world)


def failed(vm: Json, world: World) -> bool:
    """Say whether some DataVolume has failed, for good or at its latest attempt."""
    return any(
        phase(one) == "Failed" or get_condition(one, "Running").get("reason") in ("Error", "ImagePullFailed")
        for one in data_volumes(vm, world)
    )


def unbound(vm: Json, world: World) -> bool:
    """Say whether some claim exists but is not bound."""
    namespace = vm["metadata"]["namespace"]
    found = (world.get(PERSISTENT_VOLUME_CLAIMS, claim, namespace) for claim in claims(template_spec(vm)))
    return any(phase(claim) != "Bound" for claim in found if claim is not None)
