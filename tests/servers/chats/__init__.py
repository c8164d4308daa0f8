"""A session API in which the first message of a chat makes it, and later ones name it."""
