"""KubeVirt's storage controllers: snapshots of virtual machines, restores, clones, and their admission."""
