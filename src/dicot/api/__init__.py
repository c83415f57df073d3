"""HTTP the OpenStack way: routes, microversions, validation, errors, policy, paging, tokens.

Knows no OpenStack service and no Kubernetes.
"""
