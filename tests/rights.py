"""Which of the rights that Dicot's own account has are used: read from audit events, compared with its rules.

The events are those of a development cluster or of a real API server's audit log: both are audit.k8s.io/v1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from dicot import bootstrap
from dicot.config import Config
from tests.real_kube.audit_log import answered

Json = dict[str, Any]
Right = tuple[str, str, str, str, str]
"""ClusterRole, verb, group, resource with its subresource, and the one name that it is limited to ("" for any)."""

SYSTEM = Config().system_namespace
ACCOUNT = f"system:serviceaccount:{SYSTEM}:{bootstrap.SERVICE_ACCOUNT}"
EVERYWHERE, AT_HOME = "dicot:server", "dicot:server-system"
GRANTED = (("get", "cdi.kubevirt.io", "datasources"), ("create", "cdi.kubevirt.io", "datavolumes/source"))
"""What Dicot holds in order to grant it, as Kubernetes demands: used whenever a Role is written."""


def rules() -> dict[str, list[Json]]:
    """Return the rules of Dicot's own roles."""
    found = {one["metadata"]["name"]: one["rules"] for one in bootstrap.manifests("rbac") if "rules" in one}
    return {role: found[role] for role in (EVERYWHERE, AT_HOME)}


def given() -> Iterator[Right]:
    """Return every single right that the rules give."""
    for role, listed in rules().items():
        for rule in listed:
            names = rule.get("resourceNames") or [""]
            for verb, group, resource, name in product(rule["verbs"], rule["apiGroups"], rule["resources"], names):
                yield role, verb, group, resource, name


APPLIED = frozenset({"roles", "rolebindings"})
"""What Dicot writes by server-side apply: Kubernetes asks for both rights, audit events name one."""

UNREACHED = {
    "dicot:server get  configmaps cdi-uploadproxy-signer-bundle": "the tests' upload proxy has no in-cluster name",
}
"""What no test uses, and why it is there all the same."""


class Rights:
    """What was asked for as Dicot itself, and what was refused to it."""

    def __init__(self) -> None:
        self.used: set[Right] = set()
        self.refused: set[str] = set()

    def note(self, event: Json) -> None:
        """Take one audit event; other people's are none of this."""
        if event["user"]["username"] != ACCOUNT:
            return
        if "impersonatedUser" in event:
            self.used |= set(_impersonation(event["impersonatedUser"]))
            return
        ref = event.get("objectRef")
        if ref is None:
            return
        group, resource = ref.get("apiGroup", ""), ref["resource"]
        resource += f"/{ref['subresource']}" if "subresource" in ref else ""
        role = AT_HOME if _is_at_home(ref) else EVERYWHERE
        if event["responseStatus"]["code"] == 403:
            self.refused.add(f"{event['verb']} {group}/{resource} in {ref.get('namespace', 'the cluster')}")
            return
        for named in ("", ref.get("name", "")):
            self.used.add((role, event["verb"], group, resource, named))
            self.used.add((role, event["verb"], group, "*", named))
        if resource == "roles" and event["verb"] in {"create", "patch"}:
            self.used |= {(EVERYWHERE, *granted, "") for granted in GRANTED}
        if event["verb"] == "patch" and resource in APPLIED:  # to apply what is not there is to create it
            self.used.add((EVERYWHERE, "create", group, resource, ""))
        if resource == "rolebindings" and event["verb"] == "create":
            self.used |= {right for right in given() if right[1] == "bind"}

    def read(self, log: Path) -> None:
        """Take the audit log of a real API server: one event a line, of which the last stage tells how it ended."""
        with log.open() as lines:
            for event in answered(lines):
                self.note(event)

    def unused(self) -> list[str]:
        """Name the rights that nothing has used."""
        named = (" ".join(right).strip() for right in given() if right not in self.used)
        return sorted(name for name in named if name not in UNREACHED)

    def part(self) -> Json:
        """Return what was seen as plain data."""
        return {"used": sorted(self.used), "refused": sorted(self.refused)}

    def add(self, part: Json) -> None:
        """Add what another process, or an earlier one, has seen."""
        self.used |= {(one[0], one[1], one[2], one[3], one[4]) for one in part["used"]}
        self.refused |= set(part["refused"])

    def keep(self, path: Path) -> None:
        """Add what a file has of earlier runs, and write it all there."""
        if path.exists():
            self.add(json.loads(path.read_text()))
        path.write_text(json.dumps(self.part()))


def _is_at_home(ref: Json) -> bool:
    return ref.get("namespace") == SYSTEM and ref["resource"] in {"secrets", "leases", "serviceaccounts"}


def _impersonation(whom: Json) -> Iterator[Right]:
    account = whom["username"].startswith("system:serviceaccount:")
    yield EVERYWHERE, "impersonate", "", "serviceaccounts" if account else "users", ""
    if whom.get("groups"):
        yield EVERYWHERE, "impersonate", "", "groups", ""
    if whom.get("uid"):
        yield EVERYWHERE, "impersonate", "authentication.k8s.io", "uids", ""
    for key in whom.get("extra") or ():
        yield EVERYWHERE, "impersonate", "authentication.k8s.io", f"userextras/{key}", ""
