"""Real exchanges with the service, played back through the whole client."""
