"""Each invariant on histories written by hand: at least one that holds it, and one that breaks it."""
