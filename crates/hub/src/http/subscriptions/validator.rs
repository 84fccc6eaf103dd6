//! The entity tag of a list of subscriptions: the newest event of the hub, since a list changes with the log alone.

use assay_hub_core::{ActiveSubscriptions, Dialect};
use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a tag cannot hold, and what would end it in a list of tags.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',');

/// The tag of one answer.
#[derive(Debug)]
pub(super) struct Validator {
    tag: String,
    /// The id of the event, which clients of 0.x send as it stands.
    id: String,
}

impl Validator {
    pub(super) fn of(found: &ActiveSubscriptions) -> Self {
        Self::new(found.cursor().as_str(), found.dialect())
    }

    fn new(id: &str, dialect: Dialect) -> Self {
        Self {
            tag: match dialect {
                // obs.subscriptions.etag: as the examples of draft-07 have it, although HTTP asks for quotes.
                Dialect::V0 => id.to_owned(),
                Dialect::V1 => quoted(id),
            },
            id: id.to_owned(),
        }
    }

    /// The field `ETag`.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether one of the fields `If-None-Match` names it (RFC 9110, section 13.1.2). In both dialects the id counts with its
    /// quotes and without.
    pub(super) fn is_met<'a>(&self, fields: impl IntoIterator<Item = &'a HeaderValue>) -> bool {
        let quoted = quoted(&self.id);
        let names = |tag: &str| {
            let tag = tag.trim();
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || tag == quoted || tag == self.id
        };
        fields.into_iter().any(|field| {
            std::str::from_utf8(field.as_bytes())
                .is_ok_and(|field| names(field) || field.split(',').any(names))
        })
    }
}

fn quoted(id: &str) -> String {
    format!("\"{}\"", utf8_percent_encode(id, ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_matched_in_each_of_their_forms() {
        fn check(id: &str, fields: &[&str], met: bool) {
            for dialect in [Dialect::V0, Dialect::V1] {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|field| HeaderValue::from_bytes(field.as_bytes()).expect("a field"))
                    .collect();
                let validator = Validator::new(id, dialect);
                assert_eq!(validator.is_met(&fields), met, "{dialect} {id} {fields:?}");
            }
        }
        check("urn:x:1", &[], false);
        check("urn:x:1", &["\"urn:x:1\""], true);
        check("urn:x:1", &["urn:x:1"], true);
        check("urn:x:1", &["W/\"urn:x:1\""], true);
        check("urn:x:1", &["\"urn:x:0\", \"urn:x:1\""], true);
        check("urn:x:1", &["\"urn:x:0\"", "\"urn:x:1\""], true);
        check("urn:x:1", &["*"], true);
        check("urn:x:1", &["\"urn:x:10\""], false);
        check("urn:x:1", &["\"urn:x\", :1"], false);
        check("a, b", &["\"a%2C%20b\""], true);
        check("a, b", &["a, b"], true);
        check("é\"%", &["\"%C3%A9%22%25\""], true);
    }

    #[test]
    fn a_tag_of_1_0_is_one_that_http_allows() {
        assert_eq!(
            Validator::new("a \"b\"", Dialect::V1).tag(),
            "\"a%20%22b%22\""
        );
        assert_eq!(Validator::new("urn:x:1", Dialect::V1).tag(), "\"urn:x:1\"");
        assert_eq!(Validator::new("urn:x:1", Dialect::V0).tag(), "urn:x:1");
    }
}
