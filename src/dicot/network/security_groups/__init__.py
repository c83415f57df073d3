"""Security groups: the custom resource SecurityGroup, with its rules inside.

| Security group | `network.dicot.io/v1alpha1` SecurityGroup |
|---|---|
| id | label `dicot.io/security-group-id`, else `metadata.uid` |
| name, description, stateful, tags | `spec.name`, `spec.description`, `spec.stateful`, `spec.tags` |
| security_group_rules | `spec.rules[]`, each with its id |

Every project has a group `default`. It is shown, and used by ports, from the first moment; it is written as an object
(`metadata.name: default`) when somebody changes it, so that reading writes nothing. Its ids stay the same thereby.
"""

from __future__ import annotations

from dicot.network.resources import SECURITY_GROUP
from dicot.network.routing import crud
from dicot.network.security_groups import handlers

ROUTES = crud(
    SECURITY_GROUP,
    index=handlers.index,
    show=handlers.show,
    create=handlers.create,
    update=handlers.update,
    delete=handlers.delete,
)
