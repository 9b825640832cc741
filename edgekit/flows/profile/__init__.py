"""Measuring bundles and model files on devices."""
