"""Tests against real servers; each needs the server's own package, and is skipped without it."""
