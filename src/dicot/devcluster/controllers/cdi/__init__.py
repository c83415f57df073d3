"""The Containerized Data Importer's habits, and those of a storage provisioner: DataVolumes, claims, DataSources, uploads."""
