"""Helpers that several folders of tests share: servers on loopback, recordings, strategies."""
