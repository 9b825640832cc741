"""A bundle as a tarball for Linux and Raspberry Pi: an HTTP service that installs offline."""
