"""Rules in CEL of custom resources (`x-kubernetes-validations`), where common-expression-language is installed.

Without it definitions with rules are accepted with a warning. Pure but for the cache of compiled rules.
"""

import importlib
import importlib.util
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from dicot.devcluster.apiserver.status import Cause
from dicot.devcluster.apiserver.structural import RULES, Node

Json = dict[str, Any]


MISSING = "x-kubernetes-validations are not evaluated: the development cluster was installed without its extra `cel`"
# Functions and syntax that Kubernetes adds to CEL and the package does not have.
_UNKNOWN = re.compile(
    r"\b(isSorted|find|findAll|isURL|url|ip|isIP|cidr|isCIDR|quantity|isQuantity|format|authorizer|semver|isSemver"
    r"|jsonpatch|optional\.\w+)\s*\(|\[\?|\.\?"
)
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_KEYWORDS = frozenset(
    ["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
     "let", "loop", "package", "namespace", "return"]
)  # fmt: skip


@lru_cache(maxsize=1)
def _installed() -> bool:
    return importlib.util.find_spec("cel") is not None  # the extra `cel`


@lru_cache(maxsize=1)
def _cel() -> tuple[Any, Any]:
    """Return the package and its standard library, imported when a rule first needs them: it takes half a second."""
    return importlib.import_module("cel"), importlib.import_module("cel.stdlib")


def available() -> bool:
    """Tell whether rules can be evaluated here."""
    return _installed()


def listed(schema: Any, path: str) -> Iterator[tuple[str, Json]]:
    """Return every rule in a schema with the path at which it stands."""
    if isinstance(schema, dict):
        for index, rule in enumerate(schema.get(RULES) or ()):
            yield f"{path}.{RULES}[{index}]", rule
        for name, inner in (schema.get("properties") or {}).items():
            yield from listed(inner, f"{path}.properties[{name}]")
        for key in ("items", "additionalProperties"):
            yield from listed(schema.get(key), f"{path}.{key}")


def unknown(rule: str) -> str:
    """Return the first function or operator of a rule that is not imitated; empty where all are known."""
    found = _UNKNOWN.search(re.sub(r"'[^']*'|\"[^\"]*\"", "''", rule))
    return found[0].rstrip("( ") if found else ""


def complaint(rule: str) -> str:
    """Return why a rule cannot be compiled; empty where it can."""
    try:
        _compiled(rule)
    except ValueError as wrong:
        return f"compilation failed: {wrong}"
    return ""


@lru_cache(maxsize=1024)
def _compiled(rule: str) -> Any:
    return _cel()[0].compile(rule)


def causes(node: Node, value: Any, old: Any) -> list[Cause]:
    """Return the rules that an object breaks; `old` is None on creation."""
    return list(_broken(node.schema, value, old, "")) if node.ruled and available() else []


def _broken(schema: Json, value: Any, old: Any, path: str) -> Iterator[Cause]:
    for rule in schema.get(RULES) or ():
        cause = _judged(rule, schema, value, old, path)
        if cause is not None:
            yield cause
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for name, inner in (schema.get("properties") or {}).items():
            if name in value:
                yield from _broken(inner, value[name], before.get(name), f"{path}.{name}" if path else name)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for name, item in value.items():
                yield from _broken(extra, item, before.get(name), f"{path}[{name}]")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _broken(schema["items"], item, _counterpart(schema, item, old), f"{path}[{index}]")


def _counterpart(schema: Json, item: Any, old: Any) -> Any:
    """Return what an item of a keyed list was before; items of other lists have no past."""
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    if not keys or not isinstance(old, list) or not isinstance(item, dict):
        return None
    return next((was for was in old if all(was.get(key) == item.get(key) for key in keys)), None)


def _judged(rule: Json, schema: Json, value: Any, old: Any, path: str) -> Cause | None:
    # A rule about what was before is not asked where nothing was.
    if re.search(r"\boldSelf\b", rule["rule"]) and old is None:
        return None
    cel, stdlib = _cel()
    context = cel.Context()
    stdlib.add_stdlib_to_context(context)
    context.add_variable("self", _escaped(schema, value))
    if old is not None:
        context.add_variable("oldSelf", _escaped(schema, old))
    reason, field = rule.get("reason") or "FieldValueInvalid", path + (rule.get("fieldPath") or "")
    head = {"FieldValueForbidden": "Forbidden", "FieldValueRequired": "Required value",
            "FieldValueDuplicate": "Duplicate value"}.get(reason, "Invalid value")  # fmt: skip
    try:
        if _compiled(rule["rule"]).execute(context) is True:
            return None
        return Cause(reason, f"{head}: {_message(rule, context)}", field.lstrip("."))
    except (KeyError, TypeError, ValueError, RuntimeError) as wrong:
        why = f"no such key: {wrong.args[0]}" if isinstance(wrong, KeyError) else str(wrong)
        said = rule.get("message") or rule["rule"]
        return Cause("FieldValueInvalid", f"Invalid value: {why} evaluating rule: {said}", path)


def _message(rule: Json, context: Any) -> str:
    if rule.get("messageExpression"):
        try:
            said = _compiled(rule["messageExpression"]).execute(context)
        except (KeyError, TypeError, ValueError, RuntimeError):
            said = None  # as in Kubernetes, the plain message then stands in
        if isinstance(said, str) and said.strip():
            return said
    return rule.get("message") or f"failed rule: {rule['rule']}"


def _escaped(schema: Json, value: Any) -> Any:
    """Name fields as rules do: those that are no identifiers of CEL are escaped."""
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        extra = schema.get("additionalProperties")
        rest: Json = extra if isinstance(extra, dict) else {}
        return {_name(k) if k in properties else k: _escaped(properties.get(k, rest), v) for k, v in value.items()}
    if isinstance(value, list):
        items = schema.get("items")
        return [_escaped(items if isinstance(items, dict) else {}, item) for item in value]
    return value


def _name(name: str) -> str:
    if name in _KEYWORDS:
        return f"__{name}__"
    for plain, escaped in _ESCAPES:
        name = name.replace(plain, escaped)
    return name
