"""Where answers differ from a real Placement's, and why."""

from tests.recordings.differences import Listed

_NO_DISK = "the development cluster's nodes offer no disk of their own"

LISTED = (
    Listed(_NO_DISK, ".inventories.DISK_GB: absent", ("inventories",)),
    Listed(_NO_DISK, ".usages.DISK_GB: absent", ("usages",)),
    Listed(_NO_DISK, ".allocation_requests: empty", ("allocation-candidates",)),
    Listed(_NO_DISK, ".provider_summaries.*: absent", ("allocation-candidates",)),
    Listed(
        "a refused version is named in the header, too, as Nova names it",
        "header openstack-api-version: placement 1.999, recorded None",
        ("bad-microversion-406",),
    ),
)
