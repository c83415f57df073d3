"""The account of everything recorded from a real KubeVirt that a run of the tests has compared."""

from collections import Counter

COUNTED: Counter[str] = Counter()


def count_timeline(equal: int, listed: int, different: int) -> None:
    """Add one timeline by the number of its tracks."""
    found = {"": equal + listed + different, " equal": equal, " listed": listed}
    COUNTED.update({"timelines": 1, **{f"tracks{what}": number for what, number in found.items()}})


def summary() -> list[str]:
    """Say what was compared, if anything was."""
    exchanges, tracks = COUNTED["exchanges"], COUNTED["tracks"]
    if not exchanges and not tracks:
        return []
    return [
        f"recordings of KubeVirt: {exchanges} exchanges compared, {COUNTED['exchanges equal']} equal, "
        f"{COUNTED['exchanges listed']} listed; {tracks} tracks of {COUNTED['timelines']} timelines compared, "
        f"{COUNTED['tracks equal']} equal, {COUNTED['tracks listed']} listed"
    ]
