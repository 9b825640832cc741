"""What the tarball brings beside the service: its installer, and the program that starts the service."""
