"""KubeVirt's habits: VirtualMachine, VirtualMachineInstance, launcher pods, admission, subresources.

KubeVirt 1.9 with its default feature gates is imitated.
"""
