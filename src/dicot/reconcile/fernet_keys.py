"""Rotates the keys of tokens: a new key is first only known to every replica, and seals from the next rotation on."""

from __future__ import annotations

import math
import time
from typing import Any

import structlog

from dicot.api.token import new_key
from dicot.cluster import Cluster
from dicot.config import Config
from dicot.identity import keyring
from dicot.kube import errors as kube
from dicot.kube.kinds import SECRETS
from dicot.reconcile.follow_up import FollowUp

Json = dict[str, Any]

LOOK_S = 60.0
"""How often it is asked whether the time has come; a shorter rotation is looked at as often as it is long."""

log = structlog.get_logger(__name__)


async def rotate(cluster: Cluster) -> None:
    """Add a key if the newest is old enough, and drop those that no living token was sealed with."""
    client, config = cluster.client, cluster.config
    try:
        secret = await client.get(SECRETS, keyring.NAME, config.system_namespace)
    except kube.NotFound:  # whoever needs keys first makes them
        return
    now = time.time()
    if now - keyring.rotated_at(secret) < config.fernet_rotation_s:
        return
    body = keyring.manifest(
        [*reversed(keyring.by_age(secret)), new_key()][-kept(config) :], now, keyring.newest(secret)
    )
    body["metadata"]["resourceVersion"] = secret["metadata"]["resourceVersion"]
    try:
        await client.replace(SECRETS, body, config.system_namespace)
    except kube.Conflict:  # somebody else rotated meanwhile
        return
    log.info("keys of tokens rotated")


def kept(config: Config) -> int:
    """Return how many keys are kept: the staged one, the sealing one, and those whose tokens may still live."""
    return 2 + math.ceil(config.token_lifetime_s / config.fernet_rotation_s)


FOLLOW_UP = FollowUp("fernet_keys", rotate, LOOK_S)
