"""A small Kubernetes with KubeVirt's habits, for trying Dicot and testing it without a cluster.

Imports nothing of Dicot but `dicot.kube`; only the command line and tests import it.
"""
