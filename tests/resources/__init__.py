"""Tests of the namespaces of operations."""
