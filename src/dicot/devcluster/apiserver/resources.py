"""What a resource is (group, version, plural, kind, scope, schema) and the registry of those that are served.

Built-in kinds never change; custom ones come and go with their CustomResourceDefinition.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from dicot.devcluster.apiserver.structural import Node

Json = dict[str, Any]
ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Column(msgspec.Struct, frozen=True):
    """One column of a Table."""

    name: str
    type: str
    path: str
    description: str = ""
    priority: int = 0
    format: str = ""


class Resource(msgspec.Struct, frozen=True, eq=False):
    """One resource at one version."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    custom: bool = False
    schema: Json | None = None
    structure: Node | None = None
    """The schema, as writes read it."""
    scale: Json | None = None
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ()
    storage_version: str = ""
    generation: bool = True
    returns_deleted: bool = False
    kept_as: tuple[str, str] | None = None
    """The group and version under which a built-in kind is stored, where they are not its own."""

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored_api_version(self) -> str:
        """The `apiVersion` under which its objects are kept."""
        group, version = self.kept_as or (self.group, self.storage_version or self.version)
        return f"{group}/{version}" if group else version

    @property
    def bucket(self) -> tuple[str, str]:
        """The store's name for it, the same for every version."""
        return (self.kept_as[0] if self.kept_as else self.group, self.plural)

    @property
    def qualified(self) -> str:
        """`plural.group`, as errors show it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """`Kind.group`, as errors show it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def has_status(self) -> bool:
        """Whether status is written through its own subresource."""
        return "status" in self.subresources


class Registry:
    """All resources that are served, by group, version and plural."""

    def __init__(self, built_in: Iterable[Resource]) -> None:
        self._by_path: dict[tuple[str, str, str], Resource] = {}
        self._preferred: dict[tuple[str, str], Resource] = {}
        for resource in built_in:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        """Serve a resource, in place of an earlier one of the same path."""
        self._by_path[resource.group, resource.version, resource.plural] = resource
        kept = self._preferred.get(resource.bucket)
        if resource.kept_as and resource.api_version != resource.stored_api_version:
            return
        if kept is None or kept.version == resource.version or resource.version == resource.storage_version:
            self._preferred[resource.bucket] = resource

    def remove(self, bucket: tuple[str, str]) -> None:
        """Stop serving every version of a resource."""
        for path in [p for p in self._by_path if (p[0], p[2]) == bucket]:
            del self._by_path[path]
        self._preferred.pop(bucket, None)

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """Return the resource at this path."""
        return self._by_path.get((group, version, plural))

    def of_bucket(self, bucket: tuple[str, str]) -> Resource | None:
        """Return the version in which objects of this bucket are kept."""
        return self._preferred.get(bucket)

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource whose objects say this apiVersion and kind."""
        for resource in self._by_path.values():
            if resource.kind == kind and resource.api_version == api_version:
                return resource
        return None

    def all(self) -> list[Resource]:
        """Return every resource at every version."""
        return list(self._by_path.values())

    def buckets(self) -> list[Resource]:
        """Return every resource once."""
        return list(self._preferred.values())

    def in_group_version(self, group: str, version: str) -> list[Resource]:
        """Return the resources of one group and version, by name."""
        found = [r for r in self._by_path.values() if (r.group, r.version) == (group, version)]
        return sorted(found, key=lambda r: r.plural)

    def versions(self, group: str) -> list[str]:
        """Return the versions of a group, the preferred first."""
        return sorted({r.version for r in self._by_path.values() if r.group == group}, key=_version_rank)

    def groups(self) -> list[str]:
        """Return the names of all groups but the core one."""
        return sorted({r.group for r in self._by_path.values() if r.group})


def _version_rank(version: str) -> tuple[int, int, int]:
    """Order v2, v1, v1beta2, v1beta1, v1alpha1 as Kubernetes prefers them."""
    for rank, word in enumerate(("alpha", "beta")):
        if word in version:
            major, _, minor = version[1:].partition(word)
            return (2 - rank, -int(major or 0), -int(minor or 0))
    return (0, -int(version[1:]) if version[1:].isdigit() else 0, 0)
