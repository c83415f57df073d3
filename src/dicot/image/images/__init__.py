"""Images: CDI DataSources, with a DataVolume of the same name once there is data."""

from __future__ import annotations

from dicot.image.images.facts import ImageFacts, facts, find, usable

__all__ = ["ImageFacts", "facts", "find", "usable"]
