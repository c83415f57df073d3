"""The account of everything recorded from real OpenStack services that a run of the tests has compared."""

COUNTED: dict[str, str] = {}


def summary() -> list[str]:
    """Say of each service what was compared."""
    return [f"recordings of {service}: {counted}" for service, counted in sorted(COUNTED.items())]
