"""Which tokens were revoked one by one: what services that check tokens offline ask for (OS-REVOKE)."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity.kinds import REVOKED_TOKENS
from dicot.identity.times import parse, whole

Json = dict[str, Any]


async def events(request: Request, cluster: Cluster) -> Response:
    """List the revocations, `since` a time if one is asked for."""
    text = request.asked("since")
    try:
        since = parse(text) if text else None
    except ValueError:
        raise BadRequest(f"invalidate date format {text}") from None
    found = [(_made_at(one), one) for one in cluster.cache(REVOKED_TOKENS).all()]
    shown = [_event(at, one) for at, one in sorted(found, key=lambda pair: pair[0]) if since is None or at >= since]
    links = {"next": None, "self": request.url("/OS-REVOKE/events"), "previous": None}
    return Response({"events": shown, "links": links})


def _made_at(revoked: Json) -> float:
    return parse(revoked["metadata"]["creationTimestamp"])


def _event(at: float, revoked: Json) -> Json:
    return {"audit_id": revoked["spec"]["auditId"], "issued_before": whole(at), "revoked_at": whole(at)}
