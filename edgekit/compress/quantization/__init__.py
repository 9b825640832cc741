"""Weights on an integer grid."""
