// An app with one screen that shows the library.
plugins {
    id("com.android.application")
}

android {
    namespace = "@@ID@@.sample"
    compileSdk = 35
    defaultConfig {
        applicationId = "@@ID@@.sample"
        minSdk = @@MIN_SDK@@
        targetSdk = 35
        versionCode = 1
        versionName = "@@VERSION@@"
    }
    androidResources {
        noCompress += listOf("onnx", "tflite")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
}

dependencies {
    implementation(project(":module"))
}
