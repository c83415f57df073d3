"""Availability zones: the zones of nodes and StorageClasses, and "nova" for storage that is everywhere."""

from __future__ import annotations

from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.volume.availability_zones.facts import zones


async def index(_: Request, cluster: Cluster) -> Response:
    """List the zones."""
    found = [{"zoneName": zone, "zoneState": {"available": True}} for zone in zones(cluster)]
    return Response({"availabilityZoneInfo": found})


ROUTES = (Route(method="GET", path="/os-availability-zone", handler=index, policy="volume:availability_zone_list"),)
