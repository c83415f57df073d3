"""How Kubernetes spells spans of time for people. Pure."""

from datetime import datetime


def age(seconds: float) -> str:
    """Spell a duration as apimachinery's HumanDuration does."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    return f"{days}d" if days < 730 else f"{days // 365}y"


def since(stamp: str | None, now: float) -> str:
    """Spell how long ago a moment was."""
    return age(now - seconds(stamp)) if stamp else "<unknown>"


def seconds(stamp: str) -> float:
    """Return the moment that a timestamp spells, in seconds."""
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
