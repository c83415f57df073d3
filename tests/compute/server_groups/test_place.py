"""What a group's policy makes of its members' affinity."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.compute.server_groups import manifest

Json = dict[str, Any]
GROUP_ID = "0a0b3b6e-6d8c-4f3e-9a45-4b6e2f1f4a10"
TERM = {
    "labelSelector": {"matchLabels": {"dicot.io/server-group": GROUP_ID}},
    "topologyKey": "kubernetes.io/hostname",
}
REQUIRED = {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}
PREFERRED = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": TERM}]}


def group(policy: str, **rules: Any) -> Json:
    made = manifest.server_group(GROUP_ID, {"name": "g", "policy": policy, "rules": rules}, "u")
    made["metadata"]["uid"] = "u-1"
    return made


@pytest.mark.parametrize(
    ("policy", "affinity"),
    [
        ("affinity", {"podAffinity": REQUIRED}),
        ("anti-affinity", {"podAntiAffinity": REQUIRED}),
        ("soft-affinity", {"podAffinity": PREFERRED}),
        ("soft-anti-affinity", {"podAntiAffinity": PREFERRED}),
    ],
)
def test_each_policy_is_an_affinity(policy: str, affinity: Json):
    place = manifest.place(group(policy), [])
    assert place.labels == {"dicot.io/server-group": GROUP_ID}
    assert place.affinity == affinity


def test_members_fill_the_seats_evenly():
    apart = group("anti-affinity", max_server_per_host=3)
    members: list[Json] = []
    for _ in range(7):
        members.append({"metadata": {"labels": manifest.place(apart, members).labels}})
    seats = [one["metadata"]["labels"]["dicot.io/server-group-seat"] for one in members]
    assert sorted(seats) == ["0", "0", "0", "1", "1", "2", "2"]


def test_one_a_host_needs_no_seats():
    assert "dicot.io/server-group-seat" not in manifest.place(group("anti-affinity", max_server_per_host=1), []).labels
