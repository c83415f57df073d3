"""Consoles of guests at /console: noVNC's page, and WebSockets that lead to KubeVirt. No OpenStack API is here.

Links are made by dicot.compute.remote_consoles; any replica serves any of them.
"""

from __future__ import annotations

from dicot.compute.remote_consoles.link import ROOT
from dicot.console.consoles import Consoles

__all__ = ["ROOT", "Consoles"]
