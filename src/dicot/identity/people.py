"""Users, groups, domains and application credentials as they are found in the caches. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.identity.kinds import APPLICATION_CREDENTIALS, DOMAINS, GROUPS, USERS
from dicot.kube.kinds import Kind

Json = dict[str, Any]


def _one(cluster: Cluster, kind: Kind, index: str, key: str) -> Json | None:
    found = cluster.cache(kind).find(index, key)
    return found[0] if found else None


def user(cluster: Cluster, user_id: str) -> Json | None:
    """Return the user of an id."""
    return _one(cluster, USERS, "id", user_id)


def user_named(cluster: Cluster, domain_id: str, name: str) -> Json | None:
    """Return the user of a name in a domain."""
    return _one(cluster, USERS, "name", f"{domain_id}/{name}")


def group(cluster: Cluster, group_id: str) -> Json | None:
    """Return the group of an id."""
    return _one(cluster, GROUPS, "id", group_id)


def group_named(cluster: Cluster, domain_id: str, name: str) -> Json | None:
    """Return the group of a name in a domain."""
    return _one(cluster, GROUPS, "name", f"{domain_id}/{name}")


def groups_of(cluster: Cluster, user_id: str) -> list[Json]:
    """Return the groups that a user is in."""
    return cluster.cache(GROUPS).find("member", user_id)


def domain(cluster: Cluster, domain_id: str) -> Json | None:
    """Return the domain of an id."""
    return _one(cluster, DOMAINS, "id", domain_id)


def domain_named(cluster: Cluster, name: str) -> Json | None:
    """Return the domain of a name."""
    return _one(cluster, DOMAINS, "name", name)


def application_credential(cluster: Cluster, credential_id: str) -> Json | None:
    """Return the application credential of an id."""
    return _one(cluster, APPLICATION_CREDENTIALS, "id", credential_id)


def application_credentials_of(cluster: Cluster, user_id: str) -> list[Json]:
    """Return the application credentials of a user."""
    return cluster.cache(APPLICATION_CREDENTIALS).find("user", user_id)


def enabled(obj: Json | None) -> bool:
    """Tell whether a user or domain exists and is enabled."""
    return obj is not None and obj["spec"].get("enabled", True) and "deletionTimestamp" not in obj["metadata"]


def usable(cluster: Cluster, user: Json | None) -> bool:
    """Tell whether a user may log in: it and its domain are enabled."""
    return enabled(user) and user is not None and enabled(domain(cluster, domain_id_of(user)))


def name_of(obj: Json) -> str:
    """Return the name of a user, group, domain or application credential."""
    return obj["spec"].get("name") or obj["metadata"]["name"]


def domain_id_of(obj: Json) -> str:
    """Return the domain id of a user or group."""
    return obj["spec"].get("domainId", "default")


def by_name(obj: Json) -> Iterable[str]:
    """Index a domain by name."""
    return (name_of(obj),)


def by_domain_and_name(obj: Json) -> Iterable[str]:
    """Index a user or group by `domain id/name`."""
    return (f"{domain_id_of(obj)}/{name_of(obj)}",)


def by_member(obj: Json) -> Iterable[str]:
    """Index a group by the ids of its members."""
    return obj["spec"].get("members") or ()


def by_user(obj: Json) -> Iterable[str]:
    """Index an application or Kubernetes credential by the id of its user."""
    return (obj["spec"]["userId"],)


def by_audit_id(obj: Json) -> Iterable[str]:
    """Index a revoked token by its audit id."""
    return (obj["spec"]["auditId"],)


def domain_view(cluster: Cluster, domain_id: str) -> Json:
    """Return {id, name} of a domain, as tokens and role assignments show it."""
    found = domain(cluster, domain_id)
    return {"id": domain_id, "name": name_of(found) if found else domain_id}


def user_id_of(obj: Json) -> str:
    """Return the id of a user."""
    return names.identity_of(obj, "user")


def domain_id(obj: Json) -> str:
    """Return the id of a domain."""
    return names.identity_of(obj, "domain")


def group_id_of(obj: Json) -> str:
    """Return the id of a group."""
    return names.identity_of(obj, "group")


def credential_id_of(obj: Json) -> str:
    """Return the id of an application credential."""
    return names.identity_of(obj, "application-credential")
