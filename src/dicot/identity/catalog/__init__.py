"""Services, endpoints and regions: read-only views of the configuration."""
