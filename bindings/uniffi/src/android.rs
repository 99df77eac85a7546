//! What only Android needs: there the system checks certificates in Java, and has to be shown how
//! to get at it.

use jni::{
    EnvUnowned,
    errors::{Error, ThrowRuntimeExAndDefault},
    objects::{JClass, JObject},
};

/// `io.causerie.internal.Android.attach(Context)`, a static native method. To be called once before
/// a client connects; without it every connection to `wss://` fails. Once more does nothing.
///
/// It needs the Java classes of `rustls-platform-verifier-android` in the app.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_causerie_internal_Android_attach<'local>(
    mut env: EnvUnowned<'local>,
    _: JClass<'local>,
    context: JObject<'local>,
) {
    env.with_env(|env| -> Result<(), Error> {
        rustls_platform_verifier::android::init_with_env(env, context)
    })
    .resolve::<ThrowRuntimeExAndDefault>();
}
