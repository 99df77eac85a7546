//! Messages to be sent, and those that a change means.

use causerie::{Content, Error, MessageKind, SendMessage};

use super::{Attachment, display_as_debug, redacted};
use crate::parse::{self, invalid};

/// A message to be sent.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "uniffi", uniffi::export(Debug, Display))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// What is said, if it is text.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub text: Option<String>,
    /// What is said, if it is an object of the app's, as JSON. Not beside a text.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub object: Option<String>,
    /// What it is, as `docs/protocol.md` §5 names it. Default: `media` with attachments, `custom`
    /// for an object, else `text`.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub kind: Option<String>,
    /// Files that were uploaded.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub attachments: Vec<Attachment>,
    /// The message that it answers.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub reply_to: Option<String>,
    /// Users whom it names.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub mentions: Vec<String>,
    /// The app's own, a JSON object.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub metadata: Option<String>,
}

/// Without what people wrote.
impl std::fmt::Debug for NewMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewMessage")
            .field("text", &redacted(&self.text))
            .field("object", &redacted(&self.object))
            .field("kind", &self.kind)
            .field("attachments", &self.attachments)
            .field("reply_to", &self.reply_to)
            .finish_non_exhaustive()
    }
}

display_as_debug!(NewMessage);

impl TryFrom<NewMessage> for SendMessage {
    type Error = Error;

    fn try_from(new: NewMessage) -> Result<Self, Error> {
        let content = match (new.text, new.object) {
            (None, None) => Content::Empty,
            (Some(text), None) => Content::Text(text),
            (None, Some(object)) => Content::Object(parse::object("object", &object)?),
            (Some(_), Some(_)) => return Err(invalid("object", "a text is there already")),
        };
        let attachments = new
            .attachments
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<Vec<_>, _>>()?;
        let kind = match (new.kind, &content) {
            (Some(kind), _) => MessageKind::from(kind.as_str()),
            (None, Content::Object(_)) => MessageKind::Custom,
            (None, Content::Empty | Content::Text(_)) if attachments.is_empty() => {
                MessageKind::Text
            }
            (None, Content::Empty | Content::Text(_)) => MessageKind::Media,
        };
        Ok(Self {
            kind,
            content,
            attachments,
            reply_to: new
                .reply_to
                .map(|id| parse::message_id("reply_to", &id))
                .transpose()?,
            mentions: parse::user_ids("mentions", &new.mentions)?,
            metadata: new
                .metadata
                .map(|json| parse::object("metadata", &json))
                .transpose()?,
        })
    }
}

/// The message that an edit, a deletion or a reaction means: exactly one of the two is there.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTarget {
    /// By the server's id: any message that has one.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub message_id: Option<String>,
    /// By the key that sending gave: one's own, also before the server has it.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub key: Option<String>,
}

impl TryFrom<MessageTarget> for causerie::MessageTarget {
    type Error = Error;

    fn try_from(target: MessageTarget) -> Result<Self, Error> {
        match (target.message_id, target.key) {
            (Some(id), None) => Ok(Self::Message(parse::message_id("message_id", &id)?)),
            (None, Some(key)) => Ok(Self::Key(parse::write_key(&key)?)),
            (Some(_), Some(_)) | (None, None) => Err(invalid(
                "target",
                "name the message by its id or by its key, and not by both",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    fn new() -> NewMessage {
        NewMessage {
            text: None,
            object: None,
            kind: None,
            attachments: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: None,
        }
    }

    fn picture() -> Attachment {
        Attachment {
            media_id: "m".into(),
            name: "a-secret.jpg".into(),
            content_type: "image/jpeg".into(),
            size: 3,
            sha256: "00".repeat(32),
            width: Some(640),
            height: Some(480),
            blurhash: None,
            duration_ms: None,
            waveform: None,
        }
    }

    fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        Fault::from(result.unwrap_err()).message
    }

    #[test]
    fn what_a_message_is_follows_from_what_it_has() {
        let kind = |new: NewMessage| SendMessage::try_from(new).unwrap().kind;
        let said = NewMessage {
            text: Some("Bonjour".into()),
            ..new()
        };
        assert_eq!(kind(said.clone()), MessageKind::Text);
        let shown = NewMessage {
            attachments: vec![picture()],
            ..said
        };
        assert_eq!(kind(shown), MessageKind::Media);
        let drawn = NewMessage {
            object: Some(r#"{"shape":"circle"}"#.into()),
            ..new()
        };
        assert_eq!(kind(drawn.clone()), MessageKind::Custom);
        let named = NewMessage {
            kind: Some("poll".into()),
            ..drawn
        };
        assert_eq!(kind(named), MessageKind::from("poll"));
    }

    #[test]
    fn an_attachment_comes_out_as_it_went_in() {
        let inside = causerie::Attachment::try_from(picture()).unwrap();
        assert_eq!(Attachment::from(&inside), picture());
        let impossible = Attachment {
            width: Some(-1),
            ..picture()
        };
        assert!(refused(causerie::Attachment::try_from(impossible)).starts_with("width: "));
    }

    #[test]
    fn a_message_that_says_two_things_and_a_target_that_names_none_or_two_are_refused() {
        let both = NewMessage {
            text: Some("a".into()),
            object: Some("{}".into()),
            ..new()
        };
        assert!(refused(SendMessage::try_from(both)).starts_with("object: "));
        let id = "279b6bf7-01b6-7bc5-a7a4-2d8fac10fc0e".to_owned();
        let target = |message_id: Option<&String>, key: Option<&String>| {
            causerie::MessageTarget::try_from(MessageTarget {
                message_id: message_id.cloned(),
                key: key.cloned(),
            })
        };
        assert!(refused(target(None, None)).starts_with("target: "));
        assert!(refused(target(Some(&id), Some(&id))).starts_with("target: "));
        assert_eq!(
            target(Some(&id), None).unwrap(),
            causerie::MessageTarget::Message(id.parse().unwrap())
        );
        assert_eq!(
            target(None, Some(&id)).unwrap(),
            causerie::MessageTarget::Key(id.parse().unwrap())
        );
    }

    #[test]
    fn what_is_to_be_sent_is_not_printed() {
        let message = NewMessage {
            text: Some("a-secret".into()),
            metadata: Some(r#"{"a-secret":1}"#.into()),
            attachments: vec![picture()],
            ..new()
        };
        assert!(!format!("{message:?} {message}").contains("a-secret"));
    }
}
