//! What the checks of active subscriptions of both dialects share: subscriptions that are found again, an observer of their
//! events, and what is asked of the lists of them. Not for judging: the tables are under `v1/subscriptions` and
//! `v0/subscriptions`.
//!
//! On a shared hub other checks come and go at the same time. So each subscription carries a mark, which no encoding changes
//! and which stands nowhere else, and whatever lacks it is passed over.

pub(super) mod access;
pub(super) mod api;
pub(super) mod delivery;
pub(super) mod document;
pub(super) mod grants;
pub(super) mod lifecycle;
pub(super) mod naming;
pub(super) mod observer;
pub(super) mod payloads;
pub(super) mod reconciliation;
pub(super) mod statement;
pub(super) mod subscribers;

use assay_client::Dialect;

use crate::{lab::Lab, request::Request, stop::Stop};

/// How a matcher is compared with topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Byte for byte, by the bare parameter.
    Exact,
    /// The same, said so: 1.0 only.
    SaidExact,
    /// A URL pattern of 1.0; in 0.x whatever the text is.
    Pattern,
}

/// A matcher of a subscription that is found again by its mark.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    /// Stands in the text, and nowhere else.
    pub(super) mark: String,
    /// The matcher.
    pub(super) text: String,
    /// How it is compared.
    pub(super) kind: Kind,
}

impl Marked {
    /// A matcher with a mark between these.
    pub(super) fn new(kind: Kind, before: &str, after: &str) -> Self {
        let mark = uuid::Uuid::new_v4().simple().to_string();
        Self {
            text: format!("{before}{mark}{after}"),
            mark,
            kind,
        }
    }

    /// A topic, of which no encoding changes anything.
    pub(super) fn plain() -> Self {
        Self::new(Kind::Exact, "assay-", "")
    }

    /// A topic as most are.
    pub(super) fn url() -> Self {
        Self::new(Kind::Exact, "https://example.com/assay/", "")
    }

    /// The type that documents and paths of 1.0 name.
    pub(super) fn match_type(&self) -> &'static str {
        match self.kind {
            Kind::Exact | Kind::SaidExact => "exact",
            Kind::Pattern => "urlpattern",
        }
    }

    /// The parameter that subscribes to it.
    pub(super) fn parameter(&self, dialect: Dialect) -> &'static str {
        match (dialect, self.kind) {
            (Dialect::V0, _) => "topic",
            (Dialect::V1, Kind::Exact) => "match",
            (Dialect::V1, Kind::SaidExact) => "match_exact",
            (Dialect::V1, Kind::Pattern) => "match_urlpattern",
        }
    }
}

/// A subscription to these, by anyone.
pub(super) fn subscription<'m>(
    lab: &Lab<'_>,
    marked: impl IntoIterator<Item = &'m Marked>,
) -> Result<Request, Stop> {
    let mut request = lab.stream(&lab.topic("alive"))?;
    for matcher in marked {
        request = request.param(matcher.parameter(lab.hub().dialect), &matcher.text);
    }
    Ok(request)
}

/// Whether an observer is told of a subscription as soon as it is there.
pub(crate) async fn are_told(lab: &Lab<'_>) -> Result<bool, Stop> {
    let matcher = Marked::url();
    let mut observer = observer::Observer::of_all(lab).await?;
    let _stream = lab.opened(&subscription(lab, [&matcher])?).await?;
    let told = observer.so_far(&[&matcher]).await?;
    Ok(told.iter().any(|told| !told.is_empty()))
}
