"""Credentials as Secrets in Dicot's namespace: made, found, changed and deleted, by Dicot itself."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import Conflict
from dicot.cluster import Cluster
from dicot.identity import lookup
from dicot.kube import errors as kube
from dicot.kube.kinds import SECRETS

Json = dict[str, Any]

USER = "dicot.io/credential-user-id"
"""Label: whose credential it is."""
TYPE, PROJECT = "dicot.io/credential-type", "dicot.io/credential-project-id"
"""Annotations: what it is for, and where an EC2 key is good."""
SECRET_TYPE = "identity.dicot.io/credential"  # noqa: S105 - a type, not a secret
_PREFIX = "credential-"
_BLOB = "blob"


class Credential(msgspec.Struct, frozen=True):
    """One credential, read from its Secret."""

    id: str
    user_id: str
    type: str
    project_id: str | None
    blob: str


def id_of_access(access: str) -> str:
    """Return the id of an EC2 key: what Keystone makes of its access key."""
    return hashlib.sha256(access.encode()).hexdigest()


def _manifest(credential: Credential, owner: Json) -> Json:
    notes = {TYPE: credential.type}
    if credential.project_id is not None:
        notes[PROJECT] = credential.project_id
    meta = owner["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{_PREFIX}{credential.id}",
            "labels": {**names.MANAGED_BY, USER: credential.user_id},
            "annotations": notes,
            "ownerReferences": [
                {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
            ],
        },
        "type": SECRET_TYPE,
        "data": _data(credential.blob),
    }


def _data(blob: str) -> Json:
    return {_BLOB: base64.b64encode(blob.encode()).decode()}


def _read(secret: Json) -> Credential:
    notes = names.annotations_of(secret)
    return Credential(
        id=secret["metadata"]["name"].removeprefix(_PREFIX),
        user_id=names.labels_of(secret)[USER],
        type=notes.get(TYPE, ""),
        project_id=notes.get(PROJECT),
        blob=base64.b64decode((secret.get("data") or {}).get(_BLOB, "")).decode(),
    )


async def listed(cluster: Cluster, user_id: str = "") -> list[Credential]:
    """Return a user's credentials, or everybody's."""
    selector = f"{USER}={user_id}" if user_id else USER
    found, _ = await cluster.client.list(SECRETS, cluster.config.system_namespace, labels=selector)
    return [_read(one) for one in found]


async def find(cluster: Cluster, credential_id: str) -> Credential | None:
    """Return the credential of an id."""
    if not credential_id.isalnum() or not credential_id.isascii():
        return None
    try:
        name = f"{_PREFIX}{credential_id}"
        secret = await cluster.client.get(SECRETS, name, cluster.config.system_namespace)
    except (kube.NotFound, kube.Invalid):
        return None
    return _read(secret) if USER in names.labels_of(secret) else None


async def create(cluster: Cluster, credential: Credential) -> None:
    """Store a new credential, which goes with its user."""
    owner = lookup.user(cluster, credential.user_id)
    try:
        await cluster.client.create(SECRETS, _manifest(credential, owner), cluster.config.system_namespace)
    except kube.AlreadyExists:
        raise Conflict(
            f"Conflict occurred attempting to store credential - Duplicate entry found with ID {credential.id}."
        ) from None


async def change(cluster: Cluster, credential: Credential, blob: str) -> Credential:
    """Put another blob in place of the old one."""
    patch = {"data": _data(blob)}
    await cluster.client.patch(SECRETS, f"{_PREFIX}{credential.id}", patch, cluster.config.system_namespace)
    return msgspec.structs.replace(credential, blob=blob)


async def delete(cluster: Cluster, credential: Credential) -> None:
    """Delete a credential; gone already is no error."""
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(SECRETS, f"{_PREFIX}{credential.id}", cluster.config.system_namespace)
