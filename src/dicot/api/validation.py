"""JSON Schemas compiled once, and their errors in the sentences OpenStack clients know.

OpenStack validates with python-jsonschema and shows its first error; here a compiled validator finds all errors and
the one that python-jsonschema would have met first is told in its words.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jsonschema_rs

from dicot.api.errors import BadRequest

Json = dict[str, Any]
_INVALID_NAME = "An invalid 'name' value was provided. The name must be: "
Format = Callable[[str], bool]


def _accepts(parse: Callable[[str], object]) -> Format:
    def check(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, re.error):
            return False
        return True

    return check


def _uuid(text: str) -> bool:
    """Accept what oslo.utils' is_uuid_like does: any spelling whose normal form is the same 32 digits."""
    try:
        return uuid.UUID(text).hex == re.sub(r"urn:uuid:|[-{}]", "", text.lower())
    except ValueError:
        return False


def _base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()).encode(), validate=False)
    except (ValueError, binascii.Error):
        return False
    return True


def _date_time(text: str) -> bool:
    return bool(text) and _accepts(lambda one: datetime.fromisoformat(one.replace("Z", "+00:00")))(text)


def _printable(char: str) -> bool:
    category = unicodedata.category(char)
    return not category.startswith("C") and (not category.startswith("Z") or category == "Zs")


def _blank(char: str) -> bool:
    return unicodedata.category(char) == "Zs"


def _name(text: str) -> bool:
    """Accept what Nova calls a name: printable, no white space at the ends; that it is empty is minLength's to say."""
    return all(map(_printable, text)) and not any(map(_blank, text[:1] + text[-1:]))


def _spaced_name(text: str) -> bool:
    return all(map(_printable, text)) and not all(map(_blank, text))


NAME_FORMATS: Mapping[str, tuple[Format, str]] = {
    "name": (_name, "printable characters. Can not start or end with whitespace."),
    "name_with_leading_trailing_spaces": (_spaced_name, "printable characters with at least one non space character"),
    "az_name": (
        lambda text: ":" not in text and _name(text),
        "printable characters except :.Can not start or end with whitespace.",
    ),
}
"""Formats of Nova's names, and what it says of those that are not."""

FORMATS: Mapping[str, Format] = {
    **{name: check for name, (check, _) in NAME_FORMATS.items()},
    "uuid": _uuid,
    "base64": _base64,
    "date-time": _date_time,
    "ipv4": _accepts(ipaddress.IPv4Address),
    "ipv6": _accepts(ipaddress.IPv6Address),
    "ip": _accepts(ipaddress.ip_address),
    "cidr": _accepts(lambda text: ipaddress.ip_network(text, strict=False)),
    "regex": _accepts(re.compile),
}


class Validator:
    """One schema, compiled. `formats` adds checks that only this schema's service knows."""

    __slots__ = ("_compiled", "schema")

    def __init__(self, schema: Json, formats: Mapping[str, Format] | None = None) -> None:
        """Compile; a schema that is wrong in itself raises ValueError here, at start."""
        self.schema = schema
        self._compiled = jsonschema_rs.Draft202012Validator(
            _portable(schema),
            formats={**FORMATS, **(formats or {})},
            keywords={"digitsMinimum": _DigitsMinimum, "digitsMaximum": _DigitsMaximum},
            validate_formats=True,
        )

    def check(self, value: object) -> None:
        """Raise BadRequest, in OpenStack's sentence, if the value does not fit."""
        if not self._compiled.is_valid(value):
            raise BadRequest(self.sentence(value))

    def drop_unknown(self, value: Any) -> None:
        """Take out the fields that the schema does not know, in place."""
        for error in self._compiled.iter_errors(value):
            if error.kind.name == "additionalProperties":
                holder = _at(value, error.instance_path)
                for name in error.kind.as_dict()["unexpected"]:
                    holder.pop(name, None)

    def check_query(self, values: dict[str, list[str]]) -> None:
        """Do the same for a query, whose errors name the key, not its last part."""
        if not self._compiled.is_valid(values):
            error = self.first_error(values)
            wrong = describe(error, self.schema)
            if error.instance_path:
                key = error.instance_path[0]
                wrong = f"Invalid input for query parameters {key}. Value: {_at(values, error.instance_path)}. {wrong}"
            raise BadRequest(wrong)

    def fits(self, value: object) -> bool:
        """Tell whether the value fits."""
        return self._compiled.is_valid(value)

    def sentence(self, value: object) -> str:
        """Tell the first error as `nova.api.validation.validators` does: field, value, what is wrong with it."""
        error = self.first_error(value)
        wrong = describe(error, self.schema)
        if not error.instance_path or wrong.startswith(_INVALID_NAME):
            return wrong
        given = _at(value, error.instance_path)  # not error.instance, whose keys have lost their order
        return f"Invalid input for field/attribute {error.instance_path[-1]}. Value: {given}. {wrong}"

    def first_error(self, value: object) -> jsonschema_rs.ValidationError:
        """Return the error python-jsonschema meets first: keywords in the order they are written in the schema."""
        return min(self._compiled.iter_errors(value), key=lambda error: _order(self.schema, error.schema_path))


class _DigitsMinimum:
    """A number written as text has a minimum too, as in Nova's own validator."""

    def __init__(self, _parent: Json, value: float, _path: list[str | int]) -> None:
        self.limit = value

    def validate(self, instance: object) -> None:
        if _number(instance) is not None and (_number(instance) or 0) < self.limit:
            raise ValueError(f"{instance!r} is less than the minimum of {self.limit}")


class _DigitsMaximum:
    """The same for a maximum."""

    def __init__(self, _parent: Json, value: float, _path: list[str | int]) -> None:
        self.limit = value

    def validate(self, instance: object) -> None:
        if _number(instance) is not None and (_number(instance) or 0) > self.limit:
            raise ValueError(f"{instance!r} is greater than the maximum of {self.limit}")


def _number(instance: object) -> float | None:
    if not isinstance(instance, str):
        return None
    try:
        return float(instance)
    except ValueError:
        return None


def _order(schema: object, path: list[str | int]) -> tuple[int, ...]:
    """Rank a schema path by the position of each step among its siblings."""
    ranks: list[int] = []
    for step in path:
        if isinstance(schema, dict):
            ranks.append(list(schema).index(step) if step in schema else len(schema))
            schema = schema.get(step)
        elif isinstance(schema, list) and isinstance(step, int):
            ranks.append(step)
            schema = schema[step] if step < len(schema) else None
    return tuple(ranks)


def _at(schema: Any, path: list[str | int]) -> Any:
    for step in path:
        schema = schema[step]
    return schema


def describe(error: jsonschema_rs.ValidationError, schema: Json) -> str:
    """Say what is wrong in python-jsonschema's words, which OpenStack's clients and tests know."""
    facts = error.kind.as_dict()
    if error.kind.name == "format" and facts["format"] in NAME_FORMATS:
        return f"{_INVALID_NAME}{NAME_FORMATS[facts['format']][1]}"
    if "types" in facts:
        declared = _at(schema, error.schema_path)
        facts["types"] = declared if isinstance(declared, list) else facts["types"]
    if error.kind.name == "additionalProperties":
        facts["patterns"] = sorted(_at(schema, error.schema_path[:-1]).get("patternProperties", ()))
    sentence = _SENTENCES.get(error.kind.name)
    return sentence(error.instance, facts) if sentence else error.message


def _unexpected(_: object, facts: Json) -> str:
    names = sorted(facts["unexpected"])
    if facts["patterns"]:
        said = f"{', '.join(map(repr, names))} {'does' if len(names) == 1 else 'do'} not match any of the regexes"
        return f"{said}: {', '.join(map(repr, facts['patterns']))}"
    verb = "was" if len(names) == 1 else "were"
    return f"Additional properties are not allowed ({', '.join(map(repr, names))} {verb} unexpected)"


def _few(value: object, facts: Json) -> str:
    return f"{value!r} should be non-empty" if facts["limit"] == 1 else f"{value!r} is too short"


def _many(value: object, facts: Json) -> str:
    return f"{value!r} is expected to be empty" if facts["limit"] == 0 else f"{value!r} is too long"


def _few_properties(value: object, facts: Json) -> str:
    return f"{value!r} should be non-empty" if facts["limit"] == 1 else f"{value!r} does not have enough properties"


def _one_of(value: object, facts: Json) -> str:
    if all(facts["context"]):
        return f"{value!r} is not valid under any of the given schemas"
    return f"{value!r} is valid under more than one of the given schemas"


_SENTENCES: dict[str, Callable[[object, Json], str]] = {
    "required": lambda _, facts: f"{facts['property']!r} is a required property",
    "additionalProperties": _unexpected,
    "type": lambda value, facts: f"{value!r} is not of type {', '.join(map(repr, facts['types']))}",
    "enum": lambda value, facts: f"{value!r} is not one of {facts['options']!r}",
    "minimum": lambda value, facts: f"{value!r} is less than the minimum of {facts['limit']}",
    "maximum": lambda value, facts: f"{value!r} is greater than the maximum of {facts['limit']}",
    "minLength": _few,
    "minItems": _few,
    "maxLength": _many,
    "maxItems": _many,
    "minProperties": _few_properties,
    "maxProperties": lambda value, _: f"{value!r} has too many properties",
    "pattern": lambda value, facts: f"{value!r} does not match {facts['pattern']!r}",
    "format": lambda value, facts: f"{value!r} is not a {facts['format']!r}",
    "uniqueItems": lambda value, _: f"{value!r} has non-unique elements",
    "oneOf": _one_of,
    "anyOf": lambda value, _: f"{value!r} is not valid under any of the given schemas",
    "not": lambda value, facts: f"{value!r} should not be valid under {facts.get('schema')!r}",
}


def _portable(schema: Any) -> Any:
    """Translate what Python's validator reads differently: `\\Z` is `\\z` here; limits hold for digits as text too."""
    if isinstance(schema, list):
        return [_portable(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    told = {
        key: value.replace("\\Z", "\\z") if key == "pattern" and isinstance(value, str) else _portable(value)
        for key, value in schema.items()
    }
    if "string" in (schema.get("type") or ()):
        for limit in ("minimum", "maximum"):
            if isinstance(schema.get(limit), int | float):
                told[f"digits{limit.capitalize()}"] = schema[limit]
    return told
