"""What the controllers plug into the development API server, published to a real one instead."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx2

from dicot.devcluster import crds
from dicot.devcluster.apiserver.admission import Hook
from dicot.devcluster.apiserver.api import AsgiApp
from dicot.devcluster.apiserver.builtin import BUILT_IN
from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.apiserver.users import User
from dicot.kube import Json
from dicot.kube.client import Client
from dicot.kube.errors import NotFound, Unavailable
from dicot.kube.kinds import NODES, Kind
from tests.real_kube import aggregated, webhooks
from tests.real_kube.authority import Authority
from tests.real_kube.webhooks import Webhook

PUBLISHED_S = 60.0
OWN = ("persistentvolumeclaims",)
"""Admission that imitates kube-apiserver's own: the real one needs no webhook for it."""
_SERVICES = Kind("", "v1", "services", "Service")
_API_SERVICES = Kind("apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False)
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_REGISTRATION = "admissionregistration.k8s.io"
_MUTATING = Kind(_REGISTRATION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False)
_VALIDATING = Kind(_REGISTRATION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False)


class Cluster(Protocol):
    """What this asks of the cluster it belongs to."""

    https_url: str
    tls: ssl.SSLContext
    authority: Authority
    proxies: Authority

    def token(self) -> str:
        """Return the administrator's token."""
        ...

    async def serve(self, app: Any, certificate: Any, clients: Any = None) -> str:
        """Answer for an application over HTTPS; returns where."""
        ...


class Seams:
    """Takes registrations as the development API server does; `publish` makes them known to the real one."""

    def __init__(self, cluster: Any) -> None:
        self._cluster: Cluster = cluster
        self._webhooks: list[Webhook] = []
        self._apis: list[tuple[str, AsgiApp, list[Json]]] = []
        self._kubelet: AsgiApp | None = None
        self._direct: httpx2.Client | None = None

    def register_api(self, group_version: str, app: AsgiApp, resources: list[Json]) -> None:
        """Serve an API through an APIService."""
        self._apis.append((group_version, app, resources))

    def register_kubelet(self, app: AsgiApp) -> None:
        """Serve pods' logs as the kubelet of every node."""
        self._kubelet = app

    def register_admission(self, resource: str, *, mutate: Hook | None = None, validate: Hook | None = None) -> None:
        """Serve hooks as webhooks."""
        if resource not in OWN:
            self._webhooks += webhooks.named(resource, mutate, validate)

    def allowed(self, user: User, ask: Ask) -> bool:
        """Ask the authoriser whether a user may do something; waits for the answer."""
        attributes = {
            "verb": ask.verb, "group": ask.group, "resource": ask.resource, "subresource": ask.subresource,
            "name": ask.name, "namespace": ask.namespace,
        }  # fmt: skip
        spec = {**user.info(), "user": user.username, "resourceAttributes": attributes}
        spec.pop("username")
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        answer = self._client().post(_REVIEWS, json=body)
        answer.raise_for_status()
        return bool(answer.json()["status"]["allowed"])

    def get(self, group: str, plural: str, namespace: str, name: str) -> Json | None:
        """Look an object up; None where there is none; waits for the answer."""
        kind = Kind(group, _version(group, plural), plural, "", namespaced=bool(namespace))
        answer = self._client().get(kind.path(namespace or None, name))
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return answer.json()

    def _client(self) -> httpx2.Client:
        """Return a client for hooks, past the front and its faults.

        It waits in the event loop, so it shows a certificate: a token kube-apiserver would ask this very loop about.
        """
        if self._direct is None:
            tls = self._cluster.tls
            tls.load_cert_chain(*self._cluster.authority.client("hooks", "hooks", "system:masters"))
            self._direct = httpx2.Client(base_url=self._cluster.https_url, verify=tls, timeout=30)
        return self._direct

    def close(self) -> None:
        """Close what hooks looked things up with."""
        if self._direct is not None:
            self._direct.close()

    async def publish(self, client: Client) -> None:
        """Serve everything and tell kube-apiserver of it; returns when it is in use."""
        await asyncio.gather(*(self._publish_api(client, *one) for one in self._apis))
        await self._publish_kubelet(client)
        await self._publish_webhooks(client)

    async def _publish_api(self, client: Client, group_version: str, app: AsgiApp, resources: list[Json]) -> None:
        group, version = group_version.split("/")
        where = aggregated.service_of(group, version)
        certificate = self._cluster.authority.server(where.name, where.host)
        served = aggregated.with_discovery(app, group_version, resources)
        url = await self._cluster.serve(served, certificate, self._cluster.proxies.path)
        port = urlsplit(url).port or 0
        await client.create(_SERVICES, aggregated.service(where, port))
        trusted = self._cluster.authority.pem
        await client.create(_API_SERVICES, aggregated.api_service(group, version, where, port, trusted))
        await _until_available(client, f"{version}.{group}")

    async def _publish_kubelet(self, client: Client) -> None:
        if self._kubelet is None:
            return
        authority = self._cluster.authority
        url = await self._cluster.serve(aggregated.kubelet(self._kubelet), authority.server("kubelet"), authority.path)
        for node in (await client.list(NODES))[0]:
            patch = aggregated.node_patch(node, url)
            await client.patch(NODES, node["metadata"]["name"], patch, subresource="status")

    async def _publish_webhooks(self, client: Client) -> None:
        certificate = self._cluster.authority.server("webhooks")
        url = await self._cluster.serve(webhooks.app(self._webhooks, self.get), certificate)
        for kind, mutates in ((_MUTATING, True), (_VALIDATING, False)):
            body = webhooks.configuration(self._webhooks, url, self._cluster.authority.pem, mutates=mutates)
            await client.create(kind, body)


async def _until_available(client: Client, name: str) -> None:
    deadline = time.monotonic() + PUBLISHED_S
    while True:
        conditions = ((await client.get(_API_SERVICES, name)).get("status") or {}).get("conditions") or []
        available = any(one["type"] == "Available" and one["status"] == "True" for one in conditions)
        if available and await _is_served(client, name):
            return
        assert time.monotonic() < deadline, f"{name} is not available: {conditions}"
        await asyncio.sleep(0.1)


async def _is_served(client: Client, name: str) -> bool:
    """Say whether requests are forwarded already: that is begun apart from the condition."""
    version, _, group = name.partition(".")
    try:
        await client.call("GET", f"/apis/{group}/{version}")
    except (NotFound, Unavailable):
        return False
    return True


def _version(group: str, plural: str) -> str:
    """Say at which version a kind is looked up: the one it is stored at."""
    versions = {(one.group, one.plural): one.versions[0] for one in crds.ALL}
    versions |= {(one.group, one.plural): one.version for one in BUILT_IN}
    return versions[group, plural]
