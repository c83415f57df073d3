"""OpenStack -> Kubernetes for flavors, and how a flavor's facts are spelt there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.compute import annotated
from dicot.compute import parameters as p
from dicot.compute.flavors import compiled

Json = dict[str, Any]

PREFIX = "flavor.dicot.io/"
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_NAME_MAX = 63
"""KubeVirt writes an instancetype's name into labels' values."""


def flavor_ids(instancetype: Json) -> Iterable[str]:
    """Index an instancetype by the id of the flavor that it is."""
    return (flavor_id(instancetype),)


def flavor_id(instancetype: Json) -> str:
    """Return the id of a flavor."""
    return names.annotations_of(instancetype).get(f"{PREFIX}id", instancetype["metadata"]["name"])


def flavor_name(instancetype: Json) -> str:
    """Return the name of a flavor."""
    return names.annotations_of(instancetype).get(f"{PREFIX}name", instancetype["metadata"]["name"])


def is_public(instancetype: Json) -> bool:
    """Tell whether every project may use a flavor."""
    return names.annotations_of(instancetype).get(f"{PREFIX}is-public", "true") == "true"


def projects(instancetype: Json) -> list[str]:
    """List the projects that a private flavor is for."""
    return annotated.strings(instancetype, f"{PREFIX}projects")


def extra_specs(instancetype: Json) -> dict[str, str]:
    """Return a flavor's extra specs, as they were written."""
    return annotated.texts(instancetype, f"{PREFIX}extra-specs")


def size(instancetype: Json, name: str) -> int:
    """Return the size of one of a flavor's disks, in the unit that the annotation's name says; 0 for none."""
    return annotated.integer(instancetype, f"{PREFIX}{name}") or 0


def object_name(name: str) -> str:
    """Name the instancetype: as the flavor where Kubernetes can spell it so, else readable and unique."""
    if len(name) <= _NAME_MAX and _SUBDOMAIN.fullmatch(name):
        return name
    return names.object_name(name)


def instancetype(asked: Json) -> Json:
    """Write a flavor as the instancetype it is to be."""
    kube_name = object_name(asked["name"])
    facts = {
        "id": str(asked.get("id") or names.new_id()),
        "name": asked["name"],
        "root-gb": str(int(asked["disk"])),
        "ephemeral-gb": str(int(asked.get("OS-FLV-EXT-DATA:ephemeral", 0))),
        "swap-mb": str(int(asked.get("swap", 0))),
        "rxtx-factor": str(float(asked.get("rxtx_factor", 1.0))),
        "is-public": "true" if p.truth(asked.get("os-flavor-access:is_public", True)) else "false",
    }
    usual = {"name": kube_name, "id": kube_name, "ephemeral-gb": "0", "swap-mb": "0", "rxtx-factor": "1.0"}
    usual["is-public"] = "true"
    if asked.get("description") is not None:
        facts["description"] = asked["description"]
    return {
        "apiVersion": "instancetype.kubevirt.io/v1beta1",
        "kind": "VirtualMachineClusterInstancetype",
        "metadata": {
            "name": kube_name,
            "labels": names.MANAGED_BY,
            "annotations": {f"{PREFIX}{key}": value for key, value in facts.items() if usual.get(key) != value},
        },
        "spec": {"cpu": {"guest": int(asked["vcpus"])}, "memory": {"guest": f"{int(asked['ram'])}Mi"}},
    }


def made_up(vcpus: int, ram_mib: int) -> Json:
    """Describe the instancetype that a machine without one might have been made of, as a flavor to look at."""
    facts = {f"{PREFIX}name": "custom", f"{PREFIX}is-public": "false"}
    return {
        "metadata": {"name": f"custom-{vcpus}-{ram_mib}", "annotations": facts},
        "spec": {"cpu": {"guest": vcpus}, "memory": {"guest": f"{ram_mib}Mi"}},
    }


def described(description: str | None) -> Json:
    """Change a flavor's description; None takes it away."""
    return {"metadata": {"annotations": {f"{PREFIX}description": description}}}


def specified(current: Json, specs: dict[str, str]) -> Json:
    """Change a flavor's extra specs, and of the instancetype only what they meant and what they mean now."""
    text = annotated.encoded(specs) if specs else None
    change: Json = {"metadata": {"annotations": {f"{PREFIX}extra-specs": text}}}
    spec = compiled.difference(compiled.fields(extra_specs(current)), compiled.fields(specs))
    return {**change, "spec": spec} if spec else change


def granted(allowed: list[str]) -> Json:
    """Change which projects a private flavor is for."""
    text = annotated.encoded(sorted(allowed)) if allowed else None
    return {"metadata": {"annotations": {f"{PREFIX}projects": text}}}
