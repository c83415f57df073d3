"""OpenAPI v2 from the schemas of version 3: as JSON, and in protobuf, which is what kubectl before 1.27 reads. Pure.

What version 2 has no word for is left out, as apiextensions-apiserver does when it publishes definitions.
"""

import json
import struct
from collections.abc import Iterable
from typing import Any

import msgspec

from dicot.devcluster.apiserver.call import Answer

Json = dict[str, Any]
MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
# What the real server calls the same thing in its answer.
_SENT_AS = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_PRESERVE, _INT_OR_STRING = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"
_DROPPED = ("anyOf", "oneOf", "not", "nullable", "default", "enum", "example", "allOf", "x-kubernetes-validations")


def answer(whole: Json, accept: str) -> Answer:
    """Answer with the document in the form that was asked for."""
    made = document(whole)
    if "proto-openapi.spec.v2" in accept:
        return Answer(200, encode(made), _SENT_AS)
    return Answer(200, msgspec.json.encode(made))


def document(whole: Json) -> Json:
    """Return the version 2 document of version 3's paths and schemas."""
    paths = {
        path: {"patch": {**of["patch"], "parameters": [_parameter(p) for p in of["patch"]["parameters"]]}}
        for path, of in whole["paths"].items()
    }
    definitions = {name: _schema(schema) for name, schema in whole["schemas"].items()}
    return {"swagger": "2.0", "info": whole["info"], "paths": paths, "definitions": definitions}


def _parameter(parameter: Json) -> Json:
    return {"name": parameter["name"], "in": "query", "type": parameter["schema"]["type"], "uniqueItems": True}


def _schema(schema: Json) -> Json:
    reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf") or () if "$ref" in part), "")
    if reference:
        kept = {key: value for key, value in schema.items() if key == "description" or key.startswith("x-")}
        return {**kept, "$ref": reference.replace("#/components/schemas/", "#/definitions/")}
    if schema.get("format") == "int-or-string":
        return {"type": "string", "format": "int-or-string"}
    if schema.get(_INT_OR_STRING):
        return {_INT_OR_STRING: True}
    if "oneOf" in schema and "type" not in schema:
        return {"type": "string"}
    made = {key: value for key, value in schema.items() if key not in _DROPPED}
    if schema.get(_PRESERVE) or schema.get("nullable"):
        for key in ("properties", "items", "additionalProperties", *(("type",) if schema.get("nullable") else ())):
            made.pop(key, None)
    if "properties" in made:
        made["properties"] = {name: _schema(inner) for name, inner in made["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = _schema(made[key])
    return made


def encode(made: Json) -> bytes:
    """Encode a document as gnostic's openapi.v2.Document."""
    paths = b"".join(_message(2, _named(path, _path_item(of))) for path, of in made["paths"].items())
    definitions = b"".join(_message(1, _named(name, _encoded(s))) for name, s in made["definitions"].items())
    info = _text(1, made["info"]["title"]) + _text(2, made["info"]["version"])
    return _text(1, made["swagger"]) + _message(2, info) + _message(8, paths) + _message(9, definitions)


def _path_item(item: Json) -> bytes:
    patch = item["patch"]
    query = (_message(3, _query(p)) for p in patch["parameters"])  # NonBodyParameter.query_parameter_sub_schema
    parameters = b"".join(_message(8, _message(1, _message(2, one))) for one in query)
    return _message(8, parameters + _extensions(patch, 13))


def _query(parameter: Json) -> bytes:
    return _text(2, "query") + _text(4, parameter["name"]) + _text(6, parameter["type"]) + _flag(20, True)


_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13}
_NUMBERS = {"multipleOf": 6, "maximum": 7, "minimum": 9}
_FLAGS = {"exclusiveMaximum": 8, "exclusiveMinimum": 10, "uniqueItems": 16}
_COUNTS = {"maxLength": 11, "minLength": 12, "maxItems": 14, "minItems": 15, "maxProperties": 17, "minProperties": 18}


def _encoded(schema: Json) -> bytes:
    parts = [_text(number, schema[key]) for key, number in _TEXTS.items() if key in schema]
    parts += [_double(number, schema[key]) for key, number in _NUMBERS.items() if key in schema]
    parts += [_flag(number, schema[key]) for key, number in _FLAGS.items() if key in schema]
    parts += [_count(number, schema[key]) for key, number in _COUNTS.items() if key in schema]
    parts += [_text(19, name) for name in schema.get("required") or ()]
    extra = schema.get("additionalProperties")
    if extra is not None:
        parts.append(_message(21, _message(1, _encoded(extra)) if isinstance(extra, dict) else _flag(2, extra)))
    if "type" in schema:
        parts.append(_message(22, _text(1, schema["type"])))
    if isinstance(schema.get("items"), dict):
        parts.append(_message(23, _message(1, _encoded(schema["items"]))))
    if "properties" in schema:
        inner = (_message(1, _named(name, _encoded(of))) for name, of in schema["properties"].items())
        parts.append(_message(25, b"".join(inner)))
    return b"".join(parts) + _extensions(schema, 31)


def _extensions(holder: Json, number: int) -> bytes:
    # NamedAny{name, Any{yaml}}: JSON is YAML.
    named = (_named(key, _text(2, json.dumps(value))) for key, value in holder.items() if key.startswith("x-"))
    return _joined(_message(number, one) for one in named)


def _joined(parts: Iterable[bytes]) -> bytes:
    return b"".join(parts)


def _named(name: str, value: bytes) -> bytes:
    return _text(1, name) + _message(2, value)


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _flag(number: int, value: bool) -> bytes:
    return _count(number, int(value))


def _count(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
