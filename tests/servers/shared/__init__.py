"""What the shapes share: the store and its faults without HTTP, and how they are spoken to and tested."""
