"""What the tests of the Android package have in common."""

from java_programs import doubles, stubs  # noqa: F401
