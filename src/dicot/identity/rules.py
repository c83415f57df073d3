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


PRIMARY = frozenset({"password", "token", "external", "mapped", "openid", "saml2", "x509", "kerberos", "totp"})
"""Ways to prove who one is; what was proved otherwise stands for a part of a user's rights only."""


def delegated_method(caller: Caller) -> bool:
    """Tell whether a token was made from something that stands for less than its user."""
    return not caller.methods or not PRIMARY.issuperset(caller.methods)


def validates(caller: Caller) -> bool:
    """Allow administrators, and services that check what others show them."""
    return caller.cloud_admin or grants.SERVICE in caller.roles


def check_lasting(caller: Caller) -> None:
    """Refuse a token of a trust or an EC2 key: what it made would outlive the delegation."""
    if not caller.application_credential_id and (caller.trust_id or delegated_method(caller)):
        raise Forbidden("Cannot manage application credentials with a token issued via delegation.")


def refused(request: Request) -> Forbidden:
    """Make the 403 of a route."""
    assert request.route is not None
    return Forbidden(request.service.forbidden(request.route), kind="PolicyNotAuthorized")
