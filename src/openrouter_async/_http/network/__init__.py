"""What connections need of the event loop: streams, the race of addresses (RFC 8305), callbacks."""
