"""The Swift package for iOS and macOS."""
