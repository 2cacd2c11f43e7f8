"""HTTP/1.1 over a stream of ours (RFC 9112): requests are written, answers are read, by either of two parsers."""
