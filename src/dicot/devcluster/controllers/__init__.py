"""The development cluster's controllers: KubeVirt, CDI, the CSI snapshotter and Kube-OVN, as stages and one player.

They speak only the Kubernetes API, so that they can also drive a real kube-apiserver.
"""

from dicot.devcluster.controllers.running import Controllers, start

__all__ = ["Controllers", "start"]
