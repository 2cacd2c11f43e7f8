"""Emulated images, speech, videos, ranks and decisions."""
