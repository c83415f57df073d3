"""The way from OpenStack to kubectl: a short-lived Kubernetes credential for the project that a token is for.

| Credential | Where |
|---|---|
| who asked, for which project, with which login, until when | KubernetesCredential of identity.dicot.io |
| identity in Kubernetes | a ServiceAccount in Dicot's own namespace, owned by it |
| rights | a RoleBinding in the project's namespace for each role, owned by it |
| token | TokenRequest; kept nowhere |

The ServiceAccount is not in the project's namespace: whoever may write Secrets or run pods there could become it, and
it may have more roles than they. `dicot.reconcile.kubeconfigs` ends it with the login that it rests on.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.route import Route
from dicot.identity.kubeconfig import handlers, schema

HISTORY = History({"create": schema.CREATE})

ROUTES = (
    Route(
        method="POST",
        path="/OS-DICOT/kubeconfig",
        handler=handlers.create,
        policy="identity:create_kubeconfig",
        rule=policy.reader,
        history=HISTORY,
        body="create",
    ),
)
