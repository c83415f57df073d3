"""What a request for a token may look like, as data. Keystone's own schema: it forbids no extra keys."""

_TEXT = {"type": "string"}
_DOMAIN = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT}}
_USER = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "password": _TEXT, "domain": _DOMAIN},
}
_IDENTITY = {
    "type": "object",
    "properties": {
        "methods": {"type": "array", "items": _TEXT},
        "password": {"type": "object", "properties": {"user": _USER}},
        "token": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
        "application_credential": {
            "type": "object",
            "properties": {"id": _TEXT, "name": _TEXT, "secret": _TEXT, "user": _USER},
        },
    },
    "required": ["methods"],
}
_SCOPE = {
    "type": ["object", "string"],
    "properties": {
        "project": {"type": "object", "properties": {"name": _TEXT, "id": _TEXT, "domain": _DOMAIN}},
        "domain": _DOMAIN,
        "OS-TRUST:trust": {"type": "object", "properties": {"id": _TEXT}},
        "system": {"type": "object", "properties": {"all": {"type": "boolean", "enum": [True, False, None]}}},
    },
}

CREATE = {
    "type": "object",
    "properties": {
        "auth": {
            "type": "object",
            "properties": {"identity": _IDENTITY, "scope": _SCOPE},
            "required": ["identity"],
        },
    },
    "required": ["auth"],
}
