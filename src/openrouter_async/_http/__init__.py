"""The I/O shell: the only place that knows httpx; it sleeps, retries and closes."""
