"""Driving SDKs, and listening to what they send."""
