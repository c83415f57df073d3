"""A real etcd, kube-apiserver and kube-controller-manager, with what the development cluster has beside its own.

The same controllers run on it; what they register in process there is served over HTTPS here, as a real cluster would
be told: webhooks, aggregated APIs, a kubelet. Dicot and its tests cannot tell, and need not.
"""
