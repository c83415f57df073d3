"""Where answers differ from a real Glance's, and why."""

from tests.recordings.compare import EMPTY
from tests.recordings.differences import Listed

_STORES = "there is one store, so that nothing is said of stores"

LISTED = (
    Listed(
        "an answer without a body says nothing of its type",
        EMPTY,
        (
            "image-upload",
            "image-tag-add",
            "image-tag-del",
            "image-deactivate",
            "image-reactivate",
            "image-delete",
        ),
    ),
    Listed(_STORES, "status 404, recorded 200", ("info-stores",)),
    Listed(_STORES, ".stores: absent", ("image-show", "image-patch", "image-patch-remove", "image-protect")),
    Listed(
        _STORES,
        ".images[].stores: absent",
        (
            "images-list-filter-name",
            "images-list-filter-prop",
            "images-list-filter-tag",
            "images-list-visibility",
            "images-list-size",
        ),
    ),
    Listed(
        "the order of images made in the same second is chance",
        ".images[].*",
        ("images-list", "images-list-limit", "images-list-next"),
        sometimes=True,
    ),
)
