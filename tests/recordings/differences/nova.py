"""Where answers differ from a real Nova's, and why."""

from tests.recordings.compare import EMPTY
from tests.recordings.differences import Listed

_NOT_SERVED = "not served yet"
_BUILT = "built before it is shown"
_PLUGGED = "KubeVirt moves a guest that gets an interface while it runs"
_NODES = "the cluster's nodes have names of their own"
_PROCESSOR = "nodes tell the processor's architecture, model and features only"
_DETAIL = (
    "hypervisors-detail-mv2.28",
    "hypervisors-detail-mv2.33",
    "hypervisors-detail-mv2.53",
    "hypervisors-detail-mv2.79",
)

_NO_MEMORY_KEPT = "KubeVirt keeps the memory of no guest, so that none is suspended"

_NONE_MOVED = "cold migrations are refused, so that none is listed; live ones are done"

LISTED = (
    Listed(_PLUGGED, "status 409, recorded 202", ("os-interface-detach",), sometimes=True),
    Listed("an answer without a body says nothing of its type", EMPTY, ("os-interface-detach",), sometimes=True),
    Listed(_PLUGGED, ".migrations[].dest_*: str, recorded NoneType", ("migrations",)),
    Listed(_PLUGGED, ".migrations[].*_instance_type_id: NoneType, recorded number", ("migrations",)),
    Listed(_PLUGGED, ".migrations[].status: *, recorded 'error'", ("migrations",)),
    Listed("an aggregate's number is made of its UUID", "status 404, recorded 200", ("aggregate-delete",)),
    Listed(_NONE_MOVED, ".migrations_links: absent", ("migrations",)),
    Listed(_NO_MEMORY_KEPT, "status 409, recorded 202", ("action-resume",)),
    Listed(
        "the order of servers made in the same second is chance",
        ".servers*",
        ("servers-list-next",),
        sometimes=True,
    ),
    Listed(
        "an answer without a body says nothing of its type",
        EMPTY,
        (
            "flavor-delete",
            "keypair-delete-2.1",
            "server-metadata-item-delete",
            "server-tag-put",
            "action-stop",
            "action-start",
            "action-change-password",
            "action-reboot-soft",
            "action-reboot-hard",
            "action-pause",
            "action-unpause",
            "action-lock",
            "action-lock-reason-2.73",
            "action-unlock",
            "action-unrescue",
            "action-create-image-2.1",
            "action-reset-state",
            "action-resize",
            "action-confirm-resize",
            "action-shelve",
            "action-unshelve",
            "voldetach",
            "server-delete-bfv",
            "server-delete",
            "sgroup-delete",
        ),
    ),
    Listed("the list of versions is answered in the oldest", "header openstack-api-version: *", ("root",)),
    Listed("the list of versions is answered in the oldest", "header x-openstack-nova-api-version: *", ("root",)),
    Listed(_NODES, ".availabilityZoneInfo[].hosts.*: absent", ("az-detail",)),
    Listed(_NODES, ".availabilityZoneInfo[].hosts.*: added", ("az-detail",)),
    Listed(
        "the instance, which tells when it was launched, is gone",
        ".server.OS-SRV-USG:launched_at: NoneType, recorded str",
        ("server-show-shelved",),
    ),
    Listed(_BUILT, ".server.addresses.gnet: added", ("server-show-building",)),
    Listed(_BUILT, ".server.status: 'ACTIVE', recorded 'BUILD'", ("server-show-building",)),
    Listed(_BUILT, ".server.OS-EXT-STS:task_state: None, recorded 'scheduling'", ("server-show-building",)),
    Listed(_BUILT, ".server.OS-EXT-STS:vm_state: 'active', recorded 'building'", ("server-show-building",)),
    Listed(_BUILT, ".server.OS-EXT-STS:power_state: 1, recorded 0", ("server-show-building",)),
    Listed(_BUILT, ".server.OS-SRV-USG:launched_at: str, recorded NoneType", ("server-show-building",)),
    Listed(
        "user data may hold secrets, so that it is kept in a Secret and not shown",
        ".server.OS-EXT-SRV-ATTR:user_data: NoneType, recorded str",
        ("server-show-admin-latest",),
    ),
    Listed(
        "user data may hold secrets, so that it is kept in a Secret and not shown",
        ".server.user_data: NoneType, recorded str",
        ("action-rebuild-latest",),
    ),
    Listed("security groups are known at once", ".server.security_groups: added", ("server-show-building",)),
    Listed(
        _NOT_SERVED,
        "status 501, recorded *",
        (
            "action-suspend",
            "action-migrate",
        ),
    ),
    Listed(
        _NOT_SERVED,
        "status 404, recorded *",
        (
            "server-diagnostics-403",
            "server-diagnostics",
        ),
    ),
    Listed(
        "the events of an action are not told yet",
        ".instanceAction.events: empty",
        (
            "instance-action-show-mv2.51",
            "instance-action-show-mv2.58",
            "instance-action-show-mv2.62",
            "instance-action-show-mv2.84",
            "instance-action-show-admin",
        ),
    ),
    Listed(_PROCESSOR, ".hypervisors[].cpu_info.vendor: absent", _DETAIL),
    Listed(_PROCESSOR, ".hypervisors[].cpu_info.features: empty", _DETAIL),
    Listed(_PROCESSOR, ".hypervisors[].cpu_info.topology.*: absent", _DETAIL),
)
