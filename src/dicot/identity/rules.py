"""Who may call what in Keystone: rules over the caller, and the refusal in Keystone's words."""

from __future__ import annotations

from dicot.api.errors import Forbidden
from dicot.api.policy import Caller
from dicot.api.request import Request
from dicot.identity import grants


def reads_all(caller: Caller) -> bool:
    """Allow administrators of the whole cluster, and readers of the whole system."""
    return caller.cloud_admin or (caller.system and grants.READER in caller.roles)


def reads_domain(caller: Caller) -> bool:
    """Allow also readers of a domain: what they get is cut to that domain."""
    return reads_all(caller) or (bool(caller.domain_id) and grants.READER in caller.roles)


def in_domain(caller: Caller, domain_id: str) -> bool:
    """Tell whether the caller may read what belongs to this domain."""
    return reads_all(caller) or (caller.domain_id == domain_id and grants.READER in caller.roles)


def refused(request: Request) -> Forbidden:
    """Make the 403 of a route."""
    assert request.route is not None
    return Forbidden(request.service.forbidden(request.route), kind="PolicyNotAuthorized")
