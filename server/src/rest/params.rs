//! The parameters behind the question mark.
//!
//! A name that the operation does not know is `invalid`, and so is one that stands twice where one
//! is wanted: what is misspelt should not be passed over, since a filter that does not filter shows
//! more than was asked for.

use std::str::FromStr;

use causerie_protocol::limits::{MAX_INTEGER, MAX_PAGE};

use super::refusal::Refused;

/// What was given, not yet taken.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string.
    ///
    /// # Errors
    /// If it holds U+0000, which is allowed nowhere.
    pub(super) fn read(query: Option<&str>) -> Result<Self, Refused> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if value.contains('\0') || name.contains('\0') {
                return Err(Refused::invalid(&name, "U+0000 is not allowed"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refused> {
        let mut values = self.all(name);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(Refused::invalid(name, "this parameter stands twice")),
        }
    }

    /// All values of a parameter that may stand several times.
    pub(super) fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, left) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(other, _)| other == name);
        self.0 = left;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// A number, if it is there.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, Refused> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        text.parse()
            .ok()
            .filter(|number| *number < MAX_INTEGER && text.bytes().all(|b| b.is_ascii_digit()))
            .map(Some)
            .ok_or_else(|| Refused::invalid(name, "this is an integer from 0 to below 2^53"))
    }

    /// How long a page is to be at most.
    pub(super) fn limit(&mut self) -> Result<Option<u32>, Refused> {
        let limit = self.number("limit")?;
        Ok(limit.map(|limit| u32::try_from(limit).unwrap_or(MAX_PAGE)))
    }

    /// All that is known was taken.
    ///
    /// # Errors
    /// If something is left.
    pub(super) fn end(self) -> Result<(), Refused> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Refused::invalid(name, "there is no such parameter here")),
        }
    }
}

/// An id out of the path.
pub(super) fn id<T: FromStr>(name: &str, text: &str) -> Result<T, Refused>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Refused::invalid(name, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(refused: Refused) -> Option<String> {
        match refused {
            Refused::Request(error) => error.field,
            Refused::Token(_) | Refused::Method => None,
        }
    }

    #[test]
    fn what_is_not_known_or_stands_twice_is_named() {
        let mut params = Params::read(Some("limit=3&lmit=4")).unwrap();
        assert_eq!(params.limit().unwrap(), Some(3));
        assert_eq!(field(params.end().unwrap_err()).as_deref(), Some("lmit"));
        let mut params = Params::read(Some("q=a&q=b")).unwrap();
        let refused = params.text("q").unwrap_err();
        assert_eq!(field(refused).as_deref(), Some("q"));
    }

    #[test]
    fn a_number_is_one_that_every_client_can_hold() {
        for wrong in ["", "-1", "+1", "1.5", "x", "9007199254740992"] {
            let mut params = Params::read(Some(&format!("before={wrong}"))).unwrap();
            assert!(params.number("before").is_err(), "{wrong}");
        }
        let mut params = Params::read(Some("before=9007199254740991")).unwrap();
        assert_eq!(params.number("before").unwrap(), Some((1 << 53) - 1));
    }

    #[test]
    fn several_values_of_one_name_come_in_order() {
        let mut params = Params::read(Some("user_id=a%2Cb&x=1&user_id=c%20d")).unwrap();
        assert_eq!(params.all("user_id"), ["a,b", "c d"]);
        assert!(Params::read(Some("q=%00")).is_err());
    }
}
