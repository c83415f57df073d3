"""Handlers of extra specs: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.extra_specs import changes, known
from dicot.compute.flavors import lookup, manifest

Json = dict[str, Any]

VALUE_LENGTH_MAX = 255


def _specs(request: Request, cluster: Cluster) -> dict[str, str]:
    return manifest.extra_specs(lookup.shown(cluster, request.caller, request.params["flavor_id"]))


def _missing(flavor_id: str, key: str) -> NotFound:
    return NotFound(f"Flavor {flavor_id} has no extra specs with key {key}.")


def _checked(request: Request, asked: Json) -> dict[str, str]:
    """Return the extra specs as text; 400 for what is too long or, since 2.86, is known not to fit."""
    specs = {key: str(value) for key, value in asked.items()}
    for key, value in specs.items():
        if len(value) > VALUE_LENGTH_MAX:
            raise BadRequest(
                f"Invalid input received: extra_specs value has {len(value)} characters, more than {VALUE_LENGTH_MAX}."
            )
        if not request.before(changes.VALUES_ARE_CHECKED):
            known.check(key, value)
    return specs


async def _add(request: Request, cluster: Cluster, specs: dict[str, str]) -> None:
    await lookup.change(
        cluster,
        request.caller,
        request.params["flavor_id"],
        lambda flavor: manifest.specified(flavor, {**manifest.extra_specs(flavor), **specs}),
    )


async def index(request: Request, cluster: Cluster) -> Response:
    """List a flavor's extra specs."""
    return Response({"extra_specs": _specs(request, cluster)})


async def create(request: Request, cluster: Cluster) -> Response:
    """Add extra specs to a flavor; those of the same name are replaced."""
    await _add(request, cluster, _checked(request, request.body["extra_specs"]))
    return Response(request.body)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one extra spec."""
    specs, key = _specs(request, cluster), request.params["key"]
    if key not in specs:
        raise _missing(request.params["flavor_id"], key)
    return Response({key: specs[key]})


async def update(request: Request, cluster: Cluster) -> Response:
    """Set one extra spec, the one in the path."""
    specs = _checked(request, request.body)
    if request.params["key"] not in specs:
        raise BadRequest("Request body and URI mismatch")
    await _add(request, cluster, specs)
    return Response(request.body)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Take one extra spec away."""
    flavor_id, key = request.params["flavor_id"], request.params["key"]

    def decide(flavor: Json) -> Json:
        specs = manifest.extra_specs(flavor)
        if key not in specs:
            raise _missing(flavor_id, key)
        return manifest.specified(flavor, {name: value for name, value in specs.items() if name != key})

    await lookup.change(cluster, request.caller, flavor_id, decide)
    return Response(None)
