"""Session APIs that were written without the harness, and can be made wrong in one chosen way each."""
