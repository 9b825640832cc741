"""Small programs that a device's own Python runs: stdlib alone, Python 3.9 syntax, one file each, sent as text."""
