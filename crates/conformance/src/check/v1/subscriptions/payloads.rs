//! Section "Payloads": which detail of a token gives a subscription its payload. A table.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings, Probing,
        subscriptions::{
            Kind, Marked,
            payloads::{AS_DUE, Case, NULL, in_api, in_events},
            subscription,
        },
        v1::right::{exact, pattern, publish, subscribe},
    },
    features::OptionalFeature,
    lab::Lab,
    stop::Stop,
};

/// A detail with a payload.
fn with(mut detail: Value, payload: &str) -> Value {
    detail["payload"] = json!({ "assay": payload });
    detail
}

/// A subscriber whose token has these details, and the payload that is due.
fn case(
    lab: &Lab<'_>,
    says: &'static str,
    matcher: &Marked,
    details: &[Value],
    due: Option<&str>,
) -> Result<Case, Stop> {
    let mut request = subscription(lab, [matcher])?.bearer(lab.subscriber(&[])?);
    request.draft()?.claims["authorization_details"] = json!(details);
    Ok(Case {
        says,
        request,
        matcher: matcher.clone(),
        due: due.map(|payload| json!({ "assay": payload })),
    })
}

fn own(matcher: &Marked, payload: &str) -> Value {
    with(subscribe(json!([exact(&matcher.text)])), payload)
}

fn all(payload: &str) -> Value {
    with(subscribe(json!([exact("*")])), payload)
}

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let payload = |id, requirement, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(AS_DUE))
    };
    vec![
        payload(
            "payloads/included",
            "subscriptions.payload.included",
            |lab| Box::pin(judged(lab, included)),
        ),
        payload("payloads/in-api", "subscriptions.payload.in-api", |lab| {
            Box::pin(documents(lab))
        }),
        payload(
            "payloads/first-wins",
            "subscriptions.payload.first-wins",
            |lab| Box::pin(judged(lab, first_wins)),
        ),
        payload(
            "payloads/subscribe-only",
            "subscriptions.payload.subscribe-only",
            |lab| Box::pin(judged(lab, subscribe_only)),
        ),
        payload(
            "payloads/matcher-as-topic",
            "subscriptions.payload.matcher-as-topic",
            |lab| Box::pin(judged(lab, as_topic)),
        ),
        payload(
            "payloads/exact-on-pattern",
            "subscriptions.payload.exact-on-pattern",
            |lab| Box::pin(judged(lab, exact_on_pattern)),
        ),
        payload(
            "payloads/wildcard",
            "subscriptions.payload.wildcard-default",
            |lab| Box::pin(judged(lab, by_default)),
        ),
        SECTION
            .probe("payloads/absent", |lab| Box::pin(without(lab)))
            .judges(
                "subscriptions.payload.absent",
                AcceptSet::fact(AS_DUE).or_warn(Outcome::Fact(NULL)),
            ),
    ]
}

type Cases = fn(&Lab<'_>) -> Result<Vec<Case>, Stop>;

async fn judged(lab: &Lab<'_>, cases: Cases) -> Result<Findings, Stop> {
    Ok(Findings::Cases(in_events(lab, cases(lab)?).await?))
}

async fn documents(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let matcher = Marked::url();
    let case = case(lab, "", &matcher, &[own(&matcher, "x")], Some("x"))?;
    Ok(Findings::Cases(in_api(lab, case).await?))
}

fn included(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let topic = Marked::url();
    let says = "the detail names the topic";
    Ok(vec![case(
        lab,
        says,
        &topic,
        &[own(&topic, "x")],
        Some("x"),
    )?])
}

fn first_wins(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let (first, last) = (Marked::url(), Marked::url());
    let broad_first = [all("x"), own(&first, "y")];
    let broad_last = [own(&last, "y"), all("x")];
    Ok(vec![
        case(lab, "`*` comes first", &first, &broad_first, Some("x"))?,
        case(lab, "`*` comes last", &last, &broad_last, Some("y"))?,
    ])
}

fn subscribe_only(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let (both, alone) = (Marked::url(), Marked::url());
    let publishing = |it: &Marked| with(publish(json!([exact(&it.text)])), "x");
    let details = [publishing(&both), own(&both, "y")];
    Ok(vec![
        case(
            lab,
            "a detail for publishing comes first",
            &both,
            &details,
            Some("y"),
        )?,
        case(
            lab,
            "a detail for publishing is alone",
            &alone,
            &[publishing(&alone)],
            None,
        )?,
    ])
}

// The mark stands before the place holder.
fn as_topic(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let pattern_of = |it: &Marked| {
        let base = format!("https://example.com/assay-{}", it.mark);
        with(subscribe(json!([pattern(&format!("{base}/:id"))])), "x")
    };
    let marked = |kind, after| Marked::new(kind, "https://example.com/assay-", after);
    let same = marked(Kind::Pattern, "/:id");
    let covered = marked(Kind::Exact, "/7");
    let beside = marked(Kind::Exact, "/7/8");
    Ok(vec![
        case(
            lab,
            "the detail has the same pattern",
            &same,
            &[pattern_of(&same)],
            Some("x"),
        )?,
        case(
            lab,
            "the pattern of the detail covers the topic",
            &covered,
            &[pattern_of(&covered)],
            Some("x"),
        )?,
        case(
            lab,
            "the pattern of the detail does not cover the topic",
            &beside,
            &[pattern_of(&beside)],
            None,
        )?,
    ])
}

fn exact_on_pattern(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let same = Marked::new(Kind::Pattern, "https://example.com/assay-", "/:id");
    let beside = Marked::new(Kind::Exact, "https://example.com/assay-", "/1");
    let of_beside = format!("https://example.com/assay-{}/:id", beside.mark);
    let of_beside = with(subscribe(json!([exact(&of_beside)])), "x");
    Ok(vec![
        case(
            lab,
            "the pattern is the text of the detail",
            &same,
            &[own(&same, "x")],
            Some("x"),
        )?,
        case(
            lab,
            "the text of the detail would be a pattern",
            &beside,
            &[of_beside],
            None,
        )?,
    ])
}

fn by_default(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let specific = Marked::url();
    let others = [
        ("`*` is all there is for a topic", Marked::url()),
        (
            "`*` is all there is for a pattern",
            Marked::new(Kind::Pattern, "https://example.com/assay-", "/:id"),
        ),
        (
            "`*` is all there is for what is no URL",
            Marked::new(Kind::Exact, "https://[", ""),
        ),
    ];
    let details = [own(&specific, "x"), all("d")];
    let mut cases = vec![case(
        lab,
        "a detail names the topic",
        &specific,
        &details,
        Some("x"),
    )?];
    for (says, matcher) in &others {
        cases.push(case(lab, says, matcher, &details, Some("d"))?);
    }
    Ok(cases)
}

// A hub without payloads has nothing to attach: the first one is there for that.
async fn without(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut observations = in_events(lab, absent(lab)?).await?;
    let is_due = |it: &Observation| matches!(it, Observation::Fact(AS_DUE));
    let judged = observations.split_off(2);
    match observations.into_iter().find(|(_, it)| !is_due(it)) {
        Some((says, seen)) => Err(Stop::Control(format!("when {says}: {seen}"))),
        None => Ok(Findings::Cases(judged)),
    }
}

fn absent(lab: &Lab<'_>) -> Result<Vec<Case>, Stop> {
    let (named, other, nobody) = (Marked::url(), Marked::url(), Marked::url());
    let details = [own(&named, "x")];
    let mut cases = vec![
        case(lab, "a detail names the topic", &named, &details, Some("x"))?,
        case(lab, "no detail names the topic", &other, &details, None)?,
    ];
    if lab.hub().features.has(OptionalFeature::Anonymous) {
        cases.push(Case {
            says: "there is no token",
            request: subscription(lab, [&nobody])?.anonymous(),
            matcher: nobody,
            due: None,
        });
    }
    Ok(cases)
}
