// An app with one screen that shows the library.
plugins {
    id("com.android.application")
}

android {
    namespace = "@@ID@@.sample"
    compileSdk = 36
    defaultConfig {
        applicationId = "@@ID@@.sample"
        minSdk = @@MIN_SDK@@
        targetSdk = 36
        versionCode = 1
        versionName = "@@VERSION@@"
    }
    androidResources {
        noCompress += listOf("onnx", "tflite")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

dependencies {
    implementation(project(":module"))
}
