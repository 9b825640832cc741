// The library: the bundle as assets, and the code that runs it.
plugins {
    id("com.android.library")
    // before Android Gradle Plugin 9, which brings Kotlin and refuses the plugin for it:
    // id("org.jetbrains.kotlin.android")
}

group = "@@GROUP@@"
version = "@@VERSION@@"

android {
    namespace = "@@ID@@"
    compileSdk = 36
    defaultConfig {
        minSdk = @@MIN_SDK@@
        consumerProguardFiles("consumer-rules.pro")
    }
    androidResources {
        // a model that is stored as it is can be mapped into memory
        noCompress += listOf("onnx", "tflite")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    compilerOptions {
        jvmTarget.set(org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11)
    }
}

dependencies {
    implementation("@@RUNTIME_COORDINATES@@")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.9.0")
}
