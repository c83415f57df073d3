"""Services, endpoints and regions as Keystone shows them. Pure."""

from __future__ import annotations

from typing import Any

from dicot.identity.catalog.entries import INTERFACES, Entry, endpoint_id

Json = dict[str, Any]


def service(entry: Entry, url: str) -> Json:
    """Show a service; `url` is where services are found."""
    return {
        "description": f"OpenStack {entry.name}",
        "name": entry.name,
        "id": entry.id,
        "type": entry.type,
        "enabled": True,
        "links": {"self": f"{url}/{entry.id}"},
    }


def endpoints(entry: Entry, prefix: str, url: str) -> list[Json]:
    """Show the three endpoints of a service; `url` is where endpoints are found."""
    return [_endpoint(entry, interface, prefix, url) for interface in INTERFACES]


def _endpoint(entry: Entry, interface: str, prefix: str, url: str) -> Json:
    identity = endpoint_id(entry, interface)
    return {
        "id": identity,
        "interface": interface,
        "region_id": entry.region,
        "service_id": entry.id,
        "url": entry.url(prefix, "%(project_id)s"),
        "enabled": True,
        "region": entry.region,
        "links": {"self": f"{url}/{identity}"},
    }


def region(name: str, url: str) -> Json:
    """Show the region; `url` is where regions are found."""
    return {"id": name, "description": "", "parent_region_id": None, "links": {"self": f"{url}/{name}"}}
