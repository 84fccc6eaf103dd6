//! A subscription by another safe method (QUERY of RFC 10008): its matchers are in the body, and count as those of the query
//! component. Not for its cursor: see [`super::replay_by_query_method`].

use super::{SECTION, bad_request, field, parameter, subscription, subscription_by_query_method};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings, Need, Shape, v1::scene::Scene},
    lab::Lab,
    request::{Content, Proof, Request},
    shape::{
        Change, Works,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries},
        sandwich::Sandwich,
    },
    stop::Stop,
    wire::event_stream::Event,
};

const FORM: &str = "application/x-www-form-urlencoded";
const GET_BODY_UNREAD: &str = "the body of a GET adds no matcher";

const PATTERN_IN_QUERY: Scene = Scene::new(
    "two matchers and a URL pattern, one of the matchers in the body",
    &[
        ("match", "~a"),
        ("match_urlpattern", "~c/:id"),
        ("match", "~b"),
    ],
    &["~a", "~b", "~c/1"],
    &["~d"],
);
const PATTERN_IN_BODY: Scene = Scene::new(
    "two matchers and a URL pattern, the pattern in the body",
    &[
        ("match", "~a"),
        ("match", "~b"),
        ("match_urlpattern", "~c/:id"),
    ],
    &["~a", "~b", "~c/1"],
    &["~d"],
);

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscribe/query-method", |lab| Box::pin(by_query(lab)))
            .judges(
                "subscribe.query-method.accepted",
                AcceptSet::fact(WORKS)
                    .or_pass(Outcome::Fact(GET_BODY_UNREAD))
                    .or_note(Outcome::Status(&[405, 501])),
            ),
        SECTION
            .refusal(
                "subscribe/query-method-names",
                Sandwich::table(subscription_by_query_method, names()),
            )
            .also(Shape::Accepted(Accepted::new(
                subscription_by_query_method,
                text_body("the name in the body is `%6Datch`", "%6Datch"),
            )))
            .judges(
                "subscribe.query-method.reserved-names",
                bad_request().or_pass(Outcome::Fact(WORKS)),
            )
            .needs(Need::QueryMethod),
        SECTION
            .refusal(
                "subscribe/query-method-values",
                Sandwich::table(subscription_by_query_method, values()),
            )
            .judges("subscribe.query-method.value-constraints", bad_request())
            .needs(Need::QueryMethod),
        SECTION
            .deliveries(
                "subscribe/query-method-union",
                last_in_body(PATTERN_IN_QUERY),
            )
            .also(Shape::Deliveries(last_in_body(PATTERN_IN_BODY)))
            .judges("subscribe.query-method.union", AcceptSet::fact(AS_DUE))
            .needs(Need::QueryMethod),
    ]
}

// Whether the hub offers it is seen here, so there is no need of it.
async fn by_query(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let good = subscription(lab)?;
    let mut works = Works::set_up(lab, &good).await?;
    works.control(good).await?;
    let by_query = match works.send(subscription_by_query_method(lab)?).await {
        Ok(Ok(_)) => Observation::Fact(WORKS),
        Ok(Err(observation)) => observation,
        Err(Stop::Control(reason)) => Observation::Other(reason),
        Err(stop) => return Err(stop),
    };
    works.control(subscription(lab)?).await?;
    Ok(Findings::Cases(vec![
        ("the matcher is in the body of a QUERY", by_query),
        (
            "a further matcher is in the body of a GET",
            by_get(lab).await?,
        ),
    ]))
}

// The content of a GET has no meaning: refused or not, it must not be read.
async fn by_get(lab: &Lab<'_>) -> Result<Observation, Stop> {
    let (sentinel, topic) = (lab.topic("sentinel"), lab.topic("b"));
    let request = lab.subscribe(&sentinel)?.field("match", &topic);
    let Ok(mut stream) = lab.open(&request).await? else {
        return Ok(Observation::Fact(GET_BODY_UNREAD));
    };
    stream.fence(&sentinel, Proof::Public).await?;
    let data = lab.marker();
    let mut twin = lab.subscribed(&lab.entitled_to(&[&topic])?).await?;
    lab.published(&lab.publish(&topic, &data)?).await?;
    twin.until(&data).await?;
    let seen = stream.fence(&sentinel, Proof::Public).await?;
    let is_read = seen.iter().filter_map(Event::data).any(|seen| seen == data);
    Ok(if is_read {
        Observation::Other("the stream receives what the body of the GET asks for".to_owned())
    } else {
        Observation::Fact(GET_BODY_UNREAD)
    })
}

/// The body is not the encoding that we would write, but this name with the right value.
fn text_body(says: &'static str, name: &'static str) -> Change {
    Change::new(says, move |request, lab| {
        request.content = Content::Text(FORM, format!("{name}={}", lab.topic("a")));
        Ok(())
    })
}

/// The right body, and this text behind it as it is.
fn text_behind(says: &'static str, text: &'static str) -> Change {
    Change::new(says, move |request, lab| {
        request.content = Content::Text(FORM, format!("match={}&{text}", lab.topic("a")));
        Ok(())
    })
}

fn names() -> Vec<Change> {
    vec![
        field("the body has a `Match` too", "Match", "x"),
        field("the body has a `matcher` too", "matcher", "x"),
        field("the body has a `match_nope` too", "match_nope", "x"),
        text_behind("the body has a `%4Datch` too", "%4Datch=x"),
        text_behind(
            "the body has a `match_nope` without value too",
            "match_nope",
        ),
        parameter("the query component has a `Match`", "Match", "x"),
        parameter("the query component has a `match_nope`", "match_nope", "x"),
    ]
}

fn values() -> Vec<Change> {
    vec![
        field("a value in the body holds U+0000", "match", "a\0b"),
        field("a value in the body holds U+007F", "match", "a\u{7f}b"),
        field("a value in the body holds U+0085", "match", "a\u{85}b"),
        field("a value in the body holds U+200B", "match", "a\u{200b}b"),
        field(
            "a pattern in the body has an open bracket",
            "match_urlpattern",
            "https://example.com/(",
        ),
        parameter(
            "a value in the query component holds U+200B",
            "match",
            "a\u{200b}b",
        ),
    ]
}

/// The last parameter of the scene goes into the body of a QUERY.
fn last_in_body(scene: Scene) -> Deliveries {
    scene.deliveries_to(|mut request: Request| {
        request.method = "QUERY";
        request.content = Content::Form(request.query.pop().into_iter().collect());
        Ok(request)
    })
}
