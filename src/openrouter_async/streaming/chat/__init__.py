"""The chat dialect of streams: its chunks become events, and a `ChatCompletion`. No I/O here."""
