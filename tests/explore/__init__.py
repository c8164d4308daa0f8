"""Tests of who talks."""
