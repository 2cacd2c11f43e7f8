"""Streams that resume in another request after they were cut off, as the option `recover` asks."""
