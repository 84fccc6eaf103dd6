//! Section "Topic Matcher List": entries that are no matchers, and what the others match in a grant.

use assay_client::Dialect;
use serde_json::{Value, json};

use super::{
    datum::member,
    refusal::{insufficient_scope, invalid_token},
    right::{
        exact, granted_publication, hub_origin, pattern, private_update, publication,
        publication_with, publish, relative, subscribe, subscription_with,
    },
};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Section, Shape},
    lab::Lab,
    request::{Proof, Request},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries, Fate},
        sandwich::Sandwich,
    },
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Authorization,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let refused = |id, requirement, changes| {
        SECTION
            .refusal(id, Sandwich::table(granted_publication, changes))
            .judges(requirement, invalid_token())
    };
    vec![
        refused("matchers/no-object", "details.matcher.object", no_objects()),
        refused(
            "matchers/match-missing",
            "details.matcher.match-required",
            no_match(),
        ),
        refused(
            "matchers/type-case",
            "details.matcher.type-case",
            types_in_other_case(),
        ),
        refused(
            "matchers/type-unknown",
            "details.matcher.type-unknown",
            unknown_types(),
        ),
        refused(
            "matchers/invalid-pattern",
            "details.matcher.invalid-pattern",
            invalid_patterns(),
        ),
        SECTION
            .refusal(
                "matchers/default-exact",
                Sandwich::new(
                    |lab| granted_alone(lab, &lab.topic("b/:id")),
                    topic_is(
                        "the topic is one that the grant would match as a pattern",
                        |lab| lab.topic("b/1"),
                    ),
                ),
            )
            .judges("details.matcher.default-exact", insufficient_scope()),
        SECTION
            .allowance(
                "matchers/wildcard",
                Accepted::table(publication, wildcards()),
            )
            .also(Shape::Deliveries(wildcard_subscriber()))
            .judges(
                "details.matcher.wildcard",
                AcceptSet::fact(WORKS).or_pass(Outcome::Fact(AS_DUE)),
            ),
        SECTION
            .refusal("matchers/lone-star", lone_star())
            .also(Shape::Sandwich(double_star()))
            .judges("details.matcher.lone-star-only", insufficient_scope()),
        SECTION
            .refusal("matchers/urlpattern", url_pattern())
            .also(Shape::Accepted(url_pattern_of_the_hub()))
            .judges(
                "details.matcher.urlpattern-grant",
                insufficient_scope().or_pass(Outcome::Fact(WORKS)),
            ),
        SECTION
            .refusal("matchers/exact", exact_absolute())
            .also(Shape::Sandwich(exact_relative()))
            .also(Shape::Sandwich(exact_unicode()))
            .judges("details.matcher.exact-grant", insufficient_scope()),
    ]
}

/// `topics` holds this entry behind the right one, which would do alone.
fn entry(says: &'static str, entry: Value) -> Change {
    Change::new(says, move |request, _| {
        let topics = &mut request.draft()?.claims["authorization_details"][0]["topics"];
        topics
            .as_array_mut()
            .ok_or_else(|| Stop::Defect("a right token has an array of topics".to_owned()))?
            .push(entry.clone());
        Ok(())
    })
}

fn no_objects() -> Vec<Change> {
    vec![
        member("the only topic is the text `*`", "topics", json!(["*"])),
        Change::new("the only topic is a text", |request, lab| {
            request.draft()?.claims["authorization_details"][0]["topics"] = json!([lab.topic("a")]);
            Ok(())
        }),
        member("the only topic is null", "topics", json!([null])),
        member("the only topic is a number", "topics", json!([1])),
        member("the only topic is an array", "topics", json!([["*"]])),
        entry("a text stands beside the right matcher", json!("x")),
    ]
}

fn no_match() -> Vec<Change> {
    let only = |says, matcher| member(says, "topics", json!([matcher]));
    vec![
        only("the only matcher is empty", json!({})),
        only(
            "the only matcher has a type alone",
            json!({ "match_type": "exact" }),
        ),
        only("`match` is a number", json!({ "match": 1 })),
        only("`match` is null", json!({ "match": null })),
        only("`match` is an array", json!({ "match": ["*"] })),
        only("`Match` is written with a capital", json!({ "Match": "*" })),
        only("`topic` stands instead of `match`", json!({ "topic": "*" })),
        entry(
            "a matcher without `match` stands beside the right one",
            json!({}),
        ),
    ]
}

fn match_type(says: &'static str, value: Value) -> Change {
    Change::new(says, move |request, _| {
        let matcher = &mut request.draft()?.claims["authorization_details"][0]["topics"][0];
        matcher["match_type"] = value.clone();
        Ok(())
    })
}

fn types_in_other_case() -> Vec<Change> {
    vec![
        match_type("`match_type` is `Exact`", json!("Exact")),
        match_type("`match_type` is `EXACT`", json!("EXACT")),
        match_type(
            "`match_type` is `exact` with a space before",
            json!(" exact"),
        ),
        match_type("`match_type` is `URLPattern`", json!("URLPattern")),
        match_type("`match_type` is `urlPattern`", json!("urlPattern")),
    ]
}

fn unknown_types() -> Vec<Change> {
    vec![
        match_type("`match_type` is `regex`", json!("regex")),
        match_type("`match_type` is `uritemplate`", json!("uritemplate")),
        match_type("`match_type` is empty", json!("")),
        match_type("`match_type` is null", json!(null)),
        match_type("`match_type` is a number", json!(1)),
        match_type("`match_type` is an array", json!([])),
        entry(
            "a matcher of an unknown type stands beside the right one",
            json!({ "match": "https://example.com/b", "match_type": "regex" }),
        ),
    ]
}

fn invalid_patterns() -> Vec<Change> {
    vec![
        entry(
            "a pattern with an open bracket is there",
            pattern("https://example.com/("),
        ),
        entry("a pattern with a name twice is there", pattern("/:id/:id")),
        entry(
            "a pattern with an open brace is there",
            pattern("https://example.com/{a"),
        ),
        member(
            "the only matcher is a pattern with an open bracket",
            "topics",
            json!([pattern("https://example.com/(")]),
        ),
    ]
}

// A publication on the one topic that its token grants, literally.
fn granted_alone(lab: &Lab<'_>, topic: &str) -> Result<Request, Stop> {
    publication_with(lab, topic, json!([publish(json!([exact(topic)]))]))
}

fn topic_is(says: &'static str, topic: fn(&Lab<'_>) -> String) -> Change {
    Change::new(says, move |request, lab| {
        request.set_field("topic", &topic(lab));
        Ok(())
    })
}

fn wildcards() -> Vec<Change> {
    const TYPES: [(&str, &str); 2] = [
        ("exact", "`*` has the type `exact`"),
        ("urlpattern", "`*` has the type `urlpattern`"),
    ];
    const TOPICS: [(&str, &str); 3] = [
        ("foo bar", "a topic more is `foo bar`"),
        ("https://[", "a topic more is `https://[`"),
        (
            "http://example.com:99999/",
            "a topic more has an impossible port",
        ),
    ];
    let types = TYPES.map(|(kind, says)| {
        member(
            says,
            "topics",
            json!([{ "match": "*", "match_type": kind }]),
        )
    });
    let topics = TOPICS.map(|(topic, says)| {
        Change::new(says, move |request, _| {
            *request = request.clone().field("topic", topic);
            Ok(())
        })
    });
    types.into_iter().chain(topics).collect()
}

fn wildcard_subscriber() -> Deliveries {
    Deliveries::new(
        "a subscriber whose token grants `*` as a URL pattern receives private updates",
        |lab| {
            let details = json!([subscribe(json!([pattern("*")]))]);
            subscription_with(lab, &lab.topic("a"), Proof::Public, details)
        },
        |lab| Ok(vec![(Fate::Due, private_update(lab, &lab.topic("a"))?)]),
    )
}

fn lone_star() -> Sandwich {
    Sandwich::new(
        |lab| granted_alone(lab, &lab.topic("*")),
        topic_is(
            "the topic is one that the grant would match as a glob",
            |lab| lab.topic("b"),
        ),
    )
}

fn double_star() -> Sandwich {
    Sandwich::new(
        |lab| {
            let topic = lab.topic("a");
            let topics = json!([exact("**"), exact(&topic)]);
            publication_with(lab, &topic, json!([publish(topics)]))
        },
        topic_is("the topic is covered by `**` at most", |lab| lab.topic("b")),
    )
}

fn pattern_publication(lab: &Lab<'_>) -> Result<Request, Stop> {
    let grant = json!([publish(json!([pattern(&relative(lab, "books/:id"))]))]);
    publication_with(lab, &relative(lab, "books/1"), grant)
}

fn url_pattern() -> Sandwich {
    Sandwich::table(
        pattern_publication,
        vec![
            topic_is("the topic has another origin", |lab| {
                format!("https://other.example{}", relative(lab, "books/1"))
            }),
            topic_is("the topic has a capital", |lab| relative(lab, "Books/1")),
            topic_is("the topic has a segment more", |lab| {
                relative(lab, "books/1/2")
            }),
        ],
    )
}

fn url_pattern_of_the_hub() -> Accepted {
    Accepted::new(
        pattern_publication,
        Change::new(
            "a topic more is absolute, of the hub's origin",
            |request, lab| {
                let topic = format!("{}{}", hub_origin(lab), relative(lab, "books/1"));
                *request = request.clone().field("topic", topic);
                Ok(())
            },
        ),
    )
}

fn exact_absolute() -> Sandwich {
    Sandwich::table(
        |lab| granted_alone(lab, &lab.topic("a")),
        vec![
            topic_is("the topic has a slash more", |lab| lab.topic("a/")),
            topic_is("the topic begins with the one that is granted", |lab| {
                lab.topic("ab")
            }),
            topic_is("the topic has a capital in its host", |lab| {
                lab.topic("a").replacen("example.com", "EXAMPLE.com", 1)
            }),
            topic_is("the topic is percent-encoded", |lab| lab.topic("%61")),
        ],
    )
}

fn exact_relative() -> Sandwich {
    Sandwich::new(
        |lab| granted_alone(lab, &relative(lab, "a")),
        topic_is("the topic is absolute, of the hub's origin", |lab| {
            format!("{}{}", hub_origin(lab), relative(lab, "a"))
        }),
    )
}

fn exact_unicode() -> Sandwich {
    Sandwich::new(
        |lab| granted_alone(lab, &lab.topic("caf\u{e9}")),
        topic_is(
            "the topic has its accent as a character of its own",
            |lab| lab.topic("cafe\u{301}"),
        ),
    )
}
