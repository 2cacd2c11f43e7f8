"""Chat and the older completions: their requests, and the attachments of messages."""
