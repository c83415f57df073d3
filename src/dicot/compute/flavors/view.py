"""Kubernetes -> OpenStack for flavors, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.request import Request
from dicot.compute import annotated
from dicot.compute.flavors import changes, manifest
from dicot.compute.flavors.manifest import PREFIX
from dicot.kube.quantity import mebibytes

Json = dict[str, Any]


def brief(request: Request, instancetype: Json) -> Json:
    """Name a flavor, as the list without details does."""
    flavor_id = manifest.flavor_id(instancetype)
    return {
        "id": flavor_id,
        "name": manifest.flavor_name(instancetype),
        "links": links(request, flavor_id),
        "description": names.annotations_of(instancetype).get(f"{PREFIX}description"),
    }


def flavor(request: Request, instancetype: Json) -> Json:
    """Describe a flavor in full."""
    view = {
        **brief(request, instancetype),
        **sizes(instancetype),
        "os-flavor-access:is_public": manifest.is_public(instancetype),
        "extra_specs": manifest.extra_specs(instancetype),
    }
    if request.before(changes.SHOWS_WHAT_IT_HAS):
        view |= {"rxtx_factor": rxtx_factor(instancetype), "OS-FLV-DISABLED:disabled": False}
    return view


def sizes(instancetype: Json) -> Json:
    """Tell how large a flavor's servers are: MiB of memory and swap, GiB of disks."""
    spec = instancetype["spec"]
    return {
        "ram": mebibytes(spec["memory"]["guest"]),
        "disk": manifest.size(instancetype, "root-gb"),
        "swap": manifest.size(instancetype, "swap-mb"),
        "OS-FLV-EXT-DATA:ephemeral": manifest.size(instancetype, "ephemeral-gb"),
        "vcpus": spec["cpu"]["guest"],
    }


def rxtx_factor(instancetype: Json) -> float:
    """Return the factor that versions before 2.102 show; it never meant anything to a hypervisor."""
    return annotated.decimal(instancetype, f"{PREFIX}rxtx-factor", 1.0)


def links(request: Request, flavor_id: str) -> list[Json]:
    """Link to a flavor, with its version and without."""
    return [
        {"rel": "self", "href": request.url(f"/flavors/{flavor_id}")},
        {"rel": "bookmark", "href": request.root_url(f"/flavors/{flavor_id}")},
    ]
