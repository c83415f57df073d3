"""What an administrator declares of a server's state. Kubernetes has no field for it, and goes on as before."""

from __future__ import annotations

from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import lookup, marks, revision
from dicot.compute.servers.creation import action


async def reset_state(request: Request, cluster: Cluster) -> Response:
    """Declare a server to be in error, or take that back: it is then again what Kubernetes says that it is.

    Nova, too, puts right what was declared active and is not, when it next looks at the guest.
    """
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    declared = "error" if request.body["os-resetState"]["state"] == "error" else None
    done = action(request, "resetState")
    await revision.annotate(
        request,
        cluster,
        vm,
        lambda now: {marks.DECLARED: declared, marks.ACTIONS: marks.with_action(now, done)},
    )
    return Response(status=202)
