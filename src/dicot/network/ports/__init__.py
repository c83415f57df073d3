"""Ports: the custom resource Port, in its project's namespace.

| Port | `network.dicot.io/v1alpha1` Port |
|---|---|
| id | label `dicot.io/port-id`, else `metadata.uid` |
| name, description, tags | `spec.name`, `spec.description`, `spec.tags` |
| network_id, mac_address, fixed_ips | `spec.networkId`, `spec.macAddress`, `spec.fixedIps[]{subnetId,ipAddress}` |
| security_groups, port_security_enabled | `spec.securityGroups`, `spec.portSecurityEnabled` |
| allowed_address_pairs | `spec.allowedAddressPairs[]{ipAddress,macAddress}` |
| device_id, device_owner | `spec.deviceId`, `spec.deviceOwner` |
| status, binding:host_id | the VirtualMachineInstance of the server it is plugged into |

A port that was made for a server has an ownerReference to the VirtualMachine and goes with it.
"""

from __future__ import annotations

from dicot.network.ports import handlers
from dicot.network.resources import PORT
from dicot.network.routing import crud

ROUTES = crud(
    PORT,
    index=handlers.index,
    show=handlers.show,
    create=handlers.create,
    update=handlers.update,
    delete=handlers.delete,
)
