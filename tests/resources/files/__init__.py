"""Files that are kept at the service, and those that tools wrote."""
