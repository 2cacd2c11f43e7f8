"""The connections of a client, and how they are made: directly or through a proxy, with TLS or without."""
