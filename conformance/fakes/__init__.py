"""Servers for any profile: right, or wrong in exactly one named way."""
