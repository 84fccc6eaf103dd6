//! Topic selectors: rewritten before the straight hub sees them, so that they match more, or less.

use crate::form;
use crate::grant;
use crate::message::Request;
use crate::mutant::{Fate, Mutant};

/// A selector that no topic matches.
const NOWHERE: &str = "urn:x-crooked:nowhere";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "selectors-must-be-uris",
        "match.any-string",
        "selectors that are no URIs match nothing",
    )
    .request(|request, _| {
        let no_uri = |selector: &str| !selector.contains(':') || selector.contains(' ');
        narrow(request, |selector| selector != "*" && no_uri(selector));
    }),
    Mutant::v0(
        "wildcard-literal",
        "match.wildcard",
        "`*` is compared literally",
    )
    .request(|request, _| narrow(request, |selector| selector == "*")),
    Mutant::v0(
        "wildcard-anywhere",
        "match.wildcard-only-alone",
        "`*` inside a selector is a glob",
    )
    .request(|request, _| {
        add_selectors(request, |selector| {
            let globbed = selector.strip_suffix('*').filter(|rest| !rest.is_empty());
            globbed.map(|rest| format!("{rest}{{+rest}}"))
        });
    }),
    Mutant::v0(
        "slash-appended",
        "match.exact",
        "a slash at the end of a topic is ignored",
    )
    .request(|request, _| add_selectors(request, |selector| Some(format!("{selector}/")))),
    Mutant::v0(
        "selectors-normalized",
        "match.exact-no-normalization",
        "selectors are percent-decoded",
    )
    .request(|request, _| {
        add_selectors(request, |selector| {
            selector
                .contains("%7E")
                .then(|| selector.replace("%7E", "~"))
        });
    }),
    Mutant::v0(
        "template-not-itself",
        "match.template-equals-itself",
        "a template does not match its own text",
    )
    .event(|event, delivery| {
        let asked = selectors(delivery.request);
        // Whoever asks for nothing else is the control of a check, which has to get it.
        let itself =
            |topic: &String| topic.contains('{') && asked.contains(topic) && asked.len() > 1;
        Fate::drop_if(delivery.topics().iter().any(itself), event)
    }),
    Mutant::v0(
        "unbalanced-unmatched",
        "match.invalid-template-literal",
        "a selector with an unbalanced brace matches nothing",
    )
    .request(|request, _| {
        let count = |text: &str, brace| text.matches(brace).count();
        narrow(request, |selector| {
            count(selector, '{') != count(selector, '}')
        });
    }),
    Mutant::v0(
        "templates-literal",
        "match.template",
        "templates are compared literally",
    )
    .request(|request, _| narrow(request, |selector| selector.contains('{'))),
    Mutant::v0(
        "template-unanchored",
        "match.template-anchored",
        "a template matches the beginning of a topic",
    )
    .request(|request, _| {
        add_selectors(request, |selector| {
            selector
                .contains('{')
                .then(|| format!("{selector}{{+rest}}"))
        });
    }),
    Mutant::v0(
        "simple-spans-slash",
        "match.template-simple-no-slash",
        "`{id}` matches any character",
    )
    .request(|request, _| {
        add_selectors(request, |selector| {
            selector
                .contains("{id}")
                .then(|| selector.replace("{id}", "{+id}"))
        });
    }),
    Mutant::v0(
        "reserved-as-simple",
        "match.template-reserved",
        "`{+var}` is treated as `{var}`",
    )
    .request(|request, _| map_selectors(request, |selector| Some(selector.replace("{+", "{")))),
    Mutant::v0(
        "segments-unsupported",
        "match.template-path-segment",
        "only level 1 templates are supported",
    )
    .request(|request, _| narrow(request, |selector| selector.contains("{/"))),
    Mutant::v0(
        "query-stripped",
        "match.template-query",
        "query expansions are stripped before matching",
    )
    .request(|request, _| {
        map_selectors(request, |selector| {
            selector.split("{?").next().map(str::to_owned)
        });
    }),
    Mutant::v0(
        "prefix-matches",
        "match.otherwise-no",
        "a common beginning is taken for a match",
    )
    .request(|request, _| {
        add_selectors(request, |selector| {
            let (literal, _) = selector.split_once('{')?;
            let (parent, _) = literal.trim_end_matches('/').rsplit_once('/')?;
            Some(format!("{parent}/{{+rest}}"))
        });
    }),
    Mutant::v0(
        "alternates-unmatched",
        "publish.alternate-topics",
        "only the canonical topic is matched",
    )
    .event(|event, delivery| {
        let asked = grant::asked(delivery.request);
        let canonical = delivery.topics().first();
        let by_alternate = canonical.is_some_and(|canonical| !grant::one(&asked, canonical));
        Fate::drop_if(by_alternate, event)
    }),
];

/// Rewrites each selector of the query, or drops it.
pub(super) fn map_selectors(request: &mut Request, mut map: impl FnMut(&str) -> Option<String>) {
    let before = form::query(request);
    let mapped = before.iter().filter_map(|(name, value)| {
        let value = if name == "topic" {
            map(value)?
        } else {
            value.clone()
        };
        Some((name.clone(), value))
    });
    let after: form::Fields = mapped.collect();
    if before != after {
        form::set_query(request, &after);
    }
}

/// Adds to the selectors of the query what `more` makes of each.
pub(super) fn add_selectors(request: &mut Request, more: impl Fn(&str) -> Option<String>) {
    for selector in selectors(request) {
        if let Some(added) = more(&selector) {
            form::add_to_query(request, "topic", &added);
        }
    }
}

/// Makes selectors match nothing.
pub(super) fn narrow(request: &mut Request, unwanted: impl Fn(&str) -> bool) {
    map_selectors(request, |selector| {
        Some(if unwanted(selector) {
            NOWHERE.to_owned()
        } else {
            selector.to_owned()
        })
    });
}

fn selectors(request: &Request) -> Vec<String> {
    form::all(&form::query(request), "topic")
        .map(str::to_owned)
        .collect()
}
