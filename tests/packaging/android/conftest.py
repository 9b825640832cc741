"""What the tests of the Android package have in common."""

from java_programs import android_bundles, android_classes, android_packages, doubles, run, stubs  # noqa: F401
