"""An emulated organization, where the facts alone are not enough."""
