"""Answers that survive the browser: stores of the events of relays, for readers that come back."""
