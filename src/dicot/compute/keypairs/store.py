"""Keypairs in Dicot's own namespace, read and written by Dicot itself: the caller's right is for handlers to check.

Not cached: a cache of Secrets would hold everything secret in that namespace.
"""

from __future__ import annotations

from dicot import names
from dicot.api.errors import Conflict, NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.compute.keypairs import manifest
from dicot.compute.keypairs.manifest import Keypair
from dicot.identity import people
from dicot.kube import errors as kube
from dicot.kube.kinds import SECRETS


async def find(cluster: Cluster, caller: Caller, name: str) -> Keypair:
    """Return the caller's keypair of this name; 404 in Nova's words."""
    return await read(cluster, caller.user_id, name)


async def read(cluster: Cluster, user_id: str, name: str) -> Keypair:
    """Return a user's keypair; 404 in Nova's words. One call to Kubernetes."""
    try:
        found = await cluster.client.get(SECRETS, manifest.secret_name(user_id, name), cluster.config.system_namespace)
    except kube.NotFound as error:
        raise _missing(user_id, name) from error
    return manifest.keypair(found)


async def every(cluster: Cluster, user_id: str) -> list[Keypair]:
    """Return all keypairs of a user, by name."""
    if not names.may_be_label(user_id):
        return []
    found, _ = await cluster.client.list(SECRETS, cluster.config.system_namespace, labels=f"{manifest.OWNER}={user_id}")
    return sorted(map(manifest.keypair, found), key=lambda one: one.name)


async def write(cluster: Cluster, keypair: Keypair) -> Keypair:
    """Store a new keypair; 409 if the user has one of this name."""
    body = manifest.secret(keypair, people.user(cluster, keypair.user_id))
    try:
        made = await cluster.client.create(SECRETS, body, cluster.config.system_namespace)
    except kube.AlreadyExists as error:
        raise Conflict(f"Key pair '{keypair.name}' already exists.") from error
    return manifest.keypair(made)


async def remove(cluster: Cluster, user_id: str, name: str) -> None:
    """Delete a user's keypair; 404 in Nova's words. Servers made with it keep their own copy."""
    try:
        await cluster.client.delete(SECRETS, manifest.secret_name(user_id, name), cluster.config.system_namespace)
    except kube.NotFound as error:
        raise _missing(user_id, name) from error


def _missing(user_id: str, name: str) -> NotFound:
    return NotFound(f"Keypair {name} not found for user {user_id}")
