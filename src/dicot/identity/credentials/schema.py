"""What Keystone accepts of credentials, as data."""

from dicot.identity import schemas

_BLOB = {"type": "string"}
CREATE = {
    "type": "object",
    "properties": {
        "credential": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "blob": _BLOB,
                "project_id": schemas.TEXT_OR_NULL,
                "type": {"type": "string"},
                "user_id": {"type": "string"},
            },
            "additionalProperties": True,
            "required": ["blob", "type", "user_id"],
            "if": {"properties": {"type": {"const": "ec2"}}},
            "then": {
                "title": "ec2 credential requires project_id",
                "required": ["blob", "type", "user_id", "project_id"],
            },
        }
    },
    "required": ["credential"],
}
UPDATE = {
    "type": "object",
    "properties": {
        "credential": {
            "type": "object",
            "properties": {"blob": _BLOB},
            "additionalProperties": False,
            "required": ["blob"],
        }
    },
    "required": ["credential"],
}
CREATE_EC2 = {"type": "object", "properties": {"tenant_id": {"type": "string"}}, "required": ["tenant_id"]}

_TEXTS = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
_CREDENTIALS = {
    "type": "object",
    "properties": {
        "access": {"type": "string"},
        "signature": {"type": "string"},
        "host": {"type": "string"},
        "verb": {"type": "string"},
        "path": {"type": "string"},
        "params": _TEXTS,
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body_hash": {"type": "string"},
        "token": {"type": "string"},
    },
}
SIGNED = {
    "type": "object",
    "properties": {"credentials": _CREDENTIALS, "credential": _CREDENTIALS, "ec2Credentials": _CREDENTIALS},
    "minProperties": 1,
}
"""A request that was signed; Keystone has no schema of it, and takes it under any of three names."""
