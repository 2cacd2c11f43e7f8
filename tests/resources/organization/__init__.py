"""Tests of the namespaces of the account."""
