"""Tests of conformance.replaying."""
