"""Query parameters and bodies that steer a verb (CreateOptions, PatchOptions, DeleteOptions, ListOptions), checked."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dicot.devcluster.apiserver.status import (
    ApiError,
    Cause,
    bad_request,
    forbidden_field,
    invalid_options,
    invalid_value,
    required,
    unsupported_value,
)

Json = dict[str, Any]
_VALIDATIONS = ["", "Ignore", "Strict", "Warn"]
_POLICIES = ["Foreground", "Background", "Orphan", "nil"]
_MANAGER_LIMIT = 128


class WriteOptions(msgspec.Struct, frozen=True):
    """How to write."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = "Warn"
    force: bool = False


class DeleteOptions(msgspec.Struct, frozen=True):
    """How to delete."""

    dry_run: bool = False
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""


class ListOptions(msgspec.Struct, frozen=True):
    """What to list or watch."""

    labels: str = ""
    fields: str = ""
    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""
    match: str = ""
    bookmarks: bool = False
    initial_events: bool | None = None
    timeout_s: float | None = None


def _dry_run(values: list[str]) -> tuple[bool, list[Cause]]:
    if not values:
        return False, []
    wrong = [value for value in values if value != "All"]
    return True, [unsupported_value("dryRun", wrong, ["All"])] if wrong else []


def write_options(query: Mapping[str, str], dry_run: list[str], verb: str, manager: str) -> WriteOptions:
    """Read the options of create, update ("Create", "Update") or patch ("Patch", "Apply")."""
    is_dry, causes = _dry_run(dry_run)
    named = query.get("fieldManager", "")
    force = _boolean(query, "force")
    if verb == "Apply" and not named:
        causes.append(required("fieldManager", "is required for apply patch"))
    if verb != "Apply" and "force" in query:
        causes.append(forbidden_field("force", "may not be specified for non-apply patch"))
    if len(named) > _MANAGER_LIMIT:
        causes.append(
            Cause("FieldValueTooLong", f"Too long: may not be more than {_MANAGER_LIMIT} bytes", "fieldManager")
        )
    validation = query.get("fieldValidation", "")
    if validation not in _VALIDATIONS:
        causes.append(unsupported_value("fieldValidation", validation, _VALIDATIONS))
    if causes:
        raise invalid_options({"Create": "CreateOptions", "Update": "UpdateOptions"}.get(verb, "PatchOptions"), causes)
    return WriteOptions(is_dry, named or manager, validation or "Warn", force)


def delete_options(query: Mapping[str, str], dry_run: list[str], body: Json) -> DeleteOptions:
    """Read the options of a deletion; the body wins over the query, as it does in Kubernetes."""
    is_dry, causes = _dry_run(body.get("dryRun") or dry_run)
    policy = body.get("propagationPolicy") or query.get("propagationPolicy", "")
    orphan = body.get("orphanDependents")
    if policy and policy not in _POLICIES[:3]:
        causes.append(unsupported_value("propagationPolicy", policy, _POLICIES))
    if policy and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        causes.append(invalid_value("propagationPolicy", policy, why))
    if causes:
        raise invalid_options("DeleteOptions", causes)
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    preconditions = body.get("preconditions") or {}
    return DeleteOptions(is_dry, policy, preconditions.get("uid") or "", preconditions.get("resourceVersion") or "")


def list_options(query: Mapping[str, str], *, watch: bool) -> ListOptions:
    """Read the options of a list or a watch."""
    options = ListOptions(
        labels=query.get("labelSelector", ""),
        fields=query.get("fieldSelector", ""),
        limit=max(0, _integer(query, "limit") or 0),
        continue_token=query.get("continue", ""),
        resource_version=query.get("resourceVersion", ""),
        match=query.get("resourceVersionMatch", ""),
        bookmarks=_boolean(query, "allowWatchBookmarks"),
        initial_events=_boolean(query, "sendInitialEvents") if "sendInitialEvents" in query else None,
        timeout_s=_integer(query, "timeoutSeconds"),
    )
    causes = _watch_causes(options) if watch else _list_causes(options)
    if causes:
        raise invalid_options("ListOptions", causes)
    return options


def _watch_causes(options: ListOptions) -> list[Cause]:
    causes: list[Cause] = []
    if options.initial_events is not None and options.match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes.append(forbidden_field("resourceVersionMatch", why))
    if options.match and options.initial_events is None:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(forbidden_field("resourceVersionMatch", why))
        if options.match != "NotOlderThan":
            causes.append(unsupported_value("resourceVersionMatch", options.match, ["NotOlderThan"]))
    return causes


def _list_causes(options: ListOptions) -> list[Cause]:
    field, causes = "resourceVersionMatch", list[Cause]()
    if options.initial_events is not None:
        causes.append(forbidden_field("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if not options.match:
        return causes
    if not options.resource_version:
        causes.append(forbidden_field(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
    if options.continue_token:
        causes.append(forbidden_field(field, "resourceVersionMatch is forbidden when continue is provided"))
    if options.match not in ("Exact", "NotOlderThan"):
        causes.append(unsupported_value(field, options.match, ["Exact", "NotOlderThan", ""]))
    if options.match == "Exact" and options.resource_version == "0":
        causes.append(forbidden_field(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    return causes


def _integer(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _boolean(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("1", "true", "t")


def parse_version(text: str, error: ApiError) -> int:
    """Read a resourceVersion; raises `error` where it is no number."""
    try:
        return int(text)
    except ValueError:
        raise error from None
