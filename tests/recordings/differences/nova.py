"""Where answers differ from a real Nova's, and why."""

from tests.recordings.compare import EMPTY
from tests.recordings.differences import Listed

_NOT_SERVED = "not served yet"
_FOLLOWS = "follows from an action that is not served yet"
_BUILT = "built before it is shown"
_PASSWORD = "no password is made that would not reach the guest, as with enable_instance_password = False"
_NODES = "the cluster's nodes have names of their own"
_PROCESSOR = "nodes tell the processor's architecture, model and features only"
_DETAIL = (
    "hypervisors-detail-mv2.28",
    "hypervisors-detail-mv2.33",
    "hypervisors-detail-mv2.53",
    "hypervisors-detail-mv2.79",
)

_NO_MEMORY_KEPT = "KubeVirt keeps the memory of no guest, so that none is suspended"

_NONE_MOVED = "cold migrations are refused, so that none is listed"

LISTED = (
    Listed(_NONE_MOVED, ".migrations: empty", ("migrations",)),
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
    Listed("what came before v2.1 is not served", "status 401, recorded 200", ("v2",)),
    Listed(_NODES, ".availabilityZoneInfo[].hosts.*: absent", ("az-detail",)),
    Listed(_NODES, ".availabilityZoneInfo[].hosts.*: added", ("az-detail",)),
    Listed(
        _PASSWORD,
        ".server.adminPass: absent",
        (
            "server-create-2.1",
            "server-create-2.26",
            "server-create-2.47",
            "server-create-2.53",
            "server-create-2.79",
            "server-create-2.90",
            "server-create-latest",
            "server-create-net-none",
            "server-create-bfv",
        ),
    ),
    Listed(_PASSWORD, ".adminPass: absent", ("action-rescue",)),
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
    Listed("security groups are known at once", ".server.security_groups: added", ("server-show-building",)),
    Listed(
        _NOT_SERVED,
        "status 501, recorded *",
        (
            "action-suspend",
            "action-change-password",
            "action-rebuild",
            "action-rebuild-latest",
            "action-migrate",
            "os-interface-attach",
            "os-interface-detach",
        ),
    ),
    Listed(
        _NOT_SERVED,
        "status 404, recorded *",
        (
            "server-diagnostics-403",
            "server-diagnostics",
            "floating-ips-proxy",
            "security-groups-proxy",
            "networks-proxy",
            "aggregates",
            "aggregate-create",
            "aggregate-delete",
        ),
    ),
    Listed(_FOLLOWS, "status 404, recorded 200", ("os-interface-show",)),
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
