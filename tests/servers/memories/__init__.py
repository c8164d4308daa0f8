"""Memories of users, which a PUT makes or adds to, and which are never missing."""
