//! One sample of a site: what became of it in each world, what to write instead, and how that fared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a sample is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SampleKind {
    /// The URL, or parameters of it, that a subscriber opens.
    Subscription,
    /// What a token says.
    Token,
    /// The cookie that carries a token.
    Cookie,
    /// What a publisher posts.
    Publication,
    /// A path of the subscription API.
    SubscriptionApi,
    /// A setting of the hub or of what signs for it.
    Setting,
    /// How an answer of the hub is read.
    Reading,
}

impl SampleKind {
    /// Each, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Subscription,
        Self::Token,
        Self::Cookie,
        Self::Publication,
        Self::SubscriptionApi,
        Self::Setting,
        Self::Reading,
    ];

    /// As reports name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Token => "token",
            Self::Cookie => "cookie",
            Self::Publication => "publication",
            Self::SubscriptionApi => "subscription API",
            Self::Setting => "setting",
            Self::Reading => "reading",
        }
    }
}

/// A sample and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleRow {
    /// Such as `S1`; the order of the report.
    pub id: String,
    /// What it is.
    pub kind: SampleKind,
    /// As the site has it; of a token its claims, never its signature.
    pub text: String,
    /// Where it was found.
    pub places: Vec<Place>,
    /// What of it could not be tried as it is, such as the value of an expression, and what was tried in its place.
    pub stand_ins: Vec<String>,
    /// On the hub of today.
    pub today: Fate,
    /// On the hub of 1.0 that also speaks 0.x.
    pub compatible: Fate,
    /// On the hub of 1.0 alone.
    pub moved: Fate,
    /// What to write instead, where there is something.
    pub instead: Option<Instead>,
    /// Why: the rules of 1.0 that it meets.
    pub changes: Vec<Change>,
    /// What the words written instead mean other than the words of today, as it was observed.
    pub differences: Vec<String>,
}

/// Where in the samples something stands.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Place {
    /// As it was given, or below that.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
}

/// What became of a sample in one world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fate {
    /// How it went.
    pub end: End,
    /// How this is known.
    pub basis: Basis,
    /// What was seen.
    pub detail: String,
}

/// How a sample fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It does what it is for.
    Works,
    /// It is refused, with a status.
    Refused,
    /// It is taken, and does not do what it is for: nothing says so.
    Silent,
    /// Not judged.
    Open,
}

impl End {
    /// As reports say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused => "refused",
            Self::Silent => "fails silently",
            Self::Open => "not judged",
        }
    }
}

/// How a fate is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// It was sent to the hub of this world, and this came.
    Tried,
    /// By a rule of the draft; nothing was sent.
    Rule,
}

impl Basis {
    /// As reports say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tried => "tried",
            Self::Rule => "by rule",
        }
    }
}

/// What to write instead of a sample, and how that fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instead {
    /// In the site's own terms.
    pub text: String,
    /// While compatibility is on: whether clients can be changed one by one.
    pub compatible: Fate,
    /// Once it is off.
    pub moved: Fate,
}

/// A rule of 1.0 that a sample meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Of the catalogue of 1.0.
    pub requirement: String,
    /// The title of the section of the draft.
    pub section: String,
    /// What it means for this sample.
    pub why: String,
}

/// What a sample comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Works once compatibility is off.
    Stays,
    /// Has to be written otherwise before compatibility goes off.
    MustChange,
    /// Could not be judged.
    Open,
}

impl Standing {
    /// As reports say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stays => "stays",
            Self::MustChange => "must change",
            Self::Open => "not judged",
        }
    }
}

impl SampleRow {
    /// What it comes to, by its fate once compatibility is off.
    pub const fn standing(&self) -> Standing {
        match self.moved.end {
            End::Works => Standing::Stays,
            End::Refused | End::Silent => Standing::MustChange,
            End::Open => Standing::Open,
        }
    }

    /// Whether nothing will tell that it stopped working: at one of the steps of the move it is taken and does not do what it
    /// is for.
    pub const fn is_silent(&self) -> bool {
        matches!(self.compatible.end, End::Silent) || matches!(self.moved.end, End::Silent)
    }

    /// Whether what is to be written instead was seen to work without compatibility.
    pub fn is_proven(&self) -> bool {
        let proof = |instead: &Instead| {
            instead.moved.end == End::Works && instead.moved.basis == Basis::Tried
        };
        self.instead.as_ref().is_some_and(proof)
    }
}

impl Fate {
    /// Seen on the hub of a world.
    pub fn tried(end: End, detail: impl Into<String>) -> Self {
        Self {
            end,
            basis: Basis::Tried,
            detail: detail.into(),
        }
    }

    /// Known by a rule of the draft.
    pub fn by_rule(end: End, detail: impl Into<String>) -> Self {
        Self {
            end,
            basis: Basis::Rule,
            detail: detail.into(),
        }
    }

    /// Not judged, for a reason.
    pub fn open(reason: impl Into<String>) -> Self {
        Self::by_rule(End::Open, reason)
    }

    /// `works (tried)`; without a basis where nothing was judged.
    pub fn as_words(&self) -> String {
        match self.end {
            End::Open => self.end.as_str().to_owned(),
            _ => format!("{} ({})", self.end.as_str(), self.basis.as_str()),
        }
    }
}
