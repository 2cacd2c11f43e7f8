"""The Responses dialect of streams: its events become ours, and a `Response`. No I/O here."""
