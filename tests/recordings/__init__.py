"""Tests of conformance.recordings."""
