"""Heads, FFN neurons and tokens removed."""
