"""The command lines of kube-apiserver and kube-controller-manager, as data."""

from __future__ import annotations

from pathlib import Path

CONTROLLERS = (
    "clusterrole-aggregation",
    "garbagecollector",
    "namespace",
    "pv-protection",
    "pvc-protection",
    "resourcequota",
    "root-ca-cert-publisher",
    "serviceaccount",
)
"""What Dicot counts on; binding claims, scheduling and nodes' lives are the development cluster's controllers'."""

WITHOUT = ("TaintNodesByCondition",)
"""It taints new nodes until a controller that does not run here has seen their kubelets."""

AUDIT_LOG, AUDIT_POLICY = "audit.log", "audit.yaml"
AUDIT_LOG_MIB = 100_000
"""So that it is never continued in another file, where whoever reads it would lose the end."""


def api_server(
    binaries: Path, folder: Path, port: int, etcd: str, prefix: str, *, compacts: bool
) -> list[str | Path]:  # fmt: skip
    """Write kube-apiserver's: RBAC, tokens by webhook, aggregation without routing, kubelets on loopback."""
    pki, proxies = folder / "pki", folder / "proxies"
    options: dict[str, object] = {
        "etcd-servers": etcd,
        "etcd-prefix": prefix,
        "etcd-compaction-interval": "5m" if compacts else "0",
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": port,
        "tls-cert-file": pki / "server.crt",
        "tls-private-key-file": pki / "server.key",
        "client-ca-file": pki / "ca.crt",
        "allow-privileged": "true",
        "anonymous-auth": "true",
        "audit-log-maxsize": AUDIT_LOG_MIB,
        "audit-log-mode": "blocking",
        "audit-log-path": folder / AUDIT_LOG,
        "audit-policy-file": folder / AUDIT_POLICY,
        "authorization-mode": "RBAC",
        "authentication-token-webhook-config-file": folder / "authentication.yaml",
        "authentication-token-webhook-version": "v1",
        "authentication-token-webhook-cache-ttl": "0s",
        "disable-admission-plugins": ",".join(WITHOUT),
        "enable-aggregator-routing": "false",
        "endpoint-reconciler-type": "none",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-client-certificate": pki / "kubelet-client.crt",
        "kubelet-client-key": pki / "kubelet-client.key",
        "kubelet-preferred-address-types": "ExternalIP,InternalIP,Hostname",
        "proxy-client-cert-file": proxies / "proxy-client.crt",
        "proxy-client-key-file": proxies / "proxy-client.key",
        "requestheader-client-ca-file": proxies / "ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": folder / "accounts.pub",
        "service-account-signing-key-file": folder / "accounts.key",
        "service-cluster-ip-range": "10.96.0.0/16",
        "profiling": "false",
    }
    return [binaries / "kube-apiserver", *_flags(options)]


def controller_manager(binaries: Path, folder: Path, kubeconfig: Path, port: int) -> list[str | Path]:
    """Write kube-controller-manager's."""
    options: dict[str, object] = {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": "127.0.0.1",
        "secure-port": port,
        "port": 0,
        "cert-dir": folder,
        "controllers": ",".join(CONTROLLERS),
        "leader-elect": "false",
        "root-ca-file": folder / "pki/ca.crt",
        "kube-api-qps": 1000,
        "kube-api-burst": 2000,
        "resource-quota-sync-period": "10s",  # quotas that count a new kind are given up for minutes
        "profiling": "false",
    }
    return [binaries / "kube-controller-manager", *_flags(options)]


def _flags(options: dict[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in options.items()]
