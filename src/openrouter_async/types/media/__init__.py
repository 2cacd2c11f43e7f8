"""Images, speech, videos, ranks and decisions: sent and received data."""
