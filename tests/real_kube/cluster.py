"""A real Kubernetes to stand Dicot on, with the interface that tests and `Development` know from `DevCluster`."""

from __future__ import annotations

import asyncio
import base64
import shutil
import ssl
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from dicot.bootstrap import manifests
from dicot.devcluster import controllers
from dicot.devcluster.apiserver.faults import Faults
from dicot.devcluster.apiserver.users import User
from dicot.devcluster.clock import Clock, RealClock
from dicot.devcluster.controllers import Controllers
from dicot.devcluster.listening import Listening, listen
from dicot.devcluster.server import ADMIN, DICOT
from dicot.kube import Json
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.errors import AlreadyExists
from dicot.kube.kinds import CUSTOM_RESOURCE_DEFINITIONS
from tests.real_kube import audit_log
from tests.real_kube.arguments import AUDIT_LOG, AUDIT_POLICY, api_server, controller_manager
from tests.real_kube.audit_log import AuditLog
from tests.real_kube.authority import Authority, write_key, write_public
from tests.real_kube.front import Front
from tests.real_kube.people import People, reviewer
from tests.real_kube.processes import Child, Etcd, answers, free_port
from tests.real_kube.rewind import Mark
from tests.real_kube.seams import Seams

LOOPBACK = "127.0.0.1"


class KubeCluster:
    """One kube-apiserver with its kube-controller-manager; `start` and `stop` belong in the same event loop."""

    def __init__(
        self, binaries: Path, etcd: Etcd, name: str, *, clock: Clock | None = None, furnished: bool = True
    ) -> None:  # fmt: skip
        """Keep objects in `etcd` under a prefix of this `name`; not `furnished` means no controllers and no seed."""
        self._binaries = binaries
        self._etcd = etcd
        self._name = name
        self._furnished = furnished
        self.clock: Clock = clock or RealClock()
        self._folder = Path(tempfile.mkdtemp(prefix=f"kube-{name}-"))
        self._authority = Authority(self._folder / "pki", "dicot test cluster")
        self._proxies = Authority(self._folder / "proxies", "dicot test cluster's proxies")
        self._people = People()
        self._people.add(ADMIN, User("kubernetes-admin", groups=("system:masters",)))
        self._people.add(DICOT, User(DICOT, groups=("system:serviceaccounts", "system:serviceaccounts:dicot-system")))
        self._children: list[Child] = []
        self._ports: list[Listening] = []
        self._port = free_port()
        self._front = Front(LOOPBACK, self._port, self._tls(), self._people, etcd.revision)
        self.audit = AuditLog(self._folder / AUDIT_LOG)
        self.api = Seams(self)
        self.controllers: Controllers | None = None
        self.url = ""
        self.https_url = f"https://{LOOPBACK}:{self._port}"

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._authority.pem.decode())

    @property
    def tls(self) -> ssl.SSLContext:
        """Return what trusts this cluster."""
        return self._tls()

    @property
    def authority(self) -> Authority:
        """Return who signs for the servers that kube-apiserver calls."""
        return self._authority

    @property
    def proxies(self) -> Authority:
        """Return who signs for kube-apiserver where it forwards requests in a user's name."""
        return self._proxies

    @property
    def faults(self) -> Faults:
        """Faults to inject, and counters of requests."""
        return self._front.faults

    def ca_pem(self) -> str:
        """Return the certificate that clients of `https_url` trust."""
        return self._authority.pem.decode()

    def token(self, user: str = ADMIN) -> str:
        """Return the bearer token of a known user."""
        return self._people.token(user)

    def add_user(self, name: str, groups: tuple[str, ...] | list[str] = ()) -> str:
        """Make a person known to the cluster; returns their bearer token."""
        return self._people.add(name, User(name, name, tuple(groups)))

    def kubeconfig(self, user: str = ADMIN, *, https: bool = False) -> Json:
        """Return a kubeconfig for a known user; kubectl needs `https`, for it sends no token in the clear."""
        cluster = {"server": self.url}
        if https:
            trusted = base64.b64encode(self._authority.pem).decode()
            cluster = {"server": self.https_url, "certificate-authority-data": trusted}
        return _kubeconfig(cluster, user, {"token": self.token(user)})

    async def start(self) -> None:
        """Start everything; returns when requests are answered and the controllers run."""
        began = time.monotonic()
        await self._start_api_server()
        await self._front.start()
        self.url = self._front.url
        if self._furnished:
            await self._define()
            self.controllers = await controllers.start(self, state=None)
            await self.api.publish(self.controllers.machinery.client)
        await self._start_controller_manager()
        self.started_s = time.monotonic() - began

    def mark(self) -> Mark:
        """Remember everything that is there, once nothing is written any more; waits for that."""
        return Mark(self._etcd, f"/{self._name}")

    async def serve(self, app: Any, certificate: tuple[Path, Path], clients: Path | None = None) -> str:
        """Answer for an application over HTTPS until the cluster stops; returns where."""
        port = await listen(app, LOOPBACK, 0, certificate[0], key=certificate[1], clients=clients)
        self._ports.append(port)
        return port.url

    async def _start_api_server(self) -> None:
        reviews = await listen(reviewer(self._people), LOOPBACK, 0)
        self._ports.append(reviews)
        self._write_keys()
        webhook = self._folder / "authentication.yaml"
        webhook.write_text(yaml.safe_dump(_kubeconfig({"server": reviews.url}, "kube-apiserver", {})))
        (self._folder / AUDIT_POLICY).write_text(audit_log.policy(DICOT))
        command = api_server(
            self._binaries, self._folder, self._port, self._etcd.url, f"/{self._name}", compacts=self._furnished
        )
        child = await Child.start(command, self._folder / "kube-apiserver.log")
        self._children.append(child)
        await child.until(lambda: answers(f"{self.https_url}/readyz", self._tls(), self.token()), "kube-apiserver")

    def _write_keys(self) -> None:
        self._authority.server("server", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
        self._authority.client("kubelet-client", "kube-apiserver-kubelet-client")
        self._proxies.client("proxy-client", "front-proxy-client")
        write_public(self._folder / "accounts.pub", write_key(self._folder / "accounts.key"))

    async def _start_controller_manager(self) -> None:
        certificate, key = self._authority.client("manager", "system:kube-controller-manager", "system:masters")
        cluster = {"server": self.https_url, "certificate-authority": str(self._authority.path)}
        user = {"client-certificate": str(certificate), "client-key": str(key)}
        path = self._folder / "manager.yaml"
        path.write_text(yaml.safe_dump(_kubeconfig(cluster, "manager", user)))
        port = free_port()
        command = controller_manager(self._binaries, self._folder, path, port)
        child = await Child.start(command, self._folder / "kube-controller-manager.log")
        self._children.append(child)
        await child.until(lambda: answers(f"https://{LOOPBACK}:{port}/healthz", _anyone()), "kube-controller-manager")

    async def _define(self) -> None:
        """Bring Dicot's definitions in before the controller manager looks: it looks again only every half minute."""
        async with Client.connect(plain(self.url, self.token())) as client:
            await asyncio.gather(*(_create(client, one) for one in manifests("crds")))

    async def stop(self) -> None:
        """Stop everything and remove what it kept."""
        if self.controllers is not None:
            await self.controllers.stop()
        for child in reversed(self._children):
            await child.stop()
        self.audit.tell()
        await self._front.stop()
        await asyncio.gather(*(port.stop() for port in self._ports))
        self.api.close()
        shutil.rmtree(self._folder, ignore_errors=True)


async def _create(client: Client, definition: Json) -> None:
    try:
        await client.create(CUSTOM_RESOURCE_DEFINITIONS, definition)
    except AlreadyExists:
        return


def _anyone() -> ssl.SSLContext:
    """Trust whoever answers: the controller manager signs for itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _kubeconfig(cluster: Json, user: str, credentials: Json) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kube", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": "kube", "context": {"cluster": "kube", "user": user}}],
        "current-context": "kube",
    }
