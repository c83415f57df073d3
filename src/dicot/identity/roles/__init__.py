"""Roles: the well-known ones of Keystone, each a ClusterRole that gathers what a role may do in a namespace.

| Role | ClusterRole | also |
|---|---|---|
| reader | `dicot:reader` | `view` |
| member | `dicot:member` | `edit` |
| manager | `dicot:manager` | `admin` |
| admin | `dicot:admin` | `cluster-admin` |
| service | `dicot:service` | |
"""
