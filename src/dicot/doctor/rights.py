"""Dicot's own rights, one by one, as Kubernetes itself judges them: SelfSubjectAccessReview as Dicot's account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import product
from typing import Any

from dicot.bootstrap import SERVICE_ACCOUNT, manifests
from dicot.config import Config
from dicot.doctor.finding import Finding, bad, ok
from dicot.kube.client import Actor, Client
from dicot.kube.kinds import SELF_SUBJECT_ACCESS_REVIEWS

Json = dict[str, Any]

ROLES = {"dicot:server": False, "dicot:server-system": True}
"""The roles of Dicot's account, and whether they hold in its own namespace only."""
TOGETHER_MOST = 16


def wanted(config: Config) -> Iterator[Json]:
    """Return every right that Dicot needs, as Kubernetes is asked about it."""
    for role in manifests("rbac"):
        at_home = ROLES.get(role["metadata"]["name"])
        if at_home is None:
            continue
        for rule in role["rules"]:
            yield from _singles(rule, config.system_namespace if at_home else "")


def _singles(rule: Json, namespace: str) -> Iterator[Json]:
    names = rule.get("resourceNames") or [""]
    for verb, group, combined, name in product(rule["verbs"], rule["apiGroups"], rule["resources"], names):
        resource, _, subresource = combined.partition("/")
        asked = {
            "verb": verb,
            "group": group,
            "resource": resource,
            "subresource": subresource,
            "name": name,
            "namespace": namespace,
        }
        yield {key: value for key, value in asked.items() if value}


async def own(client: Client, config: Config) -> AsyncIterator[Finding]:
    """Ask about each right, as Dicot's account."""
    account = f"system:serviceaccount:{config.system_namespace}:{SERVICE_ACCOUNT}"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{config.system_namespace}", "system:authenticated")
    as_dicot = client.acting_as(Actor(account, groups))
    turn = asyncio.Semaphore(TOGETHER_MOST)

    async def lacks(right: Json) -> bool:
        review = {
            "apiVersion": SELF_SUBJECT_ACCESS_REVIEWS.api_version,
            "kind": SELF_SUBJECT_ACCESS_REVIEWS.kind,
            "spec": {"resourceAttributes": right},
        }
        async with turn:
            answer = await as_dicot.create(SELF_SUBJECT_ACCESS_REVIEWS, review)
        return not answer["status"].get("allowed")

    asked = list(wanted(config))
    missing = [right for right, lack in zip(asked, await asyncio.gather(*map(lacks, asked)), strict=True) if lack]
    for right in missing:
        yield bad(f"{account} may not {_told(right)}", "Run `dicot bootstrap` with an administrator's kubeconfig.")
    if not missing:
        yield ok(f"{account} has all of its {len(asked)} rights")


def _told(right: Json) -> str:
    resource = right["resource"] + (f"/{right['subresource']}" if "subresource" in right else "")
    resource += f".{right['group']}" if "group" in right else ""
    named = f" {right['name']}" if "name" in right else ""
    return f"{right['verb']} {resource}{named}" + (f" in {right['namespace']}" if "namespace" in right else "")
