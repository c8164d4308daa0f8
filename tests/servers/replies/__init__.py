"""A session API in which a member of the body says whether a run is streamed."""
