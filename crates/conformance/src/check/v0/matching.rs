//! Section 3, "Topic Selectors", and the subscriptions of section 4: which updates a selector selects. A table.

use assay_client::Dialect;

use crate::{
    accept::AcceptSet,
    check::{Area, Check, Section},
    shape::deliveries::{AS_DUE, Deliveries, Fate},
};

const MATCHING: Section = Section {
    dialect: Dialect::V0,
    area: Area::Matching,
};
const SUBSCRIPTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Subscription,
};

/// A subscriber to some selectors, and what it must and must not receive. `~` stands for a fresh URL that ends in a slash.
struct Case {
    section: Section,
    id: &'static str,
    requirement: &'static str,
    says: &'static str,
    selectors: &'static [&'static str],
    due: &'static [&'static str],
    hidden: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        section: SUBSCRIPTION,
        id: "0.x/subscribe/topic-parameter",
        requirement: "subscribe.topic-param",
        says: "the value of `topic` is a selector",
        selectors: &["~{id}"],
        due: &["~1"],
        hidden: &["~other/1"],
    },
    Case {
        section: SUBSCRIPTION,
        id: "0.x/subscribe/topic-repeated",
        requirement: "subscribe.topic-repeated",
        says: "two `topic` parameters, updates on both and on a third topic",
        selectors: &["~a", "~b"],
        due: &["~a", "~b"],
        hidden: &["~c"],
    },
    Case {
        section: SUBSCRIPTION,
        id: "0.x/subscribe/receives-matching",
        requirement: "subscribe.receives-matching",
        says: "four public updates on the topic",
        selectors: &["~a"],
        due: &["~a", "~a", "~a", "~a"],
        hidden: &[],
    },
    Case {
        section: SUBSCRIPTION,
        id: "0.x/subscribe/no-unmatched",
        requirement: "subscribe.no-unmatched",
        says: "an update on another topic, then one on the topic",
        selectors: &["~a"],
        due: &["~a"],
        hidden: &["~b"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/any-string",
        requirement: "match.any-string",
        says: "selectors that are no URLs",
        selectors: &["bar ~", "a b+c ~"],
        due: &["bar ~", "a b+c ~"],
        hidden: &[],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/wildcard",
        requirement: "match.wildcard",
        says: "the selector `*`, updates on unlike topics",
        selectors: &["*"],
        due: &["anything ~", "~a/b?c", "urn:x:~"],
        hidden: &[],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/wildcard-only-alone",
        requirement: "match.wildcard-only-alone",
        says: "a selector that ends in `*`",
        selectors: &["~*"],
        due: &["~*"],
        hidden: &["~x"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/exact",
        requirement: "match.exact",
        says: "a selector that is the topic",
        selectors: &["~foo"],
        due: &["~foo"],
        hidden: &["~foo/"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/no-normalization",
        requirement: "match.exact-no-normalization",
        says: "topics that differ from the selector in case or percent-encoding only",
        selectors: &["~foo", "~%7Ea"],
        due: &["~foo", "~%7Ea"],
        hidden: &["~Foo", "~~a"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template-equals-itself",
        requirement: "match.template-equals-itself",
        says: "a template as selector and as topic",
        selectors: &["~{id}"],
        due: &["~{id}"],
        hidden: &["~{other}"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/invalid-template",
        requirement: "match.invalid-template-literal",
        says: "a selector with an unbalanced brace",
        selectors: &["~hub?topic=faulty{iri"],
        due: &["~hub?topic=faulty{iri"],
        hidden: &["~hub?topic=faultyX"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template",
        requirement: "match.template",
        says: "the selector `…/books/{id}`",
        selectors: &["~books/{id}"],
        due: &["~books/1"],
        hidden: &[],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template-anchored",
        requirement: "match.template-anchored",
        says: "topics of which a template covers only a part",
        selectors: &["~books/{id}"],
        due: &["~books/1"],
        hidden: &["~books/1/x", "x~books/1"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template-simple-no-slash",
        requirement: "match.template-simple-no-slash",
        says: "a simple expansion and a value with a slash, raw and encoded",
        selectors: &["~{id}"],
        due: &["~a%2Fb"],
        hidden: &["~a/b"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template-reserved",
        requirement: "match.template-reserved",
        says: "a reserved expansion `{+path}`",
        selectors: &["~{+path}"],
        due: &["~a/b?x=1"],
        hidden: &[],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template-path-segment",
        requirement: "match.template-path-segment",
        says: "path segment expansions `{/a,b}` and `{/list*}`",
        selectors: &["~p{/a,b}", "~q{/list*}"],
        due: &["~p/x/y", "~q/x/y/z"],
        hidden: &["~p/x/y/z"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/template-query",
        requirement: "match.template-query",
        says: "a form-style query expansion `{?topic}`",
        selectors: &["~users/foo/{?topic}"],
        due: &["~users/foo/?topic=https%3A%2F%2Fexample.com%2Fbooks%2F1"],
        hidden: &["~users/bar/?topic=x"],
    },
    Case {
        section: MATCHING,
        id: "0.x/match/otherwise-no",
        requirement: "match.otherwise-no",
        says: "a topic that shares only its beginning with the selector",
        selectors: &["~books/{id}"],
        due: &["~books/1"],
        hidden: &["~reviews/1"],
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    CASES.iter().map(check).collect()
}

fn check(case: &'static Case) -> Check {
    let deliveries = Deliveries::new(
        case.says,
        |lab| {
            // A topic of its own for the sentinel: a broken selector must not pass for a broken stream.
            let sentinel = lab.topic("sentinel");
            let base = lab.topic("");
            let request = lab.subscribe(&sentinel)?;
            let selectors = case
                .selectors
                .iter()
                .map(|selector| selector.replacen('~', &base, 1));
            Ok(selectors.fold(request, |request, selector| {
                request.param("topic", selector)
            }))
        },
        |lab| {
            let base = lab.topic("");
            let update =
                |fate, topic: &str| Ok((fate, lab.publish(&topic.replacen('~', &base, 1), "")?));
            let hidden = case.hidden.iter().map(|topic| update(Fate::Hidden, topic));
            hidden
                .chain(case.due.iter().map(|topic| update(Fate::Due, topic)))
                .collect()
        },
    );
    case.section
        .deliveries(case.id, deliveries)
        .judges(case.requirement, AcceptSet::fact(AS_DUE))
}
