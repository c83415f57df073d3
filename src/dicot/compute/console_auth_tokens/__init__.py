"""What the token in a console's link stands for, told to administrators.

| Console | Kubernetes |
|---|---|
| instance_uuid | the server's id, as it is sealed in the token |
| host, port | the Kubernetes API, through which KubeVirt's consoles are reached |
| internal_access_path | none |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.console_auth_tokens import handlers
from dicot.compute.console_auth_tokens.changes import HISTORY

__all__ = ["ROUTES"]

ROUTES = (
    Route(
        method="GET",
        path="/os-console-auth-tokens/{console_token}",
        handler=handlers.show,
        policy="os_compute_api:os-console-auth-tokens",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="show",
    ),
)
