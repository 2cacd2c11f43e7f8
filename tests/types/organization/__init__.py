"""Tests of the types of an account."""
