"""The custom resources of identity.dicot.io: what Keystone knows and Kubernetes has no object for. Data only.

All are cluster-scoped: who may write in one project's namespace must not be able to forge a person.
"""

from __future__ import annotations

from dicot.kube.kinds import Kind

GROUP = "identity.dicot.io"
VERSION = "v1alpha1"

DOMAINS = Kind(GROUP, VERSION, "domains", "Domain", namespaced=False)
USERS = Kind(GROUP, VERSION, "users", "User", namespaced=False)
GROUPS = Kind(GROUP, VERSION, "groups", "Group", namespaced=False)
APPLICATION_CREDENTIALS = Kind(GROUP, VERSION, "applicationcredentials", "ApplicationCredential", namespaced=False)
IDENTITY_ROLES = Kind(GROUP, VERSION, "identityroles", "IdentityRole", namespaced=False)
TRUSTS = Kind(GROUP, VERSION, "trusts", "Trust", namespaced=False)
ACCESS_RULES = Kind(GROUP, VERSION, "accessrules", "AccessRule", namespaced=False)
KUBERNETES_CREDENTIALS = Kind(GROUP, VERSION, "kubernetescredentials", "KubernetesCredential", namespaced=False)
REVOKED_TOKENS = Kind(GROUP, VERSION, "revokedtokens", "RevokedToken", namespaced=False)
