"""The threads API as REST resources."""
