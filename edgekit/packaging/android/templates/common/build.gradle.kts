// The versions of the plugins that both projects use: written for these, with Gradle @@GRADLE@@ and JDK 17.
plugins {
    id("com.android.library") version "@@ANDROID_PLUGIN@@" apply false
    id("com.android.application") version "@@ANDROID_PLUGIN@@" apply false
    // with @@OLDER_ANDROID_PLUGIN@@ in both lines above and Gradle @@OLDER_GRADLE@@, here and in module/, as Kotlin is no part of them yet:
    // id("org.jetbrains.kotlin.android") version "@@OLDER_KOTLIN@@" apply false
}
