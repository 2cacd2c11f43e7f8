"""The forms in which a relay writes a stream: one module for each."""
