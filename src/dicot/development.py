"""`dicot dev`: Dicot in front of a development cluster, both in one process, over real sockets.

Dicot is given a kubeconfig and nothing else; it cannot tell this cluster from another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import yaml
from starlette.types import ASGIApp

from dicot import app, bootstrap, serving
from dicot.config import Config, load
from dicot.devcluster.clock import Clock
from dicot.devcluster.server import DevCluster
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.standalone import CLUSTER, DICOT_KUBECONFIG, KUBECONFIG, Cluster, write_kubeconfigs, write_private

Json = dict[str, Any]

KUBERNETES_CA = "kubernetes-ca.pem"


class Development:
    """A development cluster, Dicot in front of it, and the files that clients need."""

    def __init__(
        self,
        state: Path,
        *,
        port: int = 0,
        kube_port: int = 0,
        clock: Clock | None = None,
        config: Config | None = None,
        settings: Json | None = None,
        around: Callable[[ASGIApp], ASGIApp] | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        """Keep everything in `state`; ports of 0 take free ones; `around` may watch what the application answers.

        `cluster` is another Cluster to stand on than a development cluster of its own.
        """
        self.state = state
        self._around = around
        self._port = port
        self._settings = settings or {}
        self._config = config
        self.cluster: Cluster = cluster or DevCluster(state / CLUSTER, port=kube_port, clock=clock)
        self.passwords: dict[str, str] = {}
        self._server: serving.Server | None = None
        self.app: app.App | None = None

    @property
    def url(self) -> str:
        """Return where Dicot answers."""
        assert self._server is not None, "not started"
        return self._server.url

    async def start(self) -> None:
        """Start the cluster, bring Dicot's definitions in, start Dicot, write the files."""
        await self.cluster.start()
        write_kubeconfigs(self.cluster, self.state)
        (self.state / KUBERNETES_CA).write_text(self.cluster.ca_pem())
        self.passwords = self._passwords()
        # The cluster knows Dicot's account in one namespace only.
        own = {
            "kubeconfig": str(self.state / DICOT_KUBECONFIG),
            "kube_context": "",
            "system_namespace": Config().system_namespace,
            "kube_public_url": self.cluster.https_url,
            "kube_public_ca_file": str(self.state / KUBERNETES_CA),
        }
        config = msgspec.structs.replace(self._config or load(), **own, **self._settings)
        await self._bootstrap(config)
        self.app = app.build(config)
        self._server = serving.Server(self._around(self.app) if self._around else self.app, "127.0.0.1", self._port)
        await self._server.start()
        await self.app.until_ready()
        self._write_files()

    async def stop(self) -> None:
        """Stop Dicot, then the cluster."""
        if self._server is not None:
            await self._server.stop()
        await self.cluster.stop()

    async def _bootstrap(self, config: Config) -> None:
        client = Client.connect(plain(self.cluster.url, self.cluster.token("admin")))
        try:
            await bootstrap.run(
                client,
                config,
                admin_password=self.passwords["admin"],
                demo=True,
                demo_password=self.passwords["demo"],
            )
        finally:
            await client.close()

    def _passwords(self) -> dict[str, str]:
        """Read the passwords of an earlier start, or make them."""
        path = self.state / "passwords.json"
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        made = {name: secrets.token_urlsafe(12) for name in ("admin", "demo")}
        write_private(path, msgspec.json.encode(made).decode())
        return made

    def _write_files(self) -> None:
        clouds = {"clouds": {name: self.cloud(name) for name in self.passwords}}
        write_private(self.state / "clouds.yaml", yaml.safe_dump(clouds, sort_keys=False))
        write_private(self.state / "openrc", self._openrc("demo"))

    def cloud(self, name: str) -> Json:
        """Return the clouds.yaml entry of a user, whose project has the same name."""
        return {
            "auth": {
                "auth_url": f"{self.url}/identity/v3",
                "username": name,
                "password": self.passwords[name],
                "project_name": name,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": "RegionOne",
            "identity_api_version": 3,
        }

    def _openrc(self, name: str) -> str:
        auth = self.cloud(name)["auth"]
        lines = [f"export OS_{key.upper()}='{value}'" for key, value in auth.items()]
        return "\n".join([*lines, "export OS_REGION_NAME=RegionOne", "export OS_IDENTITY_API_VERSION=3", ""])

    def greeting(self) -> str:
        """Say that it is ready, and three commands to try."""
        clouds = self.state / "clouds.yaml"
        return "\n".join(
            [
                f"ready: OpenStack APIs at {self.url}, Kubernetes API at {self.cluster.url}",
                f"  export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=demo",
                "  openstack server create --image tiny --flavor m1.tiny --nic auto --wait my-first-server",
                f"  kubectl --kubeconfig {self.state / KUBECONFIG} get virtualmachines -A",
            ]
        )
