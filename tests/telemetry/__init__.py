"""Spans and metrics of OpenTelemetry, in memory."""
