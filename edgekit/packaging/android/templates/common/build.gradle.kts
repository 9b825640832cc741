// The versions of the plugins that both projects use: written for these, with Gradle 9.5 and JDK 17.
plugins {
    id("com.android.library") version "9.3.0" apply false
    id("com.android.application") version "9.3.0" apply false
    // with 8.13.2 in both lines above and Gradle 8.14, here and in module/, as Kotlin is no part of them yet:
    // id("org.jetbrains.kotlin.android") version "2.3.21" apply false
}
