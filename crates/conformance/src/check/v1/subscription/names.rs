//! Names in the reserved `match` namespace that are no matcher parameters: the whole request is refused.

use super::{SECTION, bad_request, parameter, subscription};
use crate::{
    accept::Outcome,
    check::{Check, Shape},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
};

type Named = (&'static str, &'static str);

const OTHER_SUFFIXES: &[Named] = &[
    ("there is a `match_URLPattern` too", "match_URLPattern"),
    ("there is a `match_Urlpattern` too", "match_Urlpattern"),
    ("there is a `match_EXACT` too", "match_EXACT"),
    ("there is a `match_Exact` too", "match_Exact"),
    ("there is a `match_url-pattern` too", "match_url-pattern"),
    ("there is a `match_ exact` too", "match_ exact"),
    ("there is a `match_exact ` too", "match_exact "),
];
const OTHER_CASES: &[Named] = &[
    ("there is a `Match` too", "Match"),
    ("there is a `MATCH` too", "MATCH"),
    ("there is a `mATCH` too", "mATCH"),
    ("there is a `MATCH_EXACT` too", "MATCH_EXACT"),
    ("there is a `Match_urlpattern` too", "Match_urlpattern"),
];
// The comparison is one of ASCII.
const LOOKALIKES: &[Named] = &[
    ("there is a name with a fullwidth `m` too", "\u{ff4d}atch"),
    ("there is a name with a Cyrillic `a` too", "m\u{430}tch"),
];
const RESERVED: &[Named] = &[
    ("there is a `matcher` too", "matcher"),
    ("there is a `matches` too", "matches"),
    ("there is a `matched_by` too", "matched_by"),
    ("there is a `match_` too", "match_"),
    ("there is a `match-exact` too", "match-exact"),
    ("there is a `match.exact` too", "match.exact"),
    ("there is a `match[]` too", "match[]"),
    ("there is a `match[0]` too", "match[0]"),
    ("there is a `matchexact` too", "matchexact"),
    ("there is a `match_exact_` too", "match_exact_"),
    ("there is a `match` with a NUL at its end too", "match\0"),
];
const NOT_RESERVED: &[Named] = &[
    ("there is a `rematch` too", "rematch"),
    ("there is a `mat` too", "mat"),
    ("there is a `match` with a space before it too", " match"),
];
// Names that no registry is going to have.
const UNKNOWN_TYPES: &[Named] = &[
    ("there is a `match_nope` too", "match_nope"),
    ("there is a `match_x-assay` too", "match_x-assay"),
    ("there is a `match_assay9` too", "match_assay9"),
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let refused = |id, named| SECTION.refusal(id, Sandwich::table(subscription, added(named)));
    let allowed = |named| Shape::Accepted(Accepted::table(subscription, added(named)));
    let refused_or_allowed = || bad_request().or_pass(Outcome::Fact(WORKS));
    vec![
        refused("subscribe/type-suffix", OTHER_SUFFIXES)
            .judges("subscribe.type-suffix-canonical", bad_request()),
        refused("subscribe/names-case", OTHER_CASES)
            .also(allowed(LOOKALIKES))
            .judges("subscribe.names-case-sensitive", refused_or_allowed()),
        refused("subscribe/reserved-prefix", RESERVED)
            .also(allowed(NOT_RESERVED))
            .judges("subscribe.reserved-prefix", refused_or_allowed()),
        refused("subscribe/unknown-type", UNKNOWN_TYPES)
            .judges("subscribe.unknown-matcher-type", bad_request()),
        SECTION
            .refusal(
                "subscribe/unknown-type-beside-known",
                Sandwich::table(subscription, beside_known()),
            )
            .judges("subscribe.reserved-prefix.whole-request", bad_request()),
    ]
}

fn added(named: &[Named]) -> Vec<Change> {
    let change = |&(says, name)| parameter(says, name, "https://example.com/assay/b");
    named.iter().map(change).collect()
}

fn beside_known() -> Vec<Change> {
    let first = Change::new(
        "a `match_nope` stands before the right one",
        |request, _| {
            let unknown = ("match_nope".to_owned(), "https://example.com/b".to_owned());
            request.query.insert(0, unknown);
            Ok(())
        },
    );
    let last = parameter(
        "a `match_nope` stands behind the right one",
        "match_nope",
        "https://example.com/b",
    );
    let between = Change::new(
        "a `matcher` stands between two right ones",
        |request, lab| {
            let further = lab.topic("b");
            *request = request
                .clone()
                .param("matcher", "x")
                .param("match", further);
            Ok(())
        },
    );
    vec![first, last, between]
}
