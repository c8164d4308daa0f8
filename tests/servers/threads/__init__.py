"""The threads API as remote procedure calls."""
