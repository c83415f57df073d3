"""How many logins have failed lately, for each user and for each address: beyond a limit nobody is asked any more.

Counted in this process, for Dicot has no database and a write to Kubernetes for every failure would be the better
attack: with n replicas an attacker has n times as many tries, which is still too few to guess. What is kept is bounded;
the oldest is forgotten first, and who could make that happen meets the limit of addresses before.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager

from starlette.types import Scope

from dicot.api.errors import TooManyRequests, Unauthorized

KEYS_MOST = 20_000
"""How many users and addresses are remembered."""
_HOME_BITS = 64
"""An IPv6 network of this size is one household: its addresses are counted together."""


class Attempts:
    """A leaking bucket for each key: a failure is a drop, and `most` drops leak out in `window_s` seconds."""

    def __init__(self, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with no failures."""
        self._window_s = window_s
        self._clock = clock
        self._drops: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @asynccontextmanager
    async def counted(self, keys: Iterable[tuple[str, int]]) -> AsyncGenerator[None]:
        """Let a login be tried, unless too many have failed; `keys` come with how many failures each may have.

        It counts as failed from its beginning, so that many at once are no more than one after the other, and is taken
        back unless it ends in Unauthorized. Raises TooManyRequests, with the seconds to wait.
        """
        limited = [(key, most) for key, most in keys if most]
        wait_s = max((self._wait_s(key, most) for key, most in limited), default=0.0)
        if wait_s > 0:
            raise TooManyRequests(
                "Too many logins have failed. Wait before you try again.",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )
        for key, most in limited:
            self._add(key, most, 1.0)
        try:
            yield
        except Unauthorized:
            raise
        except BaseException:
            self._take_back(limited)
            raise
        self._take_back(limited)

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._drops)

    def _level(self, key: str, most: int) -> float:
        level, at = self._drops.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) * most / self._window_s)

    def _wait_s(self, key: str, most: int) -> float:
        return (self._level(key, most) + 1 - most) * self._window_s / most

    def _add(self, key: str, most: int, drops: float) -> None:
        level = max(0.0, self._level(key, most) + drops)
        self._drops.pop(key, None)
        if level:
            self._drops[key] = (level, self._clock())
        while len(self._drops) > KEYS_MOST:
            self._drops.popitem(last=False)

    def _take_back(self, limited: list[tuple[str, int]]) -> None:
        for key, most in limited:
            self._add(key, most, -1.0)


def address_of(scope: Scope, trusted_proxies: Iterable[str]) -> str:
    """Return where a request comes from: the last address of X-Forwarded-For that no trusted proxy has."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    trusted = frozenset(trusted_proxies)
    if address in trusted:
        told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        hops = [hop.strip() for hop in ",".join(told).split(",") if hop.strip()]
        address = next((hop for hop in reversed(hops) if hop not in trusted), address)
    return _household(address)


def _household(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _HOME_BITS), strict=False))
    return str(parsed)
