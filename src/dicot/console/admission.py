"""May whoever holds this link see this console now? Asked when it is opened, and again while it is open."""

from __future__ import annotations

import math
import time

import msgspec

from dicot import names
from dicot.api import policy
from dicot.api.errors import Conflict, Forbidden, NotFound, Unauthorized
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.compute.remote_consoles.link import LONGEST, Link
from dicot.compute.servers import lookup
from dicot.identity import authenticator, callers
from dicot.kube.kinds import VIRTUAL_MACHINES


def link_of(cluster: Cluster, token: str) -> Link:
    """Open the token of a link; Unauthorized if it is none of ours, was changed, or its time is over."""
    link = authenticator.of(cluster).keyring.sealer.open_as(Link, token) if len(token) <= LONGEST else None
    if link is None or link.expires_at <= time.time():
        raise Unauthorized("The token has expired or is not valid.")
    return link


def admit(cluster: Cluster, link: Link) -> Caller:
    """Return as whom KubeVirt is to be called; an ApiError if the bearer may no more, or the instance is another."""
    # How long the bearer's own token lasts bounds when a console may be opened, which the link's time says already;
    # an open one stays, as in Nova.
    bearer = msgspec.structs.replace(link.bearer, expires_at=math.inf)
    caller = callers.caller(cluster, bearer)
    own = caller.namespace == link.namespace and policy.member(caller)
    if not own and not caller.cloud_admin:
        raise Forbidden("Policy doesn't allow os_compute_api:os-remote-consoles to be performed.")
    vm = cluster.cache(VIRTUAL_MACHINES).get(link.name, link.namespace)
    if vm is None or names.identity_of(vm, lookup.NOUN) != link.server_id:
        raise NotFound(f"Instance {link.server_id} could not be found.")
    vmi = lookup.instance_of(cluster, vm)
    if vmi is None or vmi["metadata"]["uid"] != link.uid:
        raise Conflict(f"Instance {link.server_id} has been restarted since. Ask for another console.")
    return caller
