"""Admission hooks of the controllers, served as webhooks: AdmissionReview in, a JSON patch or a refusal out."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dicot.devcluster.apiserver.admission import Hook, Review
from dicot.devcluster.apiserver.status import ApiError
from dicot.devcluster.apiserver.users import User

Json = dict[str, Any]
TIMEOUT_S = 30
MUTATORS = {
    "virtualmachines.kubevirt.io": "virtualmachines-mutator.kubevirt.io",
    "virtualmachineinstances.kubevirt.io": "virtualmachineinstances-mutator.kubevirt.io",
}
VALIDATORS = {
    "virtualmachines.kubevirt.io": (("virtualmachine-validator.kubevirt.io", ("CREATE", "UPDATE")),),
    "virtualmachineinstances.kubevirt.io": (
        ("virtualmachineinstances-create-validator.kubevirt.io", ("CREATE",)),
        ("virtualmachineinstances-update-validator.kubevirt.io", ("UPDATE",)),
    ),
    "pods": (("virt-launcher-eviction-interceptor.kubevirt.io", ("CREATE",)),),
    "datavolumes.cdi.kubevirt.io": (("datavolume-validate.cdi.kubevirt.io", ("CREATE", "UPDATE")),),
    "virtualmachineinstancemigrations.kubevirt.io": (("migration-create-validator.kubevirt.io", ("CREATE", "UPDATE")),),
    "virtualmachinesnapshots.snapshot.kubevirt.io": (
        ("virtualmachinesnapshot-validator.snapshot.kubevirt.io", ("CREATE", "UPDATE")),
    ),
}
"""The names that the real webhooks have, and that refusals carry; others are named after their resource."""


class Webhook(msgspec.Struct, frozen=True):
    """One webhook: its name, what it is called for, and the hook."""

    name: str
    resource: str
    operations: tuple[str, ...]
    hook: Hook
    mutates: bool

    @property
    def path(self) -> str:
        """Return where it is served."""
        return f"/{'mutate' if self.mutates else 'validate'}/{self.name}"


def named(resource: str, mutate: Hook | None, validate: Hook | None) -> list[Webhook]:
    """Name the webhooks of one registration."""
    found: list[Webhook] = []
    both = ("CREATE", "UPDATE")
    if mutate is not None:
        name = MUTATORS.get(resource, resource.replace(".", "-mutator.", 1))
        found.append(Webhook(name, resource, both, mutate, mutates=True))
    if validate is not None:
        names = VALIDATORS.get(resource, ((resource.replace(".", "-validator.", 1), both),))
        found += [Webhook(name, resource, operations, validate, mutates=False) for name, operations in names]
    return found


def configuration(webhooks: list[Webhook], url: str, trusted: bytes, *, mutates: bool) -> Json:
    """Write the object that tells kube-apiserver of them."""
    kind = "MutatingWebhookConfiguration" if mutates else "ValidatingWebhookConfiguration"
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "devcluster"},
        "webhooks": [_entry(one, url, trusted) for one in webhooks if one.mutates == mutates],
    }


def _entry(webhook: Webhook, url: str, trusted: bytes) -> Json:
    plural, _, group = webhook.resource.partition(".")
    # Of pods only evictions are judged.
    resource = "pods/eviction" if webhook.resource == "pods" else plural
    rule = {
        "apiGroups": [group], "apiVersions": ["*"], "operations": list(webhook.operations), "resources": [resource],
        "scope": "*",
    }  # fmt: skip
    return {
        "name": webhook.name,
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": url + webhook.path, "caBundle": base64.b64encode(trusted).decode()},
        "failurePolicy": "Fail",
        "rules": [rule],
        "sideEffects": "None",
        "timeoutSeconds": TIMEOUT_S,
    }


class Lookup(Protocol):
    """Finds an object in the cluster, for hooks that must know about others."""

    def __call__(self, group: str, plural: str, namespace: str, name: str) -> Json | None:
        """Return the object; None where there is none."""
        ...


def app(webhooks: list[Webhook], lookup: Lookup) -> Starlette:
    """Build the application that answers for all of them."""

    def serve(webhook: Webhook) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            body: Json = msgspec.json.decode(await request.body())
            response = _respond(webhook, body["request"], lookup)
            return JSONResponse({"apiVersion": body["apiVersion"], "kind": "AdmissionReview", "response": response})

        return answer

    return Starlette(routes=[Route(one.path, serve(one), methods=["POST"]) for one in webhooks])


def _respond(webhook: Webhook, request: Json, lookup: Lookup) -> Json:
    before = request.get("object") or {}
    review = Review(
        operation=request["operation"],
        resource=webhook.resource,
        subresource=request.get("subRequest") or request.get("subResource") or "",
        namespace=request.get("namespace") or "",
        name=request.get("name") or "",
        object=copy.deepcopy(before),
        old=request.get("oldObject"),
        user=_user(request["userInfo"]),
        dry_run=bool(request.get("dryRun")),
        warnings=[],
        get=lookup,
    )
    response: Json = {"uid": request["uid"], "allowed": True}
    try:
        webhook.hook(review)
    except ApiError as refused:
        response |= {"allowed": False, "status": _refusal(webhook.name, refused.status)}
    patch = _patch(before, review.object) if webhook.mutates and response["allowed"] else []
    if patch:
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(msgspec.json.encode(patch)).decode()}
    if review.warnings:
        response["warnings"] = review.warnings
    return response


def _user(info: Json) -> User:
    extra = tuple((key, tuple(values)) for key, values in (info.get("extra") or {}).items())
    return User(info.get("username", ""), info.get("uid", ""), tuple(info.get("groups") or ()), extra)


def _refusal(name: str, status: Json) -> Json:
    """Take off what kube-apiserver puts before a webhook's own words."""
    words = status["message"].removeprefix(f'admission webhook "{name}" denied the request: ')
    return {**status, "message": words}


def _patch(before: Json, after: Json) -> list[Json]:
    """Write the JSON patch by whole top-level fields."""
    changed = [
        {"op": "add", "path": f"/{key}", "value": value} for key, value in after.items() if before.get(key) != value
    ]
    return changed + [{"op": "remove", "path": f"/{key}"} for key in before if key not in after]
