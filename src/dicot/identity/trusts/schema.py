"""What Keystone accepts of trusts, as data."""

from dicot.identity import schemas

CREATE = {
    "type": "object",
    "properties": {
        "trust": {
            "type": "object",
            "properties": {
                "trustor_user_id": {"type": "string"},
                "trustee_user_id": {"type": "string"},
                "impersonation": {"type": "boolean"},
                "project_id": schemas.TEXT_OR_NULL,
                "remaining_uses": {"type": ["integer", "null"], "minimum": 1},
                "expires_at": schemas.TEXT_OR_NULL,
                "allow_redelegation": {"type": ["boolean", "null"]},
                "redelegation_count": {"type": ["integer", "null"], "minimum": 0},
                "redelegated_trust_id": schemas.TEXT_OR_NULL,
                "roles": {"type": "array", "items": schemas.ROLE},
            },
            "required": ["trustor_user_id", "trustee_user_id", "impersonation"],
            "additionalProperties": True,
        }
    },
    "additionalProperties": False,
    "required": ["trust"],
}
