"""What each command does, as plain functions: the CLI command, the recipe stage and the Python call are one."""
