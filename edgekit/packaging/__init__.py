"""Bundles as packages for apps: one folder for each platform, with its templates."""
