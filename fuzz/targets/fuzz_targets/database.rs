#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| causerie_fuzz::database(data));
