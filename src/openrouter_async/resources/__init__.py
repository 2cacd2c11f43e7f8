"""One file for each namespace of the client: typed methods over the table of operations."""
