"""Handlers of kubeconfigs: from an OpenStack login to a Kubernetes one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.api.token import Payload
from dicot.cluster import Cluster
from dicot.config import Config
from dicot.identity import authenticator, callers, people
from dicot.identity.kinds import KUBERNETES_CREDENTIALS
from dicot.identity.kubeconfig import credentials, manifest, view
from dicot.identity.times import stamp, whole

Json = dict[str, Any]

MOST = 20
"""How many a user may have at a time: each is a ServiceAccount until it ends."""


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a Kubernetes credential with the caller's roles in the project of the token, and wrap it for kubectl."""
    caller, login = request.caller, _login(request, cluster)
    if not caller.project_id:
        raise BadRequest("Invalid kubeconfig: a token scoped to a project is needed.")
    credential = people.application_credential(cluster, login.application_credential_id)
    if credential is not None and "accessRules" in credential["spec"]:  # kubectl would know nothing of them
        raise Forbidden("An application credential with access rules is not exchanged for a kubeconfig.")
    role = manifest.rank(caller.roles)
    if not role:
        raise Forbidden("You are not authorized to perform the requested action: identity:create_kubeconfig.")
    if len(cluster.cache(KUBERNETES_CREDENTIALS).find("user", caller.user_id)) >= MOST:
        raise Forbidden(f"Unable to create additional kubeconfigs, maximum of {MOST} already exceeded for user.")
    lifetime_s = _lifetime_s(cluster.config, request.body["kubeconfig"].get("lifetime_s"))
    name = f"kubeconfig-{names.object_name(caller.user_name)}"
    wanted = manifest.credential(name, caller.user_name, caller.namespace, login, stamp(time.time() + lifetime_s))
    made = await cluster.client.create(KUBERNETES_CREDENTIALS, wanted)
    cluster.cache(KUBERNETES_CREDENTIALS).learn(made)
    try:
        await credentials.furnish(cluster, made, role)
        status = await credentials.token(cluster, made, lifetime_s)
    except BaseException:
        await credentials.end(cluster, made)
        raise
    server, ca_pem = _where(cluster)
    return Response(
        {
            "kubeconfig": view.kubeconfig(server, ca_pem, caller.namespace, caller.user_name, status["token"]),
            "expires_at": whole(time.time() + lifetime_s),
            "namespace": caller.namespace,
        },
        status=201,
    )


def _login(request: Request, cluster: Cluster) -> Payload:
    login = authenticator.of(cluster).open(request.http.headers.get("x-auth-token", ""))
    if login is None:
        raise callers.refused()
    return login


def _lifetime_s(config: Config, asked: int | None) -> int:
    most = config.kubeconfig_lifetime_s
    if asked is not None and asked > most:
        raise BadRequest(f"Invalid kubeconfig: lifetime_s is at most {most}.")
    return asked or most


def _where(cluster: Cluster) -> tuple[str, str]:
    """Return where tenants reach the Kubernetes API, and whom they trust there: as configured, or as Dicot does."""
    config, own = cluster.config, cluster.client.connection.credentials
    ca_pem = Path(config.kube_public_ca_file).read_text() if config.kube_public_ca_file else ""
    if config.kube_public_url:
        return config.kube_public_url.rstrip("/"), ca_pem
    return own.server, ca_pem or own.ca_pem or ""
