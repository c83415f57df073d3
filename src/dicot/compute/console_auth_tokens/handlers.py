"""Opens the token of a console's link and tells where it leads."""

from __future__ import annotations

import time

from yarl import URL

from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.console_auth_tokens.changes import TELLS_OF_RDP_ONLY
from dicot.compute.remote_consoles.link import LONGEST, Link
from dicot.identity import authenticator


async def show(request: Request, cluster: Cluster) -> Response:
    """Tell which server a token that holds now is for; until 2.30 Nova knew tokens of RDP only, which is gone."""
    if request.before(TELLS_OF_RDP_ONLY):
        raise BadRequest(
            "The server could not comply with the request since it is either malformed or otherwise incorrect."
        )
    token = request.params["console_token"]
    link = authenticator.of(cluster).keyring.sealer.open_as(Link, token) if len(token) <= LONGEST else None
    if link is None or link.expires_at <= time.time():
        raise NotFound("Token not found")
    server = URL(cluster.client.connection.credentials.server)
    console = {
        "instance_uuid": link.server_id,
        "host": server.host,
        "port": server.port,
        "internal_access_path": None,
    }
    return Response({"console": console})
