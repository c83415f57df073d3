"""Kubernetes -> OpenStack for kubeconfigs. Pure."""

from __future__ import annotations

import base64
from typing import Any

Json = dict[str, Any]


def kubeconfig(server: str, ca_pem: str, namespace: str, user: str, token: str) -> Json:
    """Return a kubeconfig for one namespace, ready to be written to a file."""
    cluster: Json = {"server": server}
    if ca_pem:
        cluster["certificate-authority-data"] = base64.b64encode(ca_pem.encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "dicot", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": namespace, "context": {"cluster": "dicot", "user": user, "namespace": namespace}}],
        "current-context": namespace,
    }
