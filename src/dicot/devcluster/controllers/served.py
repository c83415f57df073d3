"""What the controllers serve through the API server: admission, subresources, upload tokens, serial logs.

The seams are the API server's register_* calls; on a real cluster they would be webhooks and APIServices.
"""

from collections.abc import Callable
from typing import Any

from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.controllers import pod_log
from dicot.devcluster.controllers.cdi import admission as cdi_admission
from dicot.devcluster.controllers.cdi import upload_tokens
from dicot.devcluster.controllers.data_server import Tokens
from dicot.devcluster.controllers.denial import not_imitated
from dicot.devcluster.controllers.kubevirt import admission, calls_app, eviction
from dicot.devcluster.controllers.kubevirt.storage import admission as storage
from dicot.devcluster.controllers.machinery import Machinery
from dicot.kube import Json
from dicot.kube.kinds import VM_RESTORES

NOT_IMITATED = {
    "virtualmachinepools.pool.kubevirt.io": "VirtualMachinePools: make the machines one by one",
    "virtualmachineinstancereplicasets.kubevirt.io": "replica sets of instances: make VirtualMachines",
    "virtualmachinebackups.backup.kubevirt.io": "VirtualMachineBackups: take snapshots",
    "virtualmachinebackuptrackers.backup.kubevirt.io": "VirtualMachineBackupTrackers: take snapshots",
    "dataimportcrons.cdi.kubevirt.io": "DataImportCrons: no registry can be reached",
    "objecttransfers.cdi.kubevirt.io": "ObjectTransfers: clone into the other namespace",
}


def register(api: Any, machinery: Machinery, tokens: Tokens) -> None:
    """Register everything."""
    world = machinery.world

    def restores(namespace: str) -> list[Json]:
        return list(world.all(VM_RESTORES, namespace))

    calls = calls_app.app(machinery)
    for version in calls_app.VERSIONS:
        api.register_api(f"{calls_app.GROUP}/{version}", calls, calls_app.resources())
    api.register_api("upload.cdi.kubevirt.io/v1beta1", upload_tokens.app(machinery, tokens), upload_tokens.resources())
    api.register_kubelet(pod_log.app(machinery))
    api.register_admission("virtualmachines.kubevirt.io", mutate=admission.mutate_vm, validate=admission.validate_vm)
    api.register_admission(
        "virtualmachineinstances.kubevirt.io",
        mutate=admission.mutate_vmi(machinery.clock),
        validate=admission.validate_vmi,
    )
    api.register_admission("datavolumes.cdi.kubevirt.io", validate=cdi_admission.data_volumes(_may_clone(api)))
    api.register_admission("pods", validate=eviction.pods(machinery))
    api.register_admission(
        "virtualmachineinstancemigrations.kubevirt.io",
        mutate=admission.mutate_migration,
        validate=admission.migrations(world),
    )
    api.register_admission("virtualmachinesnapshots.snapshot.kubevirt.io", validate=storage.validate_snapshot)
    api.register_admission(
        "virtualmachinerestores.snapshot.kubevirt.io",
        mutate=storage.default_restore,
        validate=storage.restore_validator(restores),
    )
    for resource, what in NOT_IMITATED.items():
        api.register_admission(resource, validate=_refuse(what))
    api.register_admission("virtualmachineexports.export.kubevirt.io", validate=storage.validate_export)
    api.register_admission(
        "virtualmachineclones.clone.kubevirt.io", mutate=storage.default_clone, validate=storage.validate_clone
    )
    api.register_admission(
        "persistentvolumeclaims",
        mutate=cdi_admission.claim_defaults(world),
        validate=cdi_admission.claim_changes(world),
    )


def _refuse(what: str) -> Callable[[Any], None]:
    """Make the hook that refuses to create what nothing would act on."""

    def validate(review: Any) -> None:
        if review.operation == "CREATE":
            raise not_imitated(what)

    return validate


def _may_clone(api: Any) -> cdi_admission.MayClone:
    """Ask the API server's own authoriser, as a webhook asks by SubjectAccessReview."""

    def may_clone(user: Any, namespace: str, name: str) -> bool:
        source = Ask("create", "cdi.kubevirt.io", "datavolumes", "source", name=name, namespace=namespace)
        pods = Ask("create", "", "pods", namespace=namespace)
        return any(api.allowed(user, ask) for ask in (source, pods))

    return may_clone
