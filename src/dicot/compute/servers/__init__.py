"""Servers."""

from dicot.compute.servers.lookup import find

__all__ = ["find"]
