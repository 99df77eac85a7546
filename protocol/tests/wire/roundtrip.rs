//! What is written is what is read, whatever it holds and however it is batched.

use causerie_protocol::*;
use proptest::{collection::vec, prelude::*};

use crate::strategy::{client_frame, server_frame};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2048,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_client_frame_is_read_as_it_was_written(frame in client_frame()) {
        let line = encode_client(&frame).expect("a sound frame");
        prop_assert_eq!(encoded_len(&frame), line.len());
        prop_assert!(!line.contains('\n'), "a frame is one line");
        let read: Vec<_> = decode_client(&line).collect();
        prop_assert_eq!(read, vec![Ok(frame)], "{}", line);
    }

    #[test]
    fn a_server_frame_is_read_as_it_was_written(frame in server_frame()) {
        let line = encode_server(&frame).expect("a sound frame");
        prop_assert_eq!(encoded_len(&frame), line.len());
        prop_assert!(!line.contains('\n'), "a frame is one line");
        let mut appended = b"before".to_vec();
        encode_server_into(&frame, &mut appended).expect("a sound frame");
        prop_assert_eq!(&appended, &[b"before", line.as_bytes()].concat());
        let read: Result<Vec<_>, _> = decode_server(&line).collect();
        prop_assert_eq!(read.expect("a sound frame"), vec![frame], "{}", line);
    }

    #[test]
    fn the_size_of_content_is_that_of_its_json(frame in client_frame()) {
        if let Request::Write(write) = &frame.request
            && let Ok(WriteOp::SendMessage(send)) = &write.op
        {
            let json = serde_json::to_string(&send.content).expect("content is JSON");
            prop_assert_eq!(send.content.encoded_len(), json.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_frames_of_a_batch_are_read_in_order_whatever_stands_between_them(
        batch in vec((client_frame(), "[ \t\r\n]{0,4}"), 0..5),
        before in "[ \t\r\n]{0,3}",
    ) {
        let mut message = before;
        let mut frames = Vec::new();
        for (frame, between) in batch {
            message += &encode_client(&frame).expect("a sound frame");
            message += &between;
            frames.push(Ok(frame));
        }
        prop_assert_eq!(decode_client(&message).collect::<Vec<_>>(), frames);
    }

    #[test]
    fn a_server_batch_is_read_in_order(batch in vec(server_frame(), 0..5)) {
        let mut message = Vec::new();
        for frame in &batch {
            encode_server_into(frame, &mut message).expect("a sound frame");
            message.push(b'\n');
        }
        let message = String::from_utf8(message).expect("JSON is UTF-8");
        let read: Result<Vec<_>, _> = decode_server(&message).collect();
        prop_assert_eq!(read.expect("sound frames"), batch);
    }
}
