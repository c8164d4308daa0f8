"""Drafting a profile from a spec."""
