"""Faults that break an invariant of the chapter on runs."""
