//! Rules on what is told of a subscription, as rows of a table: one subscriber comes and goes, and each rule is held against
//! each event. Not for the rows themselves: they differ between the dialects.

use super::{
    Marked,
    document::Told,
    lifecycle::{self, Lifecycle},
    naming,
};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::Check,
    lab::Lab,
    stop::Stop,
};

/// One event, and what it is about.
pub(in crate::check) struct Seen<'a> {
    pub(in crate::check) told: &'a Told,
    pub(in crate::check) matcher: &'a Marked,
    /// Whether the subscriber was there.
    pub(in crate::check) active: bool,
    /// The path of the list of all.
    pub(in crate::check) root: &'a str,
    /// `subscriber` of the first event of all.
    pub(in crate::check) first_subscriber: Option<&'a str>,
    /// `id` of the first event about the same subscription.
    pub(in crate::check) first_id: Option<&'a str>,
}

/// A rule on each event.
pub(in crate::check) struct Statement {
    pub(in crate::check) requirement: &'static str,
    /// What is seen when it is kept.
    pub(in crate::check) keeps: &'static str,
    /// Whether a matcher can show it; the texts differ.
    pub(in crate::check) shows: fn(&Marked) -> bool,
    pub(in crate::check) holds: fn(&Seen<'_>) -> bool,
}

/// Every matcher shows it.
pub(in crate::check) fn any(_: &Marked) -> bool {
    true
}

/// Only a matcher shows it that no encoding changes.
pub(in crate::check) fn plain(matcher: &Marked) -> bool {
    naming::expanded(&matcher.text) == matcher.text
}

/// `subscriber` is what the end of the topic encodes.
pub(in crate::check) fn names_subscriber(seen: &Seen<'_>) -> bool {
    let encoded = seen.told.subscriber().map(naming::expanded);
    encoded.is_some() && encoded.as_deref() == seen.told.segment(0)
}

/// The topic has the matcher as RFC 6570 expands it.
pub(in crate::check) fn is_expanded(seen: &Seen<'_>) -> bool {
    seen.told.segment(1) == Some(&naming::expanded(&seen.matcher.text))
}

/// `subscriber` has a scheme.
pub(in crate::check) fn has_iri(seen: &Seen<'_>) -> bool {
    let subscriber = seen.told.subscriber();
    subscriber.is_some_and(|subscriber| url::Url::parse(subscriber).is_ok())
}

/// Adds a row for each.
pub(in crate::check) fn judged(check: Check, statements: &'static [Statement]) -> Check {
    statements.iter().fold(check, |check, statement| {
        check.judges(statement.requirement, AcceptSet::fact(statement.keeps))
    })
}

/// Adds a row for a permission: made use of or not, both are right.
pub(in crate::check) fn permits(
    check: Check,
    requirement: &'static str,
    [without, with]: [&'static str; 2],
) -> Check {
    check.judges(
        requirement,
        AcceptSet::fact(without).or_note(Outcome::Fact(with)),
    )
}

/// What each event showed of the rules, and the events.
type Held = (Vec<(&'static str, Observation)>, Vec<Told>);

/// Holds each rule against each event about each of these, begun and ended.
pub(in crate::check) async fn hold(
    lab: &Lab<'_>,
    statements: &'static [Statement],
    marked: &[&Marked],
    missing: Missing,
) -> Result<Held, Stop> {
    let Lifecycle {
        created,
        terminated,
    } = lifecycle::observe(lab, marked).await?;
    let root = naming::root(lab);
    let first = created.iter().flatten().next();
    let none_came = created.iter().chain(&terminated).any(Vec::is_empty);
    let Some(first) = first.filter(|_| missing == Missing::Breaks || !none_came) else {
        return Err(Stop::Control(
            "not every subscription was told of".to_owned(),
        ));
    };
    let mut findings = Vec::new();
    for (index, matcher) in marked.iter().enumerate() {
        for (active, told) in [(true, &created[index]), (false, &terminated[index])] {
            let seen = |told| Seen {
                told,
                matcher,
                active,
                root: &root,
                first_subscriber: first.subscriber(),
                first_id: created[index].first().and_then(|first| first.text("id")),
            };
            let shown = statements.iter().filter(|it| (it.shows)(matcher));
            findings.extend(shown.map(|statement| {
                let broken = told.iter().find(|told| !(statement.holds)(&seen(told)));
                let text = &matcher.text;
                let observation = match broken {
                    None if told.is_empty() => {
                        Observation::Other(format!("no event came about {text:?}"))
                    }
                    None => Observation::Fact(statement.keeps),
                    Some(told) => Observation::Other(format!("about {text:?} came {told}")),
                };
                (statement.requirement, observation)
            }));
        }
    }
    let all = created.into_iter().chain(terminated).flatten().collect();
    Ok((findings, all))
}

/// What it means that no event comes about one of several subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Missing {
    /// That another rule is broken: nothing is judged.
    Stops,
    /// That the rules are broken which it shows.
    Breaks,
}
