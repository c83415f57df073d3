"""Bearer tokens of Kubernetes itself, of people and ServiceAccounts: asked of the API server, never judged here."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec

from dicot.cluster import Cluster
from dicot.identity import callers, grants
from dicot.kube.kinds import TOKEN_REVIEWS

Json = dict[str, Any]

GROUPS_MOST = 64
"""Groups of a Kubernetes person that a token carries: more would not fit into a header."""
LONGEST = 16 * 1024
"""Characters of the longest bearer token that Kubernetes is asked about."""
_JWT = r"[\w-]{8,}\.[\w-]{8,}\.[\w-]+"
_OPENSHIFT = r"sha256~[\w-]{20,}"
_BEARER = re.compile(f"{_JWT}|{_OPENSHIFT}", re.ASCII)


class Holder(msgspec.Struct, frozen=True):
    """Whom Kubernetes knows by a token, and until when it says so: None if the token does not tell."""

    username: str
    groups: tuple[str, ...]
    until: float | None

    @property
    def user_id(self) -> str:
        """Return the id under which OpenStack knows this person."""
        return callers.kubernetes_user_id(self.username)


def is_one(text: str) -> bool:
    """Tell whether a text looks like a bearer token: a JSON Web Token, or what OpenShift gives out."""
    return len(text) <= LONGEST and _BEARER.fullmatch(text) is not None


async def holder(cluster: Cluster, token: str) -> Holder | None:
    """Ask Kubernetes whose bearer token this is, for the audiences that are configured; None if it is no good here."""
    if not token or len(token) > LONGEST:
        return None
    wanted = list(cluster.config.token_audiences)
    spec: Json = {"token": token} | ({"audiences": wanted} if wanted else {})
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
    status = (await cluster.client.create(TOKEN_REVIEWS, review)).get("status") or {}
    found = status.get("user") or {}
    username = found.get("username", "")
    # An API server that knows nothing of audiences answers without any: then the token may be anybody's.
    meant = not wanted or bool(set(wanted) & set(status.get("audiences") or ()))
    # Nobody comes in under a name that Dicot gives, or as Dicot itself.
    own = f"system:serviceaccount:{cluster.config.system_namespace}:"
    if not status.get("authenticated") or not meant or not username or username.startswith((grants.USER_PREFIX, own)):
        return None
    groups = tuple(group for group in found.get("groups") or () if not group.startswith(grants.USER_PREFIX))
    return Holder(username, groups[:GROUPS_MOST], _expiry(token))


def _expiry(token: str) -> float | None:
    """Read when a JSON Web Token ends; whether it is genuine, Kubernetes has said."""
    try:
        claims = token.split(".")[1]
        decoded = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(decoded["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
