"""Where answers differ from a real Cinder's, and why."""

from tests.recordings.compare import EMPTY
from tests.recordings.differences import Listed

_TYPES = "volume types are the StorageClasses of the cluster, and made there"
_UNKNOWN = "Kubernetes does not tell how much room storage has, nor how it is provisioned"

LISTED = (
    Listed(
        "storage belongs to the cluster, not to one of its services",
        ".volume.service_uuid: NoneType, recorded str",
        ("volume-show-latest",),
    ),
    Listed(
        "an answer without a body says nothing of its type",
        EMPTY,
        ("volume-extend", "volume-set-bootable", "volume-readonly", "snapshot-delete"),
    ),
    Listed(_TYPES, "status 403, recorded *", ("type-create", "type-create-409", "type-delete")),
    Listed(
        "volume types have other names here",
        ".quota_set.*_fake1: absent",
        ("quota-set", "quota-set-usage", "quota-set-defaults", "quota-update"),
    ),
    Listed(
        "there is no second type that means the default one",
        ".quota_set.*___DEFAULT__: absent",
        ("quota-set", "quota-set-usage", "quota-set-defaults", "quota-update"),
    ),
    Listed(
        "volume types have other names here",
        ".quota_set.*_fast: added",
        ("quota-set", "quota-set-usage", "quota-set-defaults", "quota-update"),
    ),
    Listed(
        "volume types have other names here",
        ".quota_set.*_local: added",
        ("quota-set", "quota-set-usage", "quota-set-defaults", "quota-update"),
    ),
    Listed(_UNKNOWN, ".pools[].capabilities.*_capacity_gb: *", ("pools",)),
    Listed(_UNKNOWN, ".pools[].capabilities.*_provisioning_support: absent", ("pools",)),
    Listed("there is other storage here", ".pools[].capabilities.multiattach: False, recorded True", ("pools",)),
    Listed("storage is not asked again and again", ".pools[].capabilities.timestamp: absent", ("pools",)),
    Listed("Cinder does not cache images on storage here", ".pools[].capabilities.cacheable: absent", ("pools",)),
)
