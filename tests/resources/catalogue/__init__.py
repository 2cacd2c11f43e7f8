"""Tests of the namespaces of the catalogue."""
