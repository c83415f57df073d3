"""APIs and the kubelet that the controllers answer for, as a real kube-apiserver reaches them."""

from __future__ import annotations

import base64
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from dicot.devcluster.apiserver.api import AsgiApp
from dicot.kube import Json

KUBELET = "/containerLogs/"


class Service(msgspec.Struct, frozen=True):
    """The Service through which an API is reached, as KubeVirt and CDI name theirs."""

    namespace: str
    name: str

    @property
    def host(self) -> str:
        """Return the name that its certificate must bear."""
        return f"{self.name}.{self.namespace}.svc"


SERVICES = {
    "subresources.kubevirt.io": Service("kubevirt", "virt-api"),
    "upload.cdi.kubevirt.io": Service("cdi", "cdi-api"),
}


def service_of(group: str, version: str) -> Service:
    """Name the Service of an API: versions are served at ports of their own."""
    known = SERVICES[group]
    return Service(known.namespace, f"{known.name}-{version}")


def service(where: Service, port: int) -> Json:
    """Write the Service: with aggregator routing off, kube-apiserver goes where its external name points."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": where.name, "namespace": where.namespace},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port, "name": "https"}]},
    }


def api_service(group: str, version: str, where: Service, port: int, trusted: bytes) -> Json:
    """Write the APIService."""
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}"},
        "spec": {
            "group": group,
            "version": version,
            "service": {"namespace": where.namespace, "name": where.name, "port": port},
            "caBundle": base64.b64encode(trusted).decode(),
            "groupPriorityMinimum": 1000,
            "versionPriority": 15,
        },
    }


def with_discovery(app: AsgiApp, group_version: str, resources: list[Json]) -> AsgiApp:
    """Let an API list its resources, by which kube-apiserver sees that it is there."""
    path = f"/apis/{group_version}"
    body = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}
    raw = msgspec.json.encode(body)

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/") == path:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": raw})
        else:
            await app(scope, receive, send)

    return answer


def kubelet(app: AsgiApp) -> AsgiApp:
    """Let the application that answers for pods' logs be asked as a kubelet is."""

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(KUBELET):
            namespace, pod, container = scope["path"].removeprefix(KUBELET).split("/")
            path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
            query = scope["query_string"] + b"&container=" + quote(container).encode()
            scope = {**scope, "path": path, "raw_path": path.encode(), "query_string": query.lstrip(b"&")}
        await app(scope, receive, send)

    return answer


def node_patch(node: Json, kubelet_url: str) -> Json:
    """Write what tells kube-apiserver where a node's kubelet is: an address of its own kind, beside the shown ones."""
    parts = urlsplit(kubelet_url)
    addresses = [one for one in node["status"]["addresses"] if one["type"] != "ExternalIP"]
    return {
        "status": {
            "addresses": [*addresses, {"type": "ExternalIP", "address": parts.hostname}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": parts.port}},
        }
    }
