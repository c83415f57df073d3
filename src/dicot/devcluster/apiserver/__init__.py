"""The Kubernetes API over HTTP: an in-memory store with a bounded log, one file per verb, persisted to one file.

It imitates kube-apiserver 1.36. It knows no controller's behaviour: that plugs in through admission hooks,
aggregated APIs and a kubelet (see `api.Api`).
"""
