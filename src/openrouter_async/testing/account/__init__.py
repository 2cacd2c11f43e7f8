"""The operations of an account: keys and activity, lookups, and the batches of the service."""
