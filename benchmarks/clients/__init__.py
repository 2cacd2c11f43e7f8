"""One small program for each client; see `work.Client` for what they have in common."""
