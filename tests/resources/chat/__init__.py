"""Tests of the namespaces of chat."""
