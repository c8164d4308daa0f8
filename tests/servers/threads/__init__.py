"""The threads server: a small session API that can be made wrong in one chosen way."""
