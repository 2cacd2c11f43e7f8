"""Files that are kept at the service."""
