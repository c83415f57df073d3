"""Label and field selectors: their grammar, with Kubernetes' own complaints, and whether an object matches."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from dicot.devcluster.apiserver.conversion import kept_field
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import bad_request
from dicot.devcluster.apiserver.syntax import label_value_faults, qualified_faults

Json = dict[str, Any]
Match = Callable[[Json], bool]

_TOKEN = re.compile(r"\s*(==|!=|=|!|<|>|\(|\)|,|[^\s=!<>(),]+)")
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


class Requirement(msgspec.Struct, frozen=True):
    """One condition on one label."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: dict[str, str]) -> bool:
        """Tell whether labels satisfy it."""
        value = labels.get(self.key)
        if self.operator == "exists":
            return value is not None
        if self.operator == "!":
            return value is None
        if self.operator in ("in", "="):
            return value in self.values
        if self.operator in ("notin", "!="):
            return value not in self.values
        return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        try:
            number, bound = int(value or ""), int(self.values[0])
        except ValueError:
            return False
        return number > bound if self.operator == ">" else number < bound


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token


def parse_labels(text: str) -> list[Requirement]:
    """Read a label selector; 400 in Kubernetes' words where it cannot be read."""
    reader = _Reader(text)
    requirements: list[Requirement] = []
    while reader.peek():
        requirements.append(_requirement(reader))
        following = reader.take()
        if following == ",":
            if not reader.peek():
                raise bad_request("found '', expected: identifier after ','")
        elif following:
            raise bad_request(f"found '{following}', expected: ',' or 'end of string'")
    return requirements


def _requirement(reader: _Reader) -> Requirement:
    negated = reader.peek() == "!"
    if negated:
        reader.take()
    key = reader.take()
    _check_key(key)
    if negated:
        return Requirement(key, "!")
    if reader.peek() in ("", ","):
        return Requirement(key, "exists")
    operator = reader.take()
    if operator in ("in", "notin"):
        return Requirement(key, operator, _values(reader))
    if operator not in ("=", "==", "!=", "<", ">"):
        raise bad_request(f"unable to parse requirement: found '{operator}', expected: {_OPERATORS}")
    value = "" if reader.peek() in ("", ",") else reader.take()
    if operator in ("<", ">") and not re.fullmatch(r"-?\d+", value):
        raise bad_request(
            f"values[0][{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
        )
    _check_value(key, value)
    return Requirement(key, "=" if operator == "==" else operator, (value,))


def _values(reader: _Reader) -> tuple[str, ...]:
    if reader.take() != "(":
        raise bad_request("unable to parse requirement: found '', expected: '('")
    values: list[str] = []
    previous, sign = ",", reader.take()
    while sign and sign != ")":
        if sign != ",":
            values.append(sign)
        elif previous == ",":
            values.append("")
        previous, sign = sign, reader.take()
    if not sign:
        raise bad_request("unable to parse requirement: found '', expected: ',', or ')'")
    return tuple(values) if values else ("",)


def _check_key(key: str) -> None:
    for fault in qualified_faults(key):
        raise bad_request(f'unable to parse requirement: key: Invalid value: "{key}": {fault}')


def _check_value(key: str, value: str) -> None:
    for fault in label_value_faults(value):
        raise bad_request(f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": {fault}')


def parse_fields(text: str, resource: Resource) -> list[Requirement]:
    """Read a field selector; 400 for a field that the resource does not select by."""
    requirements: list[Requirement] = []
    for term in filter(None, text.split(",")):
        found = re.fullmatch(r"([^=!]*?)(!=|==|=)(.*)", term)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        field, operator, value = found.groups()
        if field not in ("metadata.name", "metadata.namespace", *resource.selectable):
            raise bad_request(f"field label not supported: {field}")
        field = kept_field(resource, field)
        requirements.append(Requirement(field, "!=" if operator == "!=" else "=", (value,)))
    return requirements


def field_value(body: Json, path: str) -> str:
    """Return the text of a dotted field; the empty string where it is absent."""
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def compile_match(labels: list[Requirement], fields: list[Requirement]) -> Match | None:
    """Make one test of an object from both selectors; None where everything matches."""
    if not labels and not fields:
        return None

    def match(body: Json) -> bool:
        if labels:
            have = body["metadata"].get("labels") or {}
            if not all(r.matches(have) for r in labels):
                return False
        return all(r.matches({r.key: field_value(body, r.key)}) for r in fields)

    return match


def label_selector_matches(selector: Json, labels: dict[str, str]) -> bool:
    """Tell whether labels match a metav1.LabelSelector."""
    wanted: dict[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    return all(
        Requirement(e["key"], operators[e["operator"]], tuple(e.get("values") or ())).matches(labels)
        for e in selector.get("matchExpressions") or ()
    )
