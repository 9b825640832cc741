"""A bundle as a Gradle library module, an AAR in a Maven repository, and a sample app."""
