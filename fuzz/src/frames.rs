//! Bytes to frames.

use causerie_protocol::{
    decode_client, decode_server, encode_client, encode_server, limits::MAX_FRAME_BYTES, raw_frames,
};

/// Most bytes looked at: what one client's message may have.
const LONGEST: usize = 4 * MAX_FRAME_BYTES;

/// Reads a text as both sides would. Nothing panics; there are no more frames than bytes; what was
/// read can be written, and is then read as the same.
pub fn frames(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(&data[..data.len().min(LONGEST)]) else {
        return;
    };
    let mut covered = 0;
    for (frame, _) in raw_frames(text) {
        covered += frame.len();
    }
    assert!(covered <= text.len(), "frames overlap");
    for frame in decode_client(text) {
        match frame {
            Ok(frame) => {
                // A write that is malformed was read for the sake of its name only.
                if let Ok(line) = encode_client(&frame) {
                    let again: Vec<_> = decode_client(&line).collect();
                    assert_eq!(again, [Ok(frame)], "a client's frame changed");
                }
            }
            Err(fault) => drop(format!("{fault:?}")),
        }
    }
    for frame in decode_server(text) {
        match frame {
            Ok(frame) => {
                let line = encode_server(&frame).expect("what was read can be written");
                // What is left of a frame that was read in vain is read in vain again.
                let again: Vec<_> = decode_server(&line).filter_map(Result::ok).collect();
                assert_eq!(again, [frame], "a server's frame changed");
            }
            Err(error) => drop(format!("{error:?} {error}")),
        }
    }
}
