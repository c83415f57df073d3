"""The custom resources that Neutron's objects are: group `network.dicot.io`. Data only."""

from dicot.kube.kinds import Kind

GROUP = "network.dicot.io"

NETWORKS = Kind(GROUP, "v1alpha1", "networks", "Network")
SUBNETS = Kind(GROUP, "v1alpha1", "subnets", "Subnet")
PORTS = Kind(GROUP, "v1alpha1", "ports", "Port")
ROUTERS = Kind(GROUP, "v1alpha1", "routers", "Router")
FLOATING_IPS = Kind(GROUP, "v1alpha1", "floatingips", "FloatingIP")
SECURITY_GROUPS = Kind(GROUP, "v1alpha1", "securitygroups", "SecurityGroup")
SUBNET_POOLS = Kind(GROUP, "v1alpha1", "subnetpools", "SubnetPool")
ADDRESS_SCOPES = Kind(GROUP, "v1alpha1", "addressscopes", "AddressScope")
IP_ADDRESSES = Kind(GROUP, "v1alpha1", "ipaddresses", "IPAddress")
"""One per address in use. Its name is made of the subnet and the address, so that the API server's refusal of a second
object of one name is what makes allocation atomic."""
