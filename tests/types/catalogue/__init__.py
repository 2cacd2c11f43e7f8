"""Tests of the types of the catalogue."""
