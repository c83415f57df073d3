"""Credentials (EC2 keys and other blobs): Secrets in Dicot's own namespace, read when they are asked for.

| Credential | Secret |
|---|---|
| id | in the name; of an EC2 key it is SHA-256 of the access key |
| user_id | label `dicot.io/credential-user-id`, and the owner reference |
| type, project_id | annotations `dicot.io/credential-type`, `dicot.io/credential-project-id` |
| blob | `data.blob` |

A signature can only be checked with the key itself, so these are no hashes: only Dicot's account reads that namespace.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.credentials import ec2, handlers, schema, signed

HISTORY = History({"create": schema.CREATE, "update": schema.UPDATE, "ec2": schema.CREATE_EC2, "signed": schema.SIGNED})
_MANY, _ONE = "/credentials", "/credentials/{credential_id}"
_EC2 = "/users/{user_id}/credentials/OS-EC2"


def _route(method: str, path: str, handler: Handler, verb: str, body: str = "", rule: Rule = policy.anyone) -> Route:
    return Route(
        method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=rule, history=HISTORY, body=body
    )


ROUTES = (
    _route("GET", _MANY, handlers.index, "list_credentials"),
    _route("POST", _MANY, handlers.create, "create_credential", "create"),
    _route("GET", _ONE, handlers.show, "get_credential"),
    _route("PATCH", _ONE, handlers.update, "update_credential", "update"),
    _route("DELETE", _ONE, handlers.delete, "delete_credential"),
    _route("GET", _EC2, ec2.index, "ec2_list_credentials"),
    _route("POST", _EC2, ec2.create, "ec2_create_credential", "ec2"),
    _route("GET", f"{_EC2}/{{access}}", ec2.show, "ec2_get_credential"),
    _route("DELETE", f"{_EC2}/{{access}}", ec2.delete, "ec2_delete_credential"),
    _route("POST", "/ec2tokens", signed.create, "ec2tokens_validate", "signed", rules.validates),
    _route("POST", "/s3tokens", signed.create_s3, "s3tokens_validate", "signed", rules.validates),
)
