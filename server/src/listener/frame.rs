//! WebSocket frames (RFC 6455), as a server reads and writes them.
//!
//! A library keeps a buffer for each connection to read into, and copies what it writes into
//! another one. A connection that is silent has neither here: [`Decoder`] holds only what came and
//! is not read yet, which mostly is nothing (docs/adr/0008-own-websocket-frames.md).

use causerie_protocol::limits::MAX_MESSAGE_BYTES;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Most bytes of a control frame's payload.
const MAX_CONTROL_BYTES: usize = 125;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received<'a> {
    Text(&'a str),
    Binary,
    Ping(&'a [u8]),
    Pong,
    /// With its code, if it had one.
    Close(Option<u16>),
}

/// Why nothing after this can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A message beyond its limit.
    TooLarge,
    /// A text that is none.
    Utf8,
    /// Anything else that the standard forbids.
    Protocol,
}

/// Cuts what a client sends into messages.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    /// How much of the buffer was handed out.
    read: usize,
    /// The first fragments of a message whose last one has not come.
    fragments: Option<Box<Fragments>>,
}

#[derive(Debug, Default)]
struct Fragments {
    is_text: bool,
    is_whole: bool,
    bytes: Vec<u8>,
}

struct Header {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Where the payload begins.
    begin: usize,
    length: usize,
}

impl Decoder {
    /// Takes in bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if it is all there.
    pub(super) fn next(&mut self) -> Result<Option<Received<'_>>, Fault> {
        if self
            .fragments
            .as_ref()
            .is_some_and(|fragments| fragments.is_whole)
        {
            self.fragments = None;
        }
        loop {
            let taken = self.fragments.as_ref().map_or(0, |f| f.bytes.len());
            let Some(header) = header(&self.buffer[self.read..], taken)? else {
                break;
            };
            let begin = self.read + header.begin;
            let end = begin + header.length;
            if self.buffer.len() < end {
                break;
            }
            self.read = end;
            unmask(&mut self.buffer[begin..end], header.mask);
            match header.opcode {
                0x1 | 0x2 if self.fragments.is_some() => return Err(Fault::Protocol),
                0x1 if header.is_final => return text(&self.buffer[begin..end]).map(Some),
                0x2 if header.is_final => return Ok(Some(Received::Binary)),
                0x1 | 0x2 => {
                    self.fragments = Some(Box::new(Fragments {
                        is_text: header.opcode == 0x1,
                        is_whole: false,
                        bytes: self.buffer[begin..end].to_vec(),
                    }));
                }
                0x0 => {
                    let fragments = self.fragments.as_mut().ok_or(Fault::Protocol)?;
                    fragments.bytes.extend_from_slice(&self.buffer[begin..end]);
                    fragments.is_whole = header.is_final;
                    if header.is_final {
                        break;
                    }
                }
                0x8 => return close(&self.buffer[begin..end]).map(Some),
                0x9 => return Ok(Some(Received::Ping(&self.buffer[begin..end]))),
                // The header lets no others through.
                _ => return Ok(Some(Received::Pong)),
            }
        }
        if self.read == self.buffer.len() {
            self.buffer = Vec::new();
            self.read = 0;
        }
        match &self.fragments {
            Some(fragments) if fragments.is_whole && fragments.is_text => {
                text(&fragments.bytes).map(Some)
            }
            Some(fragments) if fragments.is_whole => Ok(Some(Received::Binary)),
            Some(_) | None => Ok(None),
        }
    }
}

/// A frame's header, if it is all there. `taken` bytes of its message came before.
fn header(bytes: &[u8], taken: usize) -> Result<Option<Header>, Fault> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let opcode = first & 0x0F;
    let is_final = first & 0x80 != 0;
    let is_control = opcode & 0x8 != 0;
    let is_known = matches!(opcode, 0x0..=0x2 | 0x8..=0xA);
    // Extensions were not agreed on, and a client masks.
    if first & 0x70 != 0 || second & 0x80 == 0 || !is_known || (is_control && !is_final) {
        return Err(Fault::Protocol);
    }
    let (length, extra) = match second & 0x7F {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 2),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (u64::from_be_bytes(*length), 8),
            None => return Ok(None),
        },
        length => (u64::from(length), 0),
    };
    let length = usize::try_from(length).map_err(|_| Fault::TooLarge)?;
    if is_control && length > MAX_CONTROL_BYTES {
        return Err(Fault::Protocol);
    }
    if !is_control && length.saturating_add(taken) > MAX_MESSAGE_BYTES {
        return Err(Fault::TooLarge);
    }
    let Some(mask) = rest.get(extra..).and_then(|rest| rest.first_chunk::<4>()) else {
        return Ok(None);
    };
    Ok(Some(Header {
        is_final,
        opcode,
        mask: *mask,
        begin: 2 + extra + 4,
        length,
    }))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let mut words = payload.chunks_exact_mut(4);
    for word in &mut words {
        for (byte, mask) in word.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

fn text(bytes: &[u8]) -> Result<Received<'_>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Utf8)?;
    Ok(Received::Text(text))
}

fn close(payload: &[u8]) -> Result<Received<'_>, Fault> {
    match payload {
        [] => Ok(Received::Close(None)),
        [_] => Err(Fault::Protocol),
        [first, second, reason @ ..] => {
            std::str::from_utf8(reason).map_err(|_| Fault::Utf8)?;
            Ok(Received::Close(Some(u16::from_be_bytes([*first, *second]))))
        }
    }
}

/// Writes the header of a text message of so many bytes.
pub(super) fn text_header(length: usize, out: &mut Vec<u8>) {
    out.push(0x81);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..=125), _) => out.push(length),
        (_, Ok(length)) => {
            out.push(126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// The answer to a ping.
pub(super) fn pong(payload: &[u8]) -> Vec<u8> {
    control(0x8A, payload)
}

/// A close with this code.
pub(super) fn closing(code: u16) -> Vec<u8> {
    control(0x88, &code.to_be_bytes())
}

/// The answer to a client's close: the same code, unless it is one that nobody may send.
pub(super) fn close_answer(code: Option<u16>) -> Vec<u8> {
    match code {
        None => control(0x88, &[]),
        Some(code) if CloseCode::from(code).is_allowed() => closing(code),
        Some(_) => closing(CloseCode::Protocol.into()),
    }
}

fn control(head: u8, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(MAX_CONTROL_BYTES)];
    let mut frame = vec![head, payload.len() as u8];
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MASK: [u8; 4] = [0x6D, 0, 0xB2, 0xFF];

    /// A client's frame.
    fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        text_header(payload.len(), &mut frame);
        frame[0] = head;
        frame[1] |= 0x80;
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
        frame
    }

    /// What is read, in words.
    fn all(decoder: &mut Decoder) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            match decoder.next() {
                Ok(Some(received)) => found.push(format!("{received:?}")),
                Ok(None) => return found,
                Err(fault) => {
                    found.push(format!("{fault:?}"));
                    return found;
                }
            }
        }
    }

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        all(&mut decoder)
    }

    #[test]
    fn messages_whole_and_in_fragments_are_read_with_control_frames_between() {
        let mut bytes = frame(0x81, b"one");
        bytes.extend(frame(0x01, b"tw"));
        bytes.extend(frame(0x89, b"hey"));
        bytes.extend(frame(0x00, b""));
        bytes.extend(frame(0x80, b"o"));
        bytes.extend(frame(0x82, b"three"));
        bytes.extend(frame(0x8A, b""));
        bytes.extend(frame(0x88, &4000_u16.to_be_bytes()));
        let expected = [
            "Text(\"one\")",
            "Ping([104, 101, 121])",
            "Text(\"two\")",
            "Binary",
            "Pong",
            "Close(Some(4000))",
        ];
        assert_eq!(read(&bytes), expected);
        for piece in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let mut found = Vec::new();
            for bytes in bytes.chunks(piece) {
                decoder.push(bytes);
                found.extend(all(&mut decoder));
            }
            assert_eq!(found, expected, "in pieces of {piece}");
            assert_eq!(decoder.buffer.capacity(), 0, "nothing is kept");
        }
    }

    #[test]
    fn what_the_standard_forbids_is_refused() {
        let mut unmasked = frame(0x81, b"x");
        unmasked[1] &= 0x7F;
        let long = vec![0; 126];
        for (bytes, fault) in [
            (unmasked, "Protocol"),
            (frame(0xC1, b"x"), "Protocol"),
            (frame(0x83, b"x"), "Protocol"),
            (frame(0x8B, b"x"), "Protocol"),
            (frame(0x09, b"x"), "Protocol"),
            (frame(0x89, &long), "Protocol"),
            (frame(0x80, b"x"), "Protocol"),
            (frame(0x88, b"x"), "Protocol"),
            ([frame(0x01, b"x"), frame(0x81, b"x")].concat(), "Protocol"),
            (frame(0x81, b"\xFF"), "Utf8"),
            (frame(0x88, b"\x03\xE8\xFF"), "Utf8"),
        ] {
            assert_eq!(read(&bytes), [fault], "{bytes:?}");
        }
    }

    #[test]
    fn a_message_beyond_its_limit_is_refused_by_its_header() {
        let whole = frame(0x81, &vec![b'x'; MAX_MESSAGE_BYTES]);
        assert!(read(&whole)[0].starts_with("Text"));
        let beyond = frame(0x81, &vec![b'x'; MAX_MESSAGE_BYTES + 1]);
        assert_eq!(read(&beyond[..14]), ["TooLarge"]);
        let mut fragments = frame(0x01, &vec![b'x'; MAX_MESSAGE_BYTES]);
        fragments.extend(frame(0x80, b"x"));
        assert_eq!(read(&fragments), ["TooLarge"]);
        assert_eq!(
            read(&[0x81, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255]),
            ["TooLarge"]
        );
    }

    #[test]
    fn a_close_is_answered_with_its_code_unless_nobody_may_send_it() {
        assert_eq!(close_answer(Some(1000)), [0x88, 2, 3, 0xE8]);
        assert_eq!(close_answer(Some(4000)), closing(4000));
        assert_eq!(close_answer(Some(1005)), closing(1002));
        assert_eq!(close_answer(None), [0x88, 0]);
        assert_eq!(pong(b"hi"), [0x8A, 2, b'h', b'i']);
    }

    proptest! {
        /// Whatever comes, in whatever pieces, it ends, and pieces make no difference.
        #[test]
        fn hostile_bytes_are_read_the_same_however_they_are_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            piece in 1_usize..50,
        ) {
            let whole = read(&bytes);
            let mut decoder = Decoder::default();
            let mut found: Vec<String> = Vec::new();
            for bytes in bytes.chunks(piece) {
                decoder.push(bytes);
                found.extend(all(&mut decoder));
                if found.last().is_some_and(|last| {
                    matches!(last.as_str(), "Protocol" | "Utf8" | "TooLarge")
                }) {
                    break;
                }
            }
            prop_assert_eq!(found, whole);
        }
    }
}
