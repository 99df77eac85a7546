//! WebSocket frames by hand (RFC 6455), as little of them as a load generator needs: no
//! fragments, no compression, no copy of a payload that lies in one piece.

/// What a server's frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text message.
    Text(&'a [u8]),
    /// A ping; its payload goes back.
    Ping(&'a [u8]),
    /// The end, with its code; 1005 if there was none.
    Close(u16),
    /// A pong, which nobody asked for.
    Pong,
}

/// A frame that this reader does not understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// A client's text message.
pub fn text(payload: &str) -> Vec<u8> {
    client_frame(0x1, payload.as_bytes())
}

/// A client's answer to a ping.
pub fn pong(payload: &[u8]) -> Vec<u8> {
    client_frame(0xA, payload)
}

/// The mask is all zeros, which the standard allows (it protects old proxies, not the peers), so
/// that the payload need not be copied twice.
fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..=125), _) => frame.push(0x80 | length),
        (_, Ok(length)) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Reader {
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
}

impl Reader {
    /// Takes in what was read and hands over every frame that is complete.
    ///
    /// # Errors
    /// If a frame is masked, fragmented or of an unknown kind.
    pub fn handle(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Frame<'_>),
    ) -> Result<(), Unreadable> {
        let joined;
        let mut left = if self.rest.is_empty() {
            bytes
        } else {
            self.rest.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.rest);
            &joined
        };
        while let Some((frame, length)) = first(left)? {
            each(frame);
            left = &left[length..];
        }
        self.rest.extend_from_slice(left);
        Ok(())
    }
}

/// The first frame and its length, if it is all there.
fn first(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, Unreadable> {
    let [head, length, rest @ ..] = bytes else {
        return Ok(None);
    };
    let (length, header): (usize, usize) = match length {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (usize::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => {
                let length = usize::try_from(u64::from_be_bytes(*length));
                (length.map_err(|_| Unreadable)?, 10)
            }
            None => return Ok(None),
        },
        length if length & 0x80 != 0 => return Err(Unreadable),
        length => (usize::from(*length), 2),
    };
    let end = header.checked_add(length).ok_or(Unreadable)?;
    let Some(payload) = bytes.get(header..end) else {
        return Ok(None);
    };
    let frame = match head {
        0x81 => Frame::Text(payload),
        0x88 => Frame::Close(
            payload
                .first_chunk::<2>()
                .map_or(1005, |code| u16::from_be_bytes(*code)),
        ),
        0x89 => Frame::Ping(payload),
        0x8A => Frame::Pong,
        _ => return Err(Unreadable),
    };
    Ok(Some((frame, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_frame(head: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = client_frame(0, payload);
        frame[0] = head;
        frame[1] &= 0x7F;
        let at = frame.len() - payload.len();
        frame.drain(at - 4..at);
        frame
    }

    #[test]
    fn frames_of_every_length_are_found_however_the_bytes_are_cut() {
        let payloads: Vec<Vec<u8>> = [0, 1, 125, 126, 65_535, 65_536, 70_000]
            .map(|length| vec![b'x'; length])
            .into();
        let stream: Vec<u8> = payloads
            .iter()
            .flat_map(|payload| server_frame(0x81, payload))
            .collect();
        for piece in [1, 7, 1_000, 65_536, stream.len()] {
            let mut reader = Reader::default();
            let mut found = Vec::new();
            for bytes in stream.chunks(piece) {
                let each = |frame: Frame<'_>| match frame {
                    Frame::Text(text) => found.push(text.to_vec()),
                    other => panic!("{other:?}"),
                };
                reader.handle(bytes, each).expect("readable");
            }
            assert_eq!(found, payloads, "in pieces of {piece}");
        }
    }

    #[test]
    fn pings_and_closes_are_told_apart_and_fragments_refused() {
        let mut found = Vec::new();
        let mut bytes = server_frame(0x89, b"hi");
        bytes.extend(server_frame(0x88, &4002_u16.to_be_bytes()));
        let mut reader = Reader::default();
        let each = |frame: Frame<'_>| found.push(format!("{frame:?}"));
        reader.handle(&bytes, each).expect("readable");
        assert_eq!(found, ["Ping([104, 105])", "Close(4002)"]);
        for head in [0x01, 0x80, 0xC1, 0x82] {
            let frame = server_frame(head, b"x");
            assert_eq!(Reader::default().handle(&frame, |_| {}), Err(Unreadable));
        }
    }

    #[test]
    fn a_client_frame_says_its_length_and_is_masked() {
        assert_eq!(text("ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(text(&"x".repeat(300))[..4], [0x81, 0xFE, 1, 44]);
        assert_eq!(text(&"x".repeat(70_000))[1], 0xFF);
    }
}
