"""Who may call what: rules over the caller's roles, and the names OpenStack's policies give them.

Kubernetes RBAC has the last word on writes; these rules guard what the cache answers and what Dicot does itself.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """Who asks: what a token says, with roles as the role bindings are now.

    `cloud_admin` is true for a bearer of the admin role over the whole cluster: only such a one sees every project.
    `kube_user`, `kube_groups` and `kube_extra` are the identity that writes go out with.
    `methods`, `trust_id` and `application_credential_id` tell how it was proved, and on whose behalf one acts.
    """

    user_id: str
    user_name: str
    user_domain_id: str
    kube_user: str
    kube_groups: tuple[str, ...]
    roles: frozenset[str] = frozenset()
    cloud_admin: bool = False
    project_id: str = ""
    project_name: str = ""
    project_domain_id: str = ""
    namespace: str = ""
    domain_id: str = ""
    system: bool = False
    token_id: str = ""
    kube_extra: tuple[tuple[str, str], ...] = ()
    methods: tuple[str, ...] = ()
    trust_id: str = ""
    application_credential_id: str = ""


Rule = Callable[[Caller], bool]


def anyone(caller: Caller) -> bool:
    """Allow every valid token, also an unscoped one."""
    return True


def reader(caller: Caller) -> bool:
    """Allow whoever may read in the scope of the token."""
    return "reader" in caller.roles


def member(caller: Caller) -> bool:
    """Allow whoever may change things in the scope of the token."""
    return "member" in caller.roles


def cloud_admin(caller: Caller) -> bool:
    """Allow administrators of the whole cluster."""
    return caller.cloud_admin


def default(method: str) -> Rule:
    """Choose the rule of a route that names none: read with reader, write with member."""
    return reader if method in {"GET", "HEAD"} else member
