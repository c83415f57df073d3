"""Kubernetes for this service: a thin asynchronous client, list-and-watch, and caches.

Holds no OpenStack word. Callers import the modules: `client`, `cache`, `kinds`, `errors`, `credentials`.
"""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
