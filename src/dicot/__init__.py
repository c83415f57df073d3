"""Dicot: the public OpenStack REST APIs on Kubernetes and KubeVirt."""
