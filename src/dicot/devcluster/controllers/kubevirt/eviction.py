"""KubeVirt's say in the eviction of a launcher pod: the guest is moved instead, or nothing happens at all.

The mark that it leaves on the instance is what evacuation.py acts on.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from dicot.devcluster.controllers.denial import too_many
from dicot.devcluster.controllers.kubevirt.evacuation import MIGRATES
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import is_true, labels, name_of, namespace_of
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import VIRTUAL_MACHINE_INSTANCES

WEBHOOK = "virt-launcher-eviction-interceptor.kubevirt.io"
DOMAIN = "kubevirt.io/domain"
_marks: set[asyncio.Task[None]] = set()

log = logging.getLogger(__name__)


def pods(machinery: Machinery) -> Callable[[Any], None]:
    """Make the hook that answers evictions of launcher pods; all else of pods is let through."""

    def validate(review: Any) -> None:
        if review.subresource != "eviction" or review.operation != "CREATE":
            return
        pod = review.get("", "pods", review.namespace, review.name)
        if pod is None or labels(pod).get("kubevirt.io") != "virt-launcher":
            return
        name = (pod["metadata"].get("annotations") or {}).get(DOMAIN, "")
        vmi = review.get("kubevirt.io", "virtualmachineinstances", review.namespace, name)
        if vmi is None:
            raise too_many(
                WEBHOOK, f'kubevirt failed getting the vmi: virtualmachineinstances.kubevirt.io "{name}" not found'
            )
        _judge(machinery, pod, vmi, dry_run=review.dry_run)

    return validate


def _judge(machinery: Machinery, pod: Json, vmi: Json, *, dry_run: bool) -> None:
    strategy, movable = vmi["spec"].get("evictionStrategy"), is_true(vmi, "LiveMigratable")
    if strategy == "LiveMigrate" and not movable:
        raise too_many(
            WEBHOOK, f"VMI {name_of(vmi)} is configured with an eviction strategy but is not live-migratable"
        )
    if strategy != "External" and not (strategy in MIGRATES and movable):
        return
    status = vmi.get("status") or {}
    if not dry_run and not status.get("evacuationNodeName") and status.get("nodeName") == pod["spec"].get("nodeName"):
        task = asyncio.get_running_loop().create_task(_mark(machinery, vmi))
        _marks.add(task)
        task.add_done_callback(_marks.discard)
    raise too_many(WEBHOOK, f'Eviction triggered evacuation of VMI "{namespace_of(vmi)}/{name_of(vmi)}"')


async def _mark(machinery: Machinery, vmi: Json) -> None:
    patch = {"metadata": {"uid": vmi["metadata"]["uid"]}, "status": {"evacuationNodeName": vmi["status"]["nodeName"]}}
    try:
        new = await machinery.client.patch(VIRTUAL_MACHINE_INSTANCES, name_of(vmi), patch, namespace_of(vmi))
    except KubeError as refused:  # who evicts asks again until the pod is gone
        log.info("%s/%s is not marked for eviction: %s", namespace_of(vmi), name_of(vmi), refused)
        return
    machinery.world.learn(VIRTUAL_MACHINE_INSTANCES, new)
