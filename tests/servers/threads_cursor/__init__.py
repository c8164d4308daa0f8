"""The threads API with cursors, whose answers are all of status 200."""
