"""OpenStack -> Kubernetes for flavors, and how a flavor's id is spelt there. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names

Json = dict[str, Any]

PREFIX = "flavor.dicot.io/"


def flavor_ids(instancetype: Json) -> Iterable[str]:
    """Index an instancetype by the id of the flavor that it is."""
    return (names.annotations_of(instancetype).get(f"{PREFIX}id", instancetype["metadata"]["name"]),)
