"""Volume types: StorageClasses."""
