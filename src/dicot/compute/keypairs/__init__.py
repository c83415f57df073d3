"""Keypairs: Secrets of type `dicot.io/keypair` in Dicot's own namespace, for a keypair is a person's, not a project's.

| Keypair | Secret |
|---|---|
| user_id, name | label `dicot.io/keypair-of`, annotation `dicot.io/name`; both make up `metadata.name` |
| public_key | `data.public-key` |
| type, fingerprint | annotations `keypair.dicot.io/{type,fingerprint}` |
| created_at | `metadata.creationTimestamp` |
| id | a number out of `metadata.uid` |
| private_key | kept nowhere: told once, in the answer to the request that made it |

Users have no rights on these Secrets: Dicot reads and writes them itself, after it has looked at the token.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.keypairs import handlers
from dicot.compute.keypairs.changes import HISTORY
from dicot.compute.keypairs.manifest import Keypair
from dicot.compute.keypairs.store import find

__all__ = ["ROUTES", "Keypair", "find"]

_POLICY = "os_compute_api:os-keypairs"

ROUTES = (
    Route(
        method="GET",
        path="/os-keypairs",
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        rule=policy.anyone,
        history=HISTORY,
        query="index",
        view="brief",
        key="keypairs",
    ),
    Route(
        method="POST",
        path="/os-keypairs",
        handler=handlers.create,
        policy=f"{_POLICY}:create",
        rule=policy.anyone,
        history=HISTORY,
        body="create",
        view="keypair",
        key="keypair",
    ),
    Route(
        method="GET",
        path="/os-keypairs/{name}",
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        rule=policy.anyone,
        history=HISTORY,
        query="show",
        view="keypair",
        key="keypair",
    ),
    Route(
        method="DELETE",
        path="/os-keypairs/{name}",
        handler=handlers.delete,
        policy=f"{_POLICY}:delete",
        rule=policy.anyone,
        history=HISTORY,
        query="show",
    ),
)
