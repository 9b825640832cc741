// The library: the bundle as assets, and the code that runs it.
plugins {
    id("com.android.library")
    id("org.jetbrains.kotlin.android")
}

group = "@@GROUP@@"
version = "@@VERSION@@"

android {
    namespace = "@@ID@@"
    compileSdk = 35
    defaultConfig {
        minSdk = @@MIN_SDK@@
        consumerProguardFiles("consumer-rules.pro")
    }
    androidResources {
        // a model that is stored as it is can be mapped into memory
        noCompress += listOf("onnx", "tflite")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
    kotlinOptions {
        jvmTarget = "1.8"
    }
}

dependencies {
    implementation("@@RUNTIME_COORDINATES@@")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.9.0")
}
