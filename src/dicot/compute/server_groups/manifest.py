"""OpenStack -> Kubernetes for server groups: the object, and what its policy makes of a member's affinity. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from dicot import names
from dicot.compute.kinds import SERVER_GROUPS

Json = dict[str, Any]

NOUN = "server-group"
MEMBER = "dicot.io/server-group"
"""Label of a member: the id of its group."""
SEAT = "dicot.io/server-group-seat"
"""Label of a member where a host may hold several: two of one seat never share a host."""
AFFINITY, ANTI_AFFINITY = "affinity", "anti-affinity"
_HOST = "kubernetes.io/hostname"
_SOFT_WEIGHT = 100
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class Place(msgspec.Struct, frozen=True):
    """What being in a group means for one member: labels of its machine, and affinity of its pod."""

    labels: dict[str, str] = {}
    affinity: dict[str, Any] = {}


NOWHERE = Place()


def server_group(group_id: str, asked: Json, user_id: str) -> Json:
    """Describe the ServerGroup that this is."""
    spec = {"name": asked["name"], "policy": asked["policy"], "userId": user_id}
    most = (asked.get("rules") or {}).get("max_server_per_host")
    if most is not None:
        spec["maxServersPerHost"] = int(most)
    return {
        "apiVersion": SERVER_GROUPS.api_version,
        "kind": SERVER_GROUPS.kind,
        "metadata": {
            "name": names.object_name(asked["name"]),
            "labels": {names.id_label(NOUN): group_id, **names.MANAGED_BY},
        },
        "spec": spec,
    }


def place(group: Json, members: Iterable[Json]) -> Place:
    """Place one more member beside those there are."""
    group_id, policy = names.identity_of(group, NOUN), group["spec"]["policy"]
    labels = {MEMBER: group_id}
    most = group["spec"].get("maxServersPerHost", 1)
    if policy == ANTI_AFFINITY and most > 1:
        labels[SEAT] = str(_emptiest(members, most))
    kind = "podAffinity" if policy.removeprefix("soft-") == AFFINITY else "podAntiAffinity"
    term: Json = {"labelSelector": {"matchLabels": labels}, "topologyKey": _HOST}
    if policy.startswith("soft-"):
        return Place(labels, {kind: {_PREFERRED: [{"weight": _SOFT_WEIGHT, "podAffinityTerm": term}]}})
    return Place(labels, {kind: {_REQUIRED: [term]}})


def _emptiest(members: Iterable[Json], seats: int) -> int:
    """Choose the seat that fewest members have, so that as many hosts as can be are filled."""
    taken = [names.labels_of(member).get(SEAT) for member in members]
    return min(range(seats), key=lambda seat: (taken.count(str(seat)), seat))
