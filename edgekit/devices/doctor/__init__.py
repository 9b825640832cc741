"""What a device is, and what is wrong with it."""
