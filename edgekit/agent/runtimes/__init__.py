"""One interface to every runtime."""
