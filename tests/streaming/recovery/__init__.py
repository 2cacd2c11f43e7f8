"""Tests of streams that go on in another request."""
