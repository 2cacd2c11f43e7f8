"""Images, speech, videos, ranks and decisions."""
