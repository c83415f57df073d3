"""Which volumes die with a server: ownerReferences on their DataVolumes, or on claims that have none."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.cluster import RETRIES, Cluster
from dicot.compute.servers import manifest
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS
from dicot.volume.volumes.facts import data_volume_of

Json = dict[str, Any]


async def own(cluster: Cluster, caller: Caller, claim: Json, vm: Json, *, dies: bool) -> None:
    """Make a volume die with a machine, or outlive it: an ownerReference on its DataVolume, else on its claim."""
    data_volume = data_volume_of(cluster, claim)
    kind, thing = (DATA_VOLUMES, data_volume) if data_volume is not None else (PERSISTENT_VOLUME_CLAIMS, claim)
    for _ in range(RETRIES):
        meta = thing["metadata"]
        others = [one for one in meta.get("ownerReferences") or () if one["uid"] != vm["metadata"]["uid"]]
        owners = [*others, manifest.owned_by(vm)] if dies else others
        patch = {"metadata": {"resourceVersion": meta["resourceVersion"], "ownerReferences": owners}}
        try:
            await cluster.patch(caller, kind, meta["name"], patch, meta["namespace"])
            return
        except kube.Conflict:
            # Its controllers write, too, while it is filled or plugged in.
            thing = await cluster.reread(caller, kind, thing)
    raise Conflict("The volume is being changed by others.")
