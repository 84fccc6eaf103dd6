//! Characters that no topic, id or type may have: controls and format characters. A table: field by class. Not for bytes that
//! are no characters: see [`super::utf8`].

use super::{
    SECTION, bad_request, field_is, publication, refused, topic_before, topics_behind, with_field,
};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Check, Section, Shape},
    shape::{Build, Change, accepted::Accepted, sandwich::Sandwich},
};

/// Values in words and as they are.
type Values = &'static [(&'static str, &'static str)];

/// Where the value stands.
#[derive(Clone, Copy)]
enum Field {
    Topic,
    Id,
    Type,
}

/// One row of the table.
struct Row {
    id: &'static str,
    requirement: &'static str,
    field: Field,
    /// Must be refused.
    bad: Values,
    /// Resemble them, and need not be refused.
    good: Values,
}

const C0: Values = &[
    ("the value has U+0000 inside", "a\0b"),
    ("the value has U+0009 inside", "a\tb"),
    ("the value has U+000A inside", "a\nb"),
    ("the value has U+000D inside", "a\rb"),
    ("the value has U+001F inside", "a\u{1f}b"),
    ("the value begins with U+000A", "\nb"),
    ("the value ends with U+000A", "a\n"),
    (
        "the value would end the line of an event",
        "a\ndata: forged",
    ),
    ("the value would end the event", "a\r\n\r\ndata: forged"),
];
const SPACE: Values = &[("the value has a space inside", "{fresh} b")];
const DELETE: Values = &[
    ("the value has U+007F inside", "a\u{7f}b"),
    ("the value ends with U+007F", "a\u{7f}"),
];
const TILDE: Values = &[("the value has U+007E inside", "{fresh}~b")];
const C1: Values = &[
    ("the value has U+0080 inside", "a\u{80}b"),
    ("the value has U+0085 inside", "a\u{85}b"),
    ("the value has U+009F inside", "a\u{9f}b"),
    ("the value ends with U+0085", "a\u{85}"),
];
const NO_BREAK_SPACE: Values = &[("the value has U+00A0 inside", "{fresh}\u{a0}b")];

// The first and the last of each range of category Cf of Unicode 17, those that came late among them.
const FORMAT: Values = &[
    ("the value has U+00AD inside", "a\u{ad}b"),
    ("the value has U+0600 inside", "a\u{600}b"),
    ("the value has U+0605 inside", "a\u{605}b"),
    ("the value has U+061C inside", "a\u{61c}b"),
    ("the value has U+06DD inside", "a\u{6dd}b"),
    ("the value has U+070F inside", "a\u{70f}b"),
    ("the value has U+0890 inside", "a\u{890}b"),
    ("the value has U+0891 inside", "a\u{891}b"),
    ("the value has U+08E2 inside", "a\u{8e2}b"),
    ("the value has U+180E inside", "a\u{180e}b"),
    ("the value has U+200B inside", "a\u{200b}b"),
    ("the value has U+200F inside", "a\u{200f}b"),
    ("the value has U+202A inside", "a\u{202a}b"),
    ("the value has U+202E inside", "a\u{202e}b"),
    ("the value has U+2060 inside", "a\u{2060}b"),
    ("the value has U+2064 inside", "a\u{2064}b"),
    ("the value has U+2066 inside", "a\u{2066}b"),
    ("the value has U+206F inside", "a\u{206f}b"),
    ("the value has U+FEFF inside", "a\u{feff}b"),
    ("the value begins with U+FEFF", "\u{feff}ab"),
    ("the value has U+FFF9 inside", "a\u{fff9}b"),
    ("the value has U+FFFB inside", "a\u{fffb}b"),
    ("the value has U+110BD inside", "a\u{110bd}b"),
    ("the value has U+110CD inside", "a\u{110cd}b"),
    ("the value has U+13430 inside", "a\u{13430}b"),
    ("the value has U+1343F inside", "a\u{1343f}b"),
    ("the value has U+1BCA0 inside", "a\u{1bca0}b"),
    ("the value has U+1BCA3 inside", "a\u{1bca3}b"),
    ("the value has U+1D173 inside", "a\u{1d173}b"),
    ("the value has U+1D17A inside", "a\u{1d17a}b"),
    ("the value has U+E0001 inside", "a\u{e0001}b"),
    ("the value has U+E0020 inside", "a\u{e0020}b"),
    ("the value has U+E007F inside", "a\u{e007f}b"),
];

// None of them unassigned: a later Unicode may make those format characters, and a hub may refuse them already.
const NO_FORMAT: Values = &[
    ("the value has U+00E9 inside", "{fresh}\u{e9}b"),
    ("the value has U+034F inside", "{fresh}\u{34f}b"),
    ("the value has U+2028 inside", "{fresh}\u{2028}b"),
    ("the value has U+3164 inside", "{fresh}\u{3164}b"),
    ("the value has U+FE0F inside", "{fresh}\u{fe0f}b"),
    ("the value has U+FFFD inside", "{fresh}\u{fffd}b"),
    ("the value has U+1F600 inside", "{fresh}\u{1f600}b"),
    ("the value has U+E0100 inside", "{fresh}\u{e0100}b"),
];

// The same classes once more, short: a hub has one test for all fields, or forgets one wholly.
const SOME_FORMAT: Values = &[
    ("the value has U+00AD inside", "mer\u{ad}cure"),
    ("the value has U+200B inside", "a\u{200b}b"),
    ("the value has U+202E inside", "a\u{202e}b"),
    ("the value begins with U+FEFF", "\u{feff}mercure"),
    ("the value has U+1343F inside", "a\u{1343f}b"),
    ("the value has U+E0001 inside", "a\u{e0001}b"),
];
const LETTERS: Values = &[
    ("the value has U+00E9 inside", "{fresh}\u{e9}b"),
    ("the value has U+1F600 inside", "{fresh}\u{1f600}b"),
];

const fn row(
    id: &'static str,
    requirement: &'static str,
    field: Field,
    bad: Values,
    good: Values,
) -> Row {
    Row {
        id,
        requirement,
        field,
        bad,
        good,
    }
}

const ROWS: &[Row] = &[
    row(
        "publish/topic-c0",
        "publish.topic.c0",
        Field::Topic,
        C0,
        SPACE,
    ),
    row(
        "publish/topic-delete",
        "publish.topic.del",
        Field::Topic,
        DELETE,
        TILDE,
    ),
    row(
        "publish/topic-c1",
        "publish.topic.c1",
        Field::Topic,
        C1,
        NO_BREAK_SPACE,
    ),
    row(
        "publish/topic-format",
        "publish.topic.cf",
        Field::Topic,
        FORMAT,
        NO_FORMAT,
    ),
    row("publish/id-c0", "publish.id.c0", Field::Id, C0, SPACE),
    row(
        "publish/id-delete",
        "publish.id.del",
        Field::Id,
        DELETE,
        TILDE,
    ),
    row(
        "publish/id-c1",
        "publish.id.c1",
        Field::Id,
        C1,
        NO_BREAK_SPACE,
    ),
    row(
        "publish/id-format",
        "publish.id.cf",
        Field::Id,
        SOME_FORMAT,
        LETTERS,
    ),
    row("publish/type-c0", "publish.type.c0", Field::Type, C0, SPACE),
    row(
        "publish/type-delete",
        "publish.type.del",
        Field::Type,
        DELETE,
        TILDE,
    ),
    row(
        "publish/type-c1",
        "publish.type.c1",
        Field::Type,
        C1,
        NO_BREAK_SPACE,
    ),
    row(
        "publish/type-format",
        "publish.type.cf",
        Field::Type,
        SOME_FORMAT,
        LETTERS,
    ),
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let mut checks: Vec<_> = ROWS.iter().map(|row| row.check(SECTION)).collect();
    checks.push(
        SECTION
            .refusal(
                "publish/alternate-characters",
                Sandwich::table(publication, bad_alternates()),
            )
            .judges(
                "publish.topic.alternate-constraints",
                AcceptSet::pass(Outcome::Status(&[400])),
            ),
    );
    checks
}

impl Row {
    fn check(&self, section: Section) -> Check {
        section
            .refusal(
                self.id,
                Sandwich::table(self.field.right(), self.field.values(self.bad)),
            )
            .also(Shape::Accepted(Accepted::table(
                self.field.right(),
                self.field.values(self.good),
            )))
            .judges(self.requirement, self.field.accepts())
    }
}

impl Field {
    fn right(self) -> Build {
        match self {
            Self::Topic => Box::new(publication),
            Self::Id => Box::new(with_field("id", "urn:uuid:{fresh}")),
            Self::Type => Box::new(with_field("type", "news")),
        }
    }

    fn values(self, values: Values) -> Vec<Change> {
        let change = |&(says, value)| match self {
            Self::Topic => topic_before(says, value),
            Self::Id => field_is(says, "id", value),
            Self::Type => field_is(says, "type", value),
        };
        values.iter().map(change).collect()
    }

    fn accepts(self) -> AcceptSet {
        match self {
            Self::Topic | Self::Type => bad_request(),
            Self::Id => refused(),
        }
    }
}

fn bad_alternates() -> Vec<Change> {
    vec![
        topics_behind("the second topic has U+000A inside", &["a\nb"]),
        topics_behind("the second topic has U+007F inside", &["a\u{7f}b"]),
        topics_behind(
            "the third topic has U+0085 inside",
            &["https://example.com/assay/b", "a\u{85}b"],
        ),
        topics_behind(
            "the third topic has U+200B inside",
            &["https://example.com/assay/b", "a\u{200b}b"],
        ),
    ]
}
