"""The catalog as data: which services there are, and the URL of each as the client spells the host. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from dicot import names
from dicot.api.route import Service

Json = dict[str, Any]

INTERFACES = ("admin", "internal", "public")
_UNVERSIONED = frozenset({"image", "network"})
"""Clients append `/v2` and `/v2.0` to these themselves (gophercloud does so without asking)."""
_OF_A_PROJECT = frozenset({"volumev3", "block-storage"})
"""Cinder's clients still expect the project in the path."""


class Entry(msgspec.Struct, frozen=True):
    """One service of the catalog; `path` may hold a place for the project id."""

    id: str
    type: str
    name: str
    path: str
    region: str

    def url(self, prefix: str, project_id: str) -> str | None:
        """Return the URL, or None where a project is needed and the token has none."""
        if not self.of_a_project:
            return f"{prefix}{self.path}"
        return f"{prefix}{self.path}/{project_id}" if project_id else None

    @property
    def of_a_project(self) -> bool:
        """Tell whether the URL ends in the project id."""
        return self.type in _OF_A_PROJECT


def entries(services: Iterable[Service], region: str) -> tuple[Entry, ...]:
    """Describe the services as the catalog shows them."""
    return tuple(
        Entry(
            id=names.derived_hex("service", kind),
            type=kind,
            name=name,
            path=service.root if kind in _UNVERSIONED else f"{service.root}{service.version}",
            region=region,
        )
        for service in services
        for kind, name in service.catalog
    )


def endpoint_id(entry: Entry, interface: str) -> str:
    """Return the id of one interface of a service."""
    return names.derived_hex("endpoint", entry.type, interface)


def catalog(found: Iterable[Entry], prefix: str, project_id: str) -> list[Json]:
    """Return the catalog of a token: endpoints that need a project are left out without one, as Keystone does."""
    return [
        {"endpoints": _endpoints(entry, prefix, project_id), "id": entry.id, "type": entry.type, "name": entry.name}
        for entry in found
    ]


def _endpoints(entry: Entry, prefix: str, project_id: str) -> list[Json]:
    url = entry.url(prefix, project_id)
    if url is None:
        return []
    return [
        {
            "id": endpoint_id(entry, interface),
            "interface": interface,
            "region_id": entry.region,
            "url": url,
            "region": entry.region,
        }
        for interface in INTERFACES
    ]
