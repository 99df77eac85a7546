// The AAR io.causerie:causerie-android. `cargo xtask package android` puts the native libraries into
// src/main/jniLibs first.

plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.4.21"
    `maven-publish`
}

group = "io.causerie"
version = "0.1.0"

/** The Java part must be the version that the Rust part was built with. */
fun lockedVersion(crate: String): String =
    providers.fileContents(layout.projectDirectory.file("../../Cargo.lock")).asText.get()
        .substringAfter("name = \"$crate\"\nversion = \"")
        .substringBefore('"')

android {
    namespace = "io.causerie.android"
    compileSdk = 36

    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets.getByName("main").kotlin.srcDirs(
        "src/main/kotlin",
        "../src/main/kotlin",
        "../src/ffi/kotlin",
        "../src/generated/kotlin",
    )

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }

    lint {
        // What uniffi generates asks at run time whether java.lang.ref.Cleaner is there (API 33), and
        // takes JNA's where it is not. Its option android_cleaner would ask for classes of Android's
        // when it is compiled, and the same sources are also the JVM's.
        disable += "NewApi"
    }

    publishing { singleVariant("release") { withSourcesJar() } }
}

kotlin {
    compilerOptions { jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11 }
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
    implementation("net.java.dev.jna:jna:5.19.1@aar")
    implementation("androidx.lifecycle:lifecycle-process:2.9.4")
    implementation("rustls:rustls-platform-verifier:${lockedVersion("rustls-platform-verifier-android")}")
}

publishing {
    publications {
        register<MavenPublication>("release") {
            artifactId = "causerie-android"
            afterEvaluate { from(components["release"]) }
        }
    }
}
