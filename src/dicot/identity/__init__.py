"""Keystone v3: projects are namespaces, role assignments are RoleBindings."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.cluster import by_id
from dicot.identity import (
    absent,
    access_rules,
    application_credentials,
    assignments,
    catalog,
    credentials,
    domains,
    endpoint_filters,
    federation,
    grants,
    groups,
    kinds,
    kubeconfig,
    namespaces,
    oauth2,
    people,
    projects,
    roles,
    scopes,
    tokens,
    trusted,
    trusts,
    users,
    versions,
)
from dicot.identity.assignments.inheritance import by_source
from dicot.identity.authenticator import Authenticator
from dicot.kube.cache import Watched
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, NAMESPACES, ROLE_BINDINGS

__all__ = ["SERVICE", "WATCHED", "Authenticator"]

ROUTES: tuple[Route, ...] = (
    *versions.ROUTES,
    *tokens.ROUTES,
    *scopes.ROUTES,
    *catalog.ROUTES,
    *endpoint_filters.ROUTES,
    *domains.ROUTES,
    *projects.ROUTES,
    *users.ROUTES,
    *groups.ROUTES,
    *application_credentials.ROUTES,
    *access_rules.ROUTES,
    *credentials.ROUTES,
    *roles.ROUTES,
    *assignments.ROUTES,
    *trusts.ROUTES,
    *federation.ROUTES,
    *oauth2.ROUTES,
    *kubeconfig.ROUTES,
    *absent.ROUTES,
)

SERVICE = Service(
    name="identity",
    root="/identity",
    version="/v3",
    catalog=(("identity", "keystone"),),
    routes=ROUTES,
    envelope=errors.keystone,
    forbidden=lambda route: f"You are not authorized to perform the requested action: {route.policy}.",
    malformed="Expecting to find valid JSON in request body. The server could not comply with the request since it is "
    "either malformed or otherwise incorrect. The client is assumed to be in error.",
    lost=errors.flask,
    lost_to_all=True,
    vary="X-Auth-Token",
)

WATCHED: tuple[Watched, ...] = (
    Watched(
        NAMESPACES,
        indexes={
            "project": namespaces.by_project,
            "project-name": namespaces.by_project_name,
            "project-parent": namespaces.by_parent,
        },
    ),
    Watched(
        ROLE_BINDINGS,
        indexes={"subject": grants.by_subject, "place": grants.by_place, "inherited-from": by_source},
    ),
    Watched(
        CLUSTER_ROLE_BINDINGS,
        indexes={"subject": grants.by_subject, "domain-subject": grants.by_domain_subject},
    ),
    Watched(kinds.DOMAINS, indexes={"id": by_id("domain"), "name": people.by_name}),
    Watched(kinds.USERS, indexes={"id": by_id("user"), "name": people.by_domain_and_name}),
    Watched(
        kinds.GROUPS,
        indexes={"id": by_id("group"), "name": people.by_domain_and_name, "member": people.by_member},
    ),
    Watched(
        kinds.APPLICATION_CREDENTIALS,
        indexes={"id": by_id("application-credential"), "user": people.by_user},
    ),
    Watched(kinds.ACCESS_RULES, indexes={"id": by_id("access-rule"), "user": people.by_user}),
    Watched(kinds.IDENTITY_ROLES, indexes={"id": by_id("role"), "name": people.by_name}),
    Watched(
        kinds.TRUSTS,
        indexes={"id": by_id("trust"), "user": trusted.by_user, "redelegated-from": trusted.by_origin},
    ),
    Watched(kinds.KUBERNETES_CREDENTIALS, indexes={"user": people.by_user}),
    Watched(kinds.REVOKED_TOKENS, indexes={"audit": people.by_audit_id}),
)
