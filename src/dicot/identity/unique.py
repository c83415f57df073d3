"""Creating an object whose name in Keystone must be free: two who want it at once want one object name, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot import names
from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import Kind

Json = dict[str, Any]


async def create(
    cluster: Cluster, caller: Caller, kind: Kind, wanted: Json, is_same: Callable[[Json], bool], taken: Conflict
) -> Json:
    """Create as the user. If the object name is in use by the same name of Keystone, raise `taken`.

    Otherwise its object was renamed in Keystone since, and another object name is made up.
    """
    try:
        return await cluster.create(caller, kind, wanted)
    except kube.AlreadyExists:
        if is_same(await cluster.as_user(caller).get(kind, wanted["metadata"]["name"])):
            raise taken from None
    renamed = {**wanted, "metadata": {**wanted["metadata"], "name": names.object_name(wanted["spec"]["name"])}}
    return await cluster.create(caller, kind, renamed)
