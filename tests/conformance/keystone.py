"""Compares what Dicot's identity accepts with Keystone's own schemas: `python -m tests.conformance.keystone`."""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any

from dicot.identity import SERVICE

Json = dict[str, Any]

SCHEMAS = {
    "POST /auth/tokens": "auth.schema token_issue",
    "POST /projects": "resource.schema project_create_request_body",
    "PATCH /projects/{project_id}": "resource.schema project_update_request_body",
    "PUT /projects/{project_id}/tags": "resource.schema tags_update_request_body",
    "POST /domains": "resource.schema domain_create_request_body",
    "PATCH /domains/{domain_id}": "resource.schema domain_update_request_body",
    "POST /users": "identity.schema user_create_request",
    "PATCH /users/{user_id}": "identity.schema user_update_request",
    "POST /groups": "identity.schema group_create_request_body",
    "PATCH /groups/{group_id}": "identity.schema group_update_request_body",
    "POST /roles": "assignment.schema role_create_request_body",
    "PATCH /roles/{role_id}": "assignment.schema role_update_request_body",
    "POST /users/{user_id}/application_credentials": "application_credential.schema "
    "application_credential_create_request_body",
    "POST /OS-TRUST/trusts": "trust.schema trust_create_request_body",
    "POST /credentials": "credential.schema create_request_body",
    "PATCH /credentials/{credential_id}": "credential.schema update_request_body",
}
"""Each route that takes a body, and where Keystone keeps its schema."""

OWN = {
    "POST /users/{user_id}/password": "Keystone validates the object inside, and Dicot the whole body",
    "POST /users/{user_id}/credentials/OS-EC2": "Keystone has no schema",
    "POST /ec2tokens": "Keystone has no schema",
    "POST /s3tokens": "Keystone has no schema",
    "POST /OS-DICOT/kubeconfig": "Keystone has no such route",
}
"""Routes of which Keystone has no schema of the whole body."""

EXPLAINED = {
    "POST /auth/tokens /properties/identity/properties/application_credential: *": "Keystone's plugin checks it later",
    "POST /auth/tokens /properties/scope/properties/system/properties/all/enum: *": "null is no boolean in either",
    "* /properties/*/properties/enabled/*": "Dicot takes JSON's booleans; Keystone also words that stand for one",
    "POST /projects /properties/project/properties/is_domain/*": "likewise",
    "*/project/properties/options/*": "options of projects are refused by name: kubectl would not heed `immutable`",
    "*/domain/properties/options/*": "likewise of domains",
    "*/options/properties/*/enum: *": "Keystone lists true, false and null, which the type says already",
    "*/options/properties/multi_factor_auth_*": "second factors are refused by name",
    "*/properties/federated/items: *": "people of other identity providers are refused by name, in any form",
    "*/properties/*/additionalProperties: only Dicot*": "Dicot says aloud what is the default",
    "* /required: only Dicot*": "a body without its object is refused at once; Keystone stumbles over it later",
    "PATCH /projects/{project_id} /properties/project/minProperties: only Dicot*": "a change must change something",
    "* /properties/tags/*: only Dicot*": "the limits of tags that Keystone sets at a project's creation hold here, too",
    "*/properties/tags/required: *": "a list cannot have required keys",
    "* /properties/*/properties/default_project_id/*: only Dicot*": "an id is an id",
    "*/properties/email: only Dicot*": "a text; Keystone takes anything of that name",
    "*/properties/password/maxLength: only Dicot*": "Keystone cuts longer ones off instead (max_password_length)",
    "*/properties/secret/maxLength: only Dicot*": "likewise",
    "PATCH * /properties/*/properties/explicit_domain_id: only Dicot*": "the handler knows that it cannot change",
    "PATCH * /properties/*/properties/domain_id: only Dicot*": "likewise",
    "PATCH * /properties/*/properties/is_domain: only Dicot*": "likewise",
    "PATCH * /properties/*/properties/parent_id: only Dicot*": "likewise",
}
"""Where the schemas differ, and why; `*` stands for anything."""

_SAYS_NOTHING = frozenset({"description", "readOnly", "title", "x-openstack"})
_UNORDERED = frozenset({"required", "enum", "type"})


def normal(schema: Any, key: str = "") -> Any:
    """Put aside what forbids nothing: descriptions, order, and the false `additionalProperties` beside it."""
    if isinstance(schema, dict):
        held = schema if key != "properties" else {f" {name}": value for name, value in schema.items()}
        kept = {name: value for name, value in held.items() if name not in _SAYS_NOTHING}
        return {name.strip(): normal(value, name) for name, value in kept.items() if value != {"": None}}
    if isinstance(schema, list | tuple | set | frozenset):
        values = [normal(value) for value in schema]
        return sorted(values, key=repr) if key in _UNORDERED else values
    return schema


def differences() -> tuple[int, list[str]]:
    """Return how many schemas were compared, and what differs without being explained."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # keystone's own imports warn
        import importlib

        from tests.conformance.requests import unlike

        found: list[str] = []
        met: set[str] = set()
        compared = 0
        for route in SERVICE.routes:
            title = f"{route.method} {route.path}"
            if not route.body or title in OWN:
                continue
            if title not in SCHEMAS:
                if not _refused(title):
                    found.append(f"{title}: not in the table")
                continue
            module, name = SCHEMAS[title].split()
            theirs = getattr(importlib.import_module(f"keystone.{module}"), name)
            compared += 1
            ours = route.history.schema(route.body, 0)
            if title == "POST /auth/tokens":  # Keystone validates what is inside
                ours = ours["properties"]["auth"]
            for what in unlike(normal(ours), normal(theirs)):
                told = f"{title} {what}".replace("Nova", "Keystone")
                reasons = {one for one in EXPLAINED if _fits(one, told)}
                met |= reasons
                if not reasons:
                    found.append(told)
    return compared, [*found, *(f"explained, but equal: {one}" for one in EXPLAINED if one not in met)]


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _refused(title: str) -> bool:
    """Tell whether a route is there to refuse by name, whatever is sent."""
    return any(noun in title for noun in ("/services", "/endpoints", "/regions", "/policies", "/limits"))


def main() -> int:
    """Print the comparison; 1 if anything differs without being explained."""
    compared, found = differences()
    for line in found:
        print(f"  {line}")
    print(f"Identity: {compared} schemas compared; {len(EXPLAINED)} places differ for a reason:")
    for where, why in EXPLAINED.items():
        print(f"  {where}: {why}")
    return 1 if found or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
