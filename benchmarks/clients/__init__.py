"""One small program for each client; see `work.Client` for what is asked of all of them."""
