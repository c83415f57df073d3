"""What a request for a kubeconfig may look like, as data."""

LIFETIME_LEAST_S = 600
"""The shortest life of a token that Kubernetes makes."""

CREATE = {
    "type": "object",
    "properties": {
        "kubeconfig": {
            "type": "object",
            "properties": {"lifetime_s": {"type": "integer", "minimum": LIFETIME_LEAST_S}},
            "additionalProperties": False,
        }
    },
    "required": ["kubeconfig"],
    "additionalProperties": False,
}
