"""What effects act with: the Kubernetes client, the clock, disks, serial logs, where data is served."""

import msgspec

from dicot.devcluster.clock import Clock
from dicot.devcluster.controllers.disks import Disks
from dicot.devcluster.controllers.kubeovn_addresses import Reserved
from dicot.devcluster.controllers.serial import SerialLogs
from dicot.devcluster.controllers.world import World
from dicot.kube.client import Client


class Machinery(msgspec.Struct):
    """Everything the player and the served APIs share; `data_url` is where uploads and exports are served."""

    client: Client
    world: World
    clock: Clock
    disks: Disks
    serial: SerialLogs
    data_url: str = ""
    reserved: Reserved = msgspec.field(default_factory=Reserved)
