"""Streams that break off and go on in another request, as the option `recover` asks for."""
