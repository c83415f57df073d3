"""What a cluster has from birth: its namespaces, and RBAC's default roles and bindings. Puts back what is missing."""

import copy
from typing import Any

from dicot.devcluster.apiserver import roles
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.create import create
from dicot.devcluster.apiserver.namespaces import PERMANENT
from dicot.devcluster.apiserver.users import SYSTEM
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]


def bootstrap(api: Api) -> None:
    """Create what is missing."""
    for name in PERMANENT:
        install(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for manifest in (*roles.ROLES, *roles.BINDINGS):
        install(api, manifest)


def install(api: Api, manifest: Json, *, manager: str = "kube-apiserver") -> None:
    """Create an object, past HTTP and RBAC, unless one of its name is there."""
    resource = api.registry.of_kind(manifest["apiVersion"], manifest["kind"])
    if resource is None:
        raise LookupError(f"{manifest['apiVersion']} {manifest['kind']} is not served")
    metadata = manifest["metadata"]
    namespace = metadata.get("namespace", "")
    if api.find(resource, namespace, metadata["name"]) is None:
        body = copy.deepcopy(manifest)
        create(Write(api=api, resource=resource, user=SYSTEM, manager=manager, warnings=[]), body, namespace)
