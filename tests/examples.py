"""How long state machines play: shortly among all tests, longer where DICOT_EXAMPLES says how many times as long."""

import os

from hypothesis import HealthCheck, settings

LONGER = int(os.environ.get("DICOT_EXAMPLES", "1"))


def played(examples: int, steps: int) -> settings:
    """Play this many examples of this many steps; no example is slow by itself, and the machine may be busy."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples * LONGER, stateful_step_count=steps, deadline=None, suppress_health_check=slow
    )
