"""OpenStack -> Kubernetes for access rules. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.kinds import ACCESS_RULES

Json = dict[str, Any]


def access_rule(asked: Json, user_id: str, owner: Json) -> Json:
    """Return the AccessRule object, which goes with its user."""
    rule_id = names.derived_hex("access-rule", user_id, asked["service"], asked["method"], asked["path"])
    meta = owner["metadata"]
    return {
        "apiVersion": ACCESS_RULES.api_version,
        "kind": ACCESS_RULES.kind,
        "metadata": {
            "name": f"{names.slug(asked['service'])}-{rule_id[:12]}",
            "labels": {**names.MANAGED_BY, names.id_label("access-rule"): rule_id},
            "ownerReferences": [
                {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
            ],
        },
        "spec": {"userId": user_id, "service": asked["service"], "method": asked["method"], "path": asked["path"]},
    }
