"""The version of edgekit, which lineages record."""

__version__ = "0.1.0"
