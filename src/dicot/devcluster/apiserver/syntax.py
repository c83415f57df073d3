"""The grammar of names, labels and annotations, with Kubernetes' own sentences (apimachinery's validation package)."""

import re

from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import Cause, invalid_value

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(_SUBDOMAIN)
_NAME_PART = re.compile(_QUALIFIED)
_LABEL_VALUE = re.compile("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")

_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with"
    f" an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and"
    f" end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_NAME_PART_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    f" character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QUALIFIED}')"
)
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and"
    " end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
    " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

_LABEL_NAMED = {("", "namespaces"), ("", "services")}
_PATH_NAMED = {"rbac.authorization.k8s.io"}
ANNOTATIONS_LIMIT = 256 * 1024


def subdomain_faults(name: str) -> list[str]:
    """Return what is wrong with a DNS subdomain."""
    faults = [] if len(name) <= 253 else ["must be no more than 253 characters"]
    return faults if _DNS_SUBDOMAIN.fullmatch(name) else [*faults, _SUBDOMAIN_TEXT]


def label_name_faults(name: str) -> list[str]:
    """Return what is wrong with a DNS label."""
    faults = [] if len(name) <= 63 else ["must be no more than 63 characters"]
    return faults if _DNS_LABEL.fullmatch(name) else [*faults, _LABEL_TEXT]


def _path_segment_faults(name: str) -> list[str]:
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{sign}'" for sign in "/%" if sign in name]


def qualified_faults(name: str) -> list[str]:
    """Return what is wrong with a label key, an annotation key or a finalizer."""
    prefix, slash, part = name.rpartition("/")
    faults: list[str] = []
    if slash and not prefix:
        faults.append("prefix part must be non-empty")
    elif slash:
        faults += [f"prefix part {fault}" for fault in subdomain_faults(prefix)]
    if not part:
        faults.append("name part must be non-empty")
    elif len(part) > 63:
        faults.append("name part must be no more than 63 characters")
    return faults if _NAME_PART.fullmatch(part) else [*faults, _NAME_PART_TEXT]


def label_value_faults(value: str) -> list[str]:
    """Return what is wrong with a label's value."""
    faults = [] if len(value) <= 63 else ["must be no more than 63 characters"]
    return faults if _LABEL_VALUE.fullmatch(value) else [*faults, _VALUE_TEXT]


def name_causes(resource: Resource, name: str) -> list[Cause]:
    """Return what is wrong with an object's name, by the rule of its kind."""
    if resource.bucket in _LABEL_NAMED:
        faults = label_name_faults(name)
    elif resource.group in _PATH_NAMED:
        faults = _path_segment_faults(name)
    else:
        faults = subdomain_faults(name)
    return [invalid_value("metadata.name", name, fault) for fault in faults]


def label_causes(labels: dict[str, str]) -> list[Cause]:
    """Return what is wrong with labels."""
    causes: list[Cause] = []
    for key, value in sorted(labels.items()):
        causes += [invalid_value("metadata.labels", key, fault) for fault in qualified_faults(key)]
        causes += [invalid_value("metadata.labels", value, fault) for fault in label_value_faults(value)]
    return causes


def annotation_causes(annotations: dict[str, str]) -> list[Cause]:
    """Return what is wrong with annotations."""
    causes: list[Cause] = []
    for key in sorted(annotations):
        causes += [invalid_value("metadata.annotations", key, fault) for fault in qualified_faults(key.lower())]
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        text = f"Too long: may not be more than {ANNOTATIONS_LIMIT} bytes"
        causes.append(Cause("FieldValueTooLong", text, "metadata.annotations"))
    return causes


def finalizer_causes(finalizers: list[str]) -> list[Cause]:
    """Return what is wrong with finalizers."""
    return [invalid_value("metadata.finalizers", f, fault) for f in finalizers for fault in qualified_faults(f)]


def is_dns_subdomain(name: str) -> bool:
    """Tell whether a name is a DNS subdomain."""
    return bool(_DNS_SUBDOMAIN.fullmatch(name))
