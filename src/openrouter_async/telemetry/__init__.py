"""Spans and metrics of OpenTelemetry; nothing here but `settings` and `switch` is loaded before they are wanted."""
