"""An emulated organization: what the facts alone cannot answer."""
