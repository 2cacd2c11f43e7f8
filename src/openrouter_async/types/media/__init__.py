"""Images, speech, videos, ranks and decisions: what is sent and received."""
