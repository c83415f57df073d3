"""Kubernetes -> OpenStack for flavors, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.request import Request
from dicot.compute.flavors.manifest import PREFIX, flavor_ids
from dicot.kube.quantity import mebibytes

Json = dict[str, Any]


def brief(request: Request, instancetype: Json) -> Json:
    """Name a flavor, as the list without details does."""
    facts = names.annotations_of(instancetype)
    (flavor_id,) = flavor_ids(instancetype)
    return {
        "id": flavor_id,
        "name": facts.get(f"{PREFIX}name", instancetype["metadata"]["name"]),
        "links": links(request, flavor_id),
        "description": facts.get(f"{PREFIX}description"),
    }


def flavor(request: Request, instancetype: Json) -> Json:
    """Describe a flavor in full."""
    facts = names.annotations_of(instancetype)
    spec = instancetype["spec"]
    return {
        **brief(request, instancetype),
        "ram": mebibytes(spec["memory"]["guest"]),
        "disk": int(facts.get(f"{PREFIX}root-gb", 0)),
        "swap": int(facts.get(f"{PREFIX}swap-mb", 0)),
        "OS-FLV-EXT-DATA:ephemeral": int(facts.get(f"{PREFIX}ephemeral-gb", 0)),
        "vcpus": spec["cpu"]["guest"],
        "os-flavor-access:is_public": facts.get(f"{PREFIX}is-public", "true") == "true",
        "OS-FLV-DISABLED:disabled": False,
        "rxtx_factor": float(facts.get(f"{PREFIX}rxtx-factor", 1.0)),
        "extra_specs": msgspec.json.decode(facts.get(f"{PREFIX}extra-specs", "{}")),
    }


def links(request: Request, flavor_id: str) -> list[Json]:
    """Link to a flavor, with its version and without."""
    return [
        {"rel": "self", "href": request.url(f"/flavors/{flavor_id}")},
        {"rel": "bookmark", "href": request.root_url(f"/flavors/{flavor_id}")},
    ]
