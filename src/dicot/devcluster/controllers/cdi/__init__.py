"""CDI's habits and those of a storage provisioner: DataVolumes, claims, DataSources, uploads.

CDI 1.66 without populators is imitated.
"""
