"""How often, how long and to whom a trust may be delegated on: Keystone's rules (keystone/trust/core.py). Pure."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Forbidden

Json = dict[str, Any]

COUNT_MOST = 3
"""Keystone's max_redelegation_count."""


def count(asked: Json) -> int:
    """Return how often a new trust may be redelegated; refuse what contradicts itself."""
    wanted, uses = asked.get("redelegation_count"), asked.get("remaining_uses")
    if not asked.get("allow_redelegation") or wanted == 0:
        return 0
    if wanted and wanted > COUNT_MOST:
        raise Forbidden(f"Requested redelegation depth of {wanted} is greater than allowed {COUNT_MOST}")
    if uses is not None:
        raise BadRequest("remaining_uses must not be set if redelegation is allowed")
    return wanted or COUNT_MOST


def below(asked: Json, spec: Json, above: Json) -> Json:
    """Return the spec of a trust that is made with a token of another one; Forbidden if it would be more than that."""
    left, wanted = above.get("redelegationCount", 0), asked.get("redelegation_count")
    if not 0 < left <= COUNT_MOST:
        raise Forbidden(f"Remaining redelegation depth of {left} out of allowed range of [0..{COUNT_MOST}]")
    if asked.get("allow_redelegation") and wanted and wanted != left - 1:
        raise Forbidden(
            'Modifying "redelegation_count" upon redelegation is forbidden. Omitting this parameter is advised.'
        )
    if asked.get("remaining_uses") is not None:
        raise Forbidden(
            f'Field "remaining_uses" is set to {asked["remaining_uses"]} while it must not be set in order to '
            "redelegate a trust"
        )
    ends = above.get("expiresAt")
    if ends and spec.get("expiresAt", ends) > ends:
        raise Forbidden("Requested expiration time is more than redelegated trust can provide")
    if not set(spec["roles"]) <= set(above["roles"]) or spec.get("projectId") != above.get("projectId"):
        raise Forbidden("Some of requested roles are not in redelegated trust")
    if spec["impersonation"] and not above["impersonation"]:
        raise Forbidden("Impersonation is not allowed because redelegated trust does not specify impersonation.")
    redelegable = bool(asked.get("allow_redelegation")) and wanted != 0
    return {
        **spec,
        **({"expiresAt": ends} if ends and "expiresAt" not in spec else {}),
        "redelegationCount": left - 1 if redelegable else 0,
    }
