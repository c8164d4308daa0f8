"""A session API of numbers and nested owners, of which the harness is told nothing but a profile."""
