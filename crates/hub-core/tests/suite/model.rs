//! What the model of the simulation knows of topics, matchers, tokens and updates.

use assay_hub_core::{AccessToken, Limits, TopicMatcher};
use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::support::{exact, token_v0, token_v1, url_pattern};

/// Grants as a model understands them: a list of topics, or all.
pub(crate) struct Tokens(pub(crate) Vec<(Option<AccessToken>, Covered)>);

#[derive(Clone, Debug)]
pub(crate) enum Covered {
    Topics(&'static [&'static str]),
    All,
}

impl Tokens {
    pub(crate) fn mint() -> Self {
        const LISTS: [&[&str]; 3] = [&[], &["/a/1"], &["/b/2", "loose"]];
        let mut all = vec![
            (None, Covered::Topics(&[])),
            (Some(token_v1(&["*"])), Covered::All),
        ];
        for list in LISTS {
            all.push((Some(token_v1(list)), Covered::Topics(list)));
            all.push((Some(token_v0(list)), Covered::Topics(list)));
        }
        // Lists that share a pattern.
        let books = &["/b/1", "/b/2"];
        all.push((Some(token_v0(&["/b/{id}"])), Covered::Topics(books)));
        let more = &["/b/1", "/b/2", "/a/1"];
        let token = token_v0(&["/b/{id}", "/a/1"]);
        all.push((Some(token), Covered::Topics(more)));
        Self(all)
    }
}

pub(crate) const TOPICS: [&str; 7] = [
    "/a/1",
    "/a/2",
    "/b/1",
    "/b/2",
    "loose",
    "urn:x",
    "https://[",
];

impl Covered {
    pub(crate) fn covers(&self, topic: &str) -> bool {
        match self {
            Self::Topics(topics) => topics.contains(&topic),
            Self::All => true,
        }
    }
}

/// A matcher and what the model makes of it.
pub(crate) fn some_matcher(random: &mut StdRng) -> (TopicMatcher, Covered) {
    let selector = |text| TopicMatcher::selector(text, &Limits::DEFAULT).expect("a good selector");
    match random.random_range(0..8) {
        0 => (exact("*"), Covered::All),
        1 => (url_pattern("/a/:id"), Covered::Topics(&["/a/1", "/a/2"])),
        2 => (
            url_pattern("https://hub.example/b/*"),
            Covered::Topics(&["/b/1", "/b/2"]),
        ),
        3 => (selector("/b/{id}"), Covered::Topics(&["/b/1", "/b/2"])),
        4 => (exact("/a/1"), Covered::Topics(&["/a/1"])),
        5 => (exact("https://["), Covered::Topics(&["https://["])),
        6 => (selector("urn:x"), Covered::Topics(&["urn:x"])),
        _ => (exact("loose"), Covered::Topics(&["loose"])),
    }
}

pub(crate) struct Published {
    /// Its data.
    pub(crate) number: usize,
    pub(crate) id: String,
    pub(crate) topics: Vec<&'static str>,
    pub(crate) private: bool,
}
