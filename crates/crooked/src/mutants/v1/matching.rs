//! Matchers: rewritten before the straight hub sees them, so that they match more, or less.

use serde_json::json;

use crate::message::Request;
use crate::mutant::Mutant;
use crate::scene::Scene;

use super::discovery::edit_metadata;
use super::matchers::{add, edit, nowhere, pattern};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "patterns-unsupported",
        "match.both-types",
        "patterns match nothing",
    )
    .request(|request, _| edit(request, |name, _| name == "match_urlpattern", nowhere)),
    Mutant::v1(
        "bare-star-literal",
        "match.wildcard.bare",
        "`match=*` is compared literally",
    )
    .request(|request, _| {
        edit(
            request,
            |name, value| name == "match" && value == "*",
            nowhere,
        );
    }),
    Mutant::v1(
        "exact-star-literal",
        "match.wildcard.exact-param",
        "`match_exact=*` is compared literally",
    )
    .request(|request, _| {
        edit(
            request,
            |name, value| name == "match_exact" && value == "*",
            nowhere,
        );
    }),
    Mutant::v1(
        "star-compiled",
        "match.wildcard.urlpattern-param",
        "`match_urlpattern=*` is relative to the hub",
    )
    .request(|request, _| {
        let star = |name: &str, value: &str| name == "match_urlpattern" && value == "*";
        edit(request, star, |(_, value)| "/*".clone_into(value));
    }),
    Mutant::v1(
        "star-anywhere",
        "match.wildcard.only-lone-star",
        "exact matchers that end in `*` are globs",
    )
    .request(|request, _| {
        add(request, |name, value| {
            let globbed = name == "match" && value.len() > 1 && value.ends_with('*');
            globbed.then(|| pattern(value.to_owned()))
        });
    }),
    Mutant::v1(
        "prefix-compared",
        "match.exact.bytes",
        "exact matchers are prefixes",
    )
    .request(|request, _| {
        add(request, |name, value| {
            (name == "match" && value != "*").then(|| pattern(format!("{value}*")))
        });
    }),
    Mutant::v1(
        "matchers-normalized",
        "match.exact.no-iri-normalization",
        "exact matchers are normalized",
    )
    .request(add_as_pattern),
    Mutant::v1(
        "case-folded",
        "match.exact.case",
        "the comparison folds the case of the host",
    )
    .request(add_as_pattern),
    Mutant::v1(
        "exact-resolved",
        "match.exact.no-base",
        "exact matchers are resolved against the hub",
    )
    .request(add_as_pattern),
    Mutant::v1(
        "unicode-normalized",
        "match.exact.no-unicode-normalization",
        "composed and decomposed letters are equal",
    )
    .request(|request, _| {
        add(request, |name, value| {
            let composed = name == "match" && value.contains('\u{e9}');
            composed.then(|| (name.to_owned(), value.replace('\u{e9}', "e\u{301}")))
        });
    }),
    Mutant::v1(
        "advertises-regex",
        "match.additional-types",
        "the metadata name a matcher type which is answered 400",
    )
    .answer(|answer, exchange| {
        let types = json!(["exact", "urlpattern", "regex"]);
        edit_metadata(
            answer,
            exchange,
            "mercure_matcher_types_supported",
            Some(types),
        );
    }),
];

/// Exact matchers also count as patterns, which resolves and normalizes both sides.
fn add_as_pattern(request: &mut Request, _: &Scene) {
    add(request, |name, value| {
        (name == "match" && value != "*").then(|| pattern(value.to_owned()))
    });
}
