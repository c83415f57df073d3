"""OpenStack -> Kubernetes for application credentials. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.kinds import APPLICATION_CREDENTIALS

Json = dict[str, Any]


def application_credential(credential_id: str, spec: Json) -> Json:
    """Return the object; the hash of its secret lives elsewhere. One user's two of one name want one object name."""
    suffix = names.derived_hex("application-credential", spec["userId"], spec["name"])[:8]
    return {
        "apiVersion": APPLICATION_CREDENTIALS.api_version,
        "kind": APPLICATION_CREDENTIALS.kind,
        "metadata": {
            "name": f"{names.slug(spec['name'])}-{suffix}",
            "labels": {**names.MANAGED_BY, names.id_label("application-credential"): credential_id},
        },
        "spec": spec,
    }
