"""Bundles as npm packages: the browser, Node and React Native behind one API."""
