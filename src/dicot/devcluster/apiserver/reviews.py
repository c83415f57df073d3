"""Questions in the form of objects that are never stored: who am I, may they, is this token good, make me one."""

import base64
from typing import Any

from dicot.devcluster.apiserver import kinds, managed, rbac
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.builtin import TOKEN_REQUEST
from dicot.devcluster.apiserver.call import Answer, Call, answer_json
from dicot.devcluster.apiserver.decode import read_object
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.options import write_options
from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.apiserver.status import (
    bad_request,
    conflict,
    invalid,
    invalid_value,
    method_not_allowed,
    required,
)
from dicot.devcluster.apiserver.users import AUDIENCE, BOUND_KINDS, User
from dicot.devcluster.apiserver.write import Write
from dicot.devcluster.clock import timestamp

Json = dict[str, Any]
SERVICE_ACCOUNTS = ("", "serviceaccounts")
_TOKEN_LIFETIME_S = 3600
_SHORTEST_TOKEN_S = 600
_PROTOCOL_TOKEN = "base64url.bearer.authorization.k8s.io."  # noqa: S105


def user_of(api: Api, token: str, audience: str = AUDIENCE) -> User | None:
    """Return the user of a bearer token for an audience; None where it is no good."""

    def uid_of(plural: str, namespace: str, name: str) -> str | None:
        record = api.store.get(("", plural), f"{namespace}/{name}")
        return record.uid if record else None

    return api.tokens.find(token, api.clock.now(), uid_of, audience)


def token_of_protocols(protocols: str) -> str:
    """Return the bearer token that a WebSocket client put among its subprotocols."""
    for offered in protocols.split(","):
        name = offered.strip()
        if name.startswith(_PROTOCOL_TOKEN):
            text = name.removeprefix(_PROTOCOL_TOKEN)
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    return ""


def handle(call: Call) -> Answer:
    """Answer a review."""
    if call.target.verb != "create":
        raise method_not_allowed(call.resource, call.target.verb)
    body, _ = read_object(call)
    kinds.prune(call.resource, body)
    body.setdefault("metadata", {})
    if call.resource.plural != "selfsubjectreviews":
        _owned(call, body)
    return answer_json(_REVIEWS[call.resource.plural](call, body), 201)


def _owned(call: Call, body: Json, subresource: str = "") -> Json:
    """Note who asked, as the metadata of stored objects does."""
    options = write_options(call.query, call.dry_run, "Create", call.manager)
    how = Write(api=call.api, resource=call.resource, user=call.user, manager=options.field_manager,
                subresource=subresource)  # fmt: skip
    managed.track(how, None, body)
    return body


def _self_subject(call: Call, body: Json) -> Json:
    metadata = {"creationTimestamp": timestamp(call.api.clock.now())}
    return {**body, "metadata": metadata, "status": {"userInfo": call.user.info()}}


def _token_review(call: Call, body: Json) -> Json:
    token = (body.get("spec") or {}).get("token") or ""
    if not token:
        raise invalid(call.resource, "", [required("spec.token")])
    audiences = body["spec"].get("audiences") or [AUDIENCE]
    found = {audience: user for audience in audiences if (user := user_of(call.api, token, audience)) is not None}
    if not found:
        return {**body, "status": {"user": {}, "error": "invalid bearer token"}}
    user = next(iter(found.values()))
    return {**body, "status": {"authenticated": True, "user": user.info(), "audiences": list(found)}}


def _self_access(call: Call, body: Json) -> Json:
    return {**body, "status": _decided(call, body, call.user)}


def _access(call: Call, body: Json) -> Json:
    spec = body.get("spec") or {}
    if not spec.get("user") and not spec.get("groups"):
        why = "at least one of user or group must be specified"
        raise invalid(call.resource, "", [invalid_value("spec.user", "", why)], kind="")
    user = User(spec.get("user") or "", spec.get("uid") or "", tuple(spec.get("groups") or ()))
    return {**body, "status": _decided(call, body, user)}


def _decided(call: Call, body: Json, user: User) -> Json:
    spec = body.get("spec") or {}
    wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (wanted is None) == (path is None):
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = invalid_value("spec.resourceAttributes", wanted, why)
        raise invalid(call.resource, "", [cause], kind="")
    allowed, reason = rbac.decide(call.api.store, user, _asked(wanted, path))
    return {"allowed": allowed, "reason": reason} if reason else {"allowed": allowed}


def _asked(wanted: Json | None, path: Json | None) -> Ask:
    if path is not None:
        return Ask(path.get("verb") or "", path=path.get("path") or "/")
    keys = ("verb", "group", "resource", "subresource", "name", "namespace")
    return Ask(**{key: (wanted or {}).get(key) or "" for key in keys})


def _rules(call: Call, body: Json) -> Json:
    namespace = (body.get("spec") or {}).get("namespace") or ""
    found: list[Json] = []
    if rbac.MASTERS in call.user.groups:
        found.append({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
        found.append({"verbs": ["*"], "nonResourceURLs": ["*"]})
    found += [grant.rule for grant in rbac.grants(call.api.store, call.user, namespace)]
    status = {
        "resourceRules": [rule for rule in found if not rule.get("nonResourceURLs")],
        "nonResourceRules": [rule for rule in found if rule.get("nonResourceURLs")],
        "incomplete": False,
    }
    return {**body, "spec": {}, "status": status}


_REVIEWS = {
    "selfsubjectreviews": _self_subject,
    "tokenreviews": _token_review,
    "selfsubjectaccessreviews": _self_access,
    "subjectaccessreviews": _access,
    "localsubjectaccessreviews": _access,
    "selfsubjectrulesreviews": _rules,
}


def token_request(call: Call) -> Answer:
    """Make a token for a ServiceAccount."""
    record = existing(call.api, call.resource, call.target.namespace, call.target.name)
    if call.target.verb != "create":
        raise method_not_allowed(call.resource, call.target.verb)
    call.resource = TOKEN_REQUEST
    body, _ = read_object(call)
    kinds.prune(TOKEN_REQUEST, body)
    sent = _owned(call, {"spec": body.get("spec") or {}, "metadata": {}}, "token")
    spec: Json = body.get("spec") or {}
    lifetime = spec.get("expirationSeconds") or _TOKEN_LIFETIME_S
    if lifetime < _SHORTEST_TOKEN_S:
        why = "may not specify a duration less than 10 minutes"
        raise invalid(TOKEN_REQUEST, "", [invalid_value("spec.expirationSeconds", lifetime, why)])
    audiences = spec.get("audiences") or [AUDIENCE]
    now, name, namespace = call.api.clock.now(), call.target.name, call.target.namespace
    bound = _bound(call, spec.get("boundObjectRef"))
    token = call.api.tokens.issue(namespace, name, record.uid, audiences, now, lifetime, bound)
    return answer_json(
        {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": record.uid,
                "creationTimestamp": timestamp(now),
                **sent["metadata"],
            },
            "spec": {
                "audiences": audiences,
                "expirationSeconds": lifetime,
                "boundObjectRef": spec.get("boundObjectRef"),
            },
            "status": {"token": token, "expirationTimestamp": timestamp(now + lifetime)},
        },
        201,
    )


def _bound(call: Call, reference: Json | None) -> dict[str, Json] | None:
    """Find the object that a token shall not outlive (404, 409), as the claim that the token carries."""
    if not reference:
        return None
    kind = reference.get("kind", "")
    if kind not in BOUND_KINDS:
        raise bad_request(f"cannot bind token for serviceaccount to object of type {kind}")
    resource = call.api.registry.of_kind("v1", kind)
    assert resource is not None
    record = existing(call.api, resource, call.target.namespace, reference.get("name", ""))
    if reference.get("uid") and reference["uid"] != record.uid:
        why = (
            f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record."
            " The object might have been deleted and then recreated"
        )
        raise conflict(resource, reference["name"], why)
    return {BOUND_KINDS[kind]: {"name": reference["name"], "uid": record.uid}}
