//! Who the subscribers are: the identifiers that a hub gives to connections. Shared by the tables of both dialects.

use std::collections::BTreeSet;

use super::{Marked, document::Told, observer::Observer, subscription};
use crate::{
    accept::Observation,
    check::Findings,
    features::OptionalFeature,
    lab::{Lab, Stream},
    request::Request,
    stop::Stop,
};

/// Connections never share an identifier.
pub(in crate::check) const DISTINCT: &str = "each connection has an identifier of its own";
/// What ends one ends no other.
pub(in crate::check) const APART: &str = "two connections with one token are two subscribers, and the end of one is not that of the other";
/// Nothing of the request stands in it.
pub(in crate::check) const OWN: &str = "the identifier holds nothing that the client sent";
/// It cannot be guessed.
pub(in crate::check) const RANDOM: &str =
    "the identifiers hold no `sub`, and one does not follow from another";
/// It is made of what the token says.
pub(in crate::check) const DERIVED: &str = "the identifiers hold the `sub` of the token";

/// It is made of nothing that the token says.
pub(in crate::check) const UNDERIVED: &str = "the identifiers do not hold the `sub` of the token";

/// Connections opened to compare identifiers: enough for a counter or a constant to show.
const CONNECTIONS: usize = 12;

/// What clients would send that want to choose, in places where hubs might look.
const PARAMETERS: [&str; 4] = ["subscriber", "id", "subscriber_id", "sub"];
const HEADERS: [&str; 5] = [
    "Subscriber",
    "X-Subscriber-ID",
    "Mercure-Subscriber",
    "X-Request-ID",
    "From",
];

/// The identifiers of so many connections, opened one after the other, with one matcher; they end when it returns.
pub(in crate::check) async fn identifiers(
    lab: &Lab<'_>,
    requests: Vec<(Request, Marked)>,
) -> Result<Vec<String>, Stop> {
    let mut observer = Observer::of_all(lab).await?;
    let mut streams = Vec::new();
    let mut marked = Vec::new();
    for (request, matcher) in requests {
        streams.push(lab.opened(&request).await?);
        marked.push(matcher);
    }
    let marked: Vec<_> = marked.iter().collect();
    let told = observer.about_each(&marked).await?;
    told.iter()
        .map(|told| {
            told.iter()
                .find_map(Told::subscriber)
                .map(str::to_owned)
                .ok_or_else(|| Stop::Control("no event tells the subscriber".to_owned()))
        })
        .collect()
}

/// Subscriptions with the token of one subscriber.
fn with_one_token(lab: &Lab<'_>, count: usize) -> Result<Vec<(Request, Marked)>, Stop> {
    let token = lab.subscriber(&[])?;
    (0..count)
        .map(|_| {
            let matcher = Marked::url();
            Ok((
                subscription(lab, [&matcher])?.bearer(token.clone()),
                matcher,
            ))
        })
        .collect()
}

/// Many connections, of one token and of none.
pub(in crate::check) async fn distinct(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut requests = with_one_token(lab, CONNECTIONS)?;
    if lab.hub().features.has(OptionalFeature::Anonymous) {
        for _ in 0..CONNECTIONS {
            let matcher = Marked::url();
            requests.push((subscription(lab, [&matcher])?.anonymous(), matcher));
        }
    }
    let count = requests.len();
    let seen: BTreeSet<_> = identifiers(lab, requests).await?.into_iter().collect();
    Ok(if seen.len() == count {
        Findings::fact(DISTINCT)
    } else {
        Findings::other(format!(
            "{count} connections have {} identifiers",
            seen.len()
        ))
    })
}

/// Two connections with one token and one matcher, of which one ends.
pub(in crate::check) async fn apart(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let matcher = Marked::url();
    let request = subscription(lab, [&matcher])?.bearer(lab.subscriber(&[])?);
    let mut observer = Observer::of_all(lab).await?;
    let mut open = async || -> Result<(Stream<'_, '_>, BTreeSet<String>), Stop> {
        let stream = lab.opened(&request).await?;
        let told = observer.about_each(&[&matcher]).await?;
        Ok((stream, names(&told[0])))
    };
    let (first, first_names) = open().await?;
    let (_second, second_names) = open().await?;
    if first_names.is_empty() {
        return Err(Stop::Control("no event tells the subscriber".to_owned()));
    }
    drop(first);
    let ended = observer.about_each(&[&matcher]).await?;
    let ended_names = names(&ended[0]);
    Ok(
        if first_names.len() == 1
            && first_names.is_disjoint(&second_names)
            && !second_names.is_empty()
            && ended_names == first_names
        {
            Findings::fact(APART)
        } else {
            Findings::other(format!(
                "the first is told as {first_names:?}, the second as {second_names:?}, the one that ended as {ended_names:?}"
            ))
        },
    )
}

fn names(told: &[Told]) -> BTreeSet<String> {
    let names = told.iter().filter_map(Told::subscriber);
    names.map(str::to_owned).collect()
}

/// A client that proposes an identifier wherever it can.
pub(in crate::check) async fn not_supplied(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let evil = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let [in_query, in_header] = [Marked::url(), Marked::url()];
    let mut by_query = subscription(lab, [&in_query])?;
    for name in PARAMETERS {
        by_query = by_query.param(name, &evil);
    }
    let mut by_header = subscription(lab, [&in_header])?;
    for name in HEADERS {
        by_header = by_header.header(name, &evil);
    }
    let seen = identifiers(lab, vec![(by_query, in_query), (by_header, in_header)]).await?;
    let cases = ["a parameter proposes one", "a header field proposes one"]
        .into_iter()
        .zip(seen)
        .map(|(says, identifier)| {
            let bare = evil.trim_start_matches("urn:uuid:");
            let observation = if identifier.contains(bare) {
                Observation::Other(format!("the identifier is {identifier:?}"))
            } else {
                Observation::Fact(OWN)
            };
            (says, observation)
        });
    Ok(Findings::Cases(cases.collect()))
}

/// Whether identifiers are random, as far as a few of them show.
pub(in crate::check) async fn random(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (seen, subject) = with_subject(lab).await?;
    let holds_subject = seen.iter().any(|it| it.contains(&subject));
    let [chance, origin] = match (holds_subject, is_sequence(&seen)) {
        (true, _) => [Observation::Fact(DERIVED), Observation::Fact(DERIVED)],
        (false, true) => [
            Observation::Other(format!("one follows from the other: {seen:?}")),
            Observation::Fact(UNDERIVED),
        ],
        (false, false) => [Observation::Fact(RANDOM), Observation::Fact(UNDERIVED)],
    };
    Ok(Findings::Each(vec![
        ("subscriptions.subscriber.random", chance),
        ("subscriptions.subscriber.derived", origin),
    ]))
}

async fn with_subject(lab: &Lab<'_>) -> Result<(Vec<String>, String), Stop> {
    let subject = uuid::Uuid::new_v4().simple().to_string();
    let mut requests = with_one_token(lab, CONNECTIONS)?;
    for (request, _) in &mut requests {
        request.draft()?.claims["sub"] = subject.clone().into();
    }
    Ok((identifiers(lab, requests).await?, subject))
}

/// As many differ in eight random bytes of hexadecimal digits, if chance is unkind.
const DIFFERING_AT_LEAST: usize = 8;

/// Whether all but a few characters are the same: what is random differs in half of them and more.
pub(in crate::check) fn is_sequence(identifiers: &[String]) -> bool {
    let differing = |pair: &[String]| {
        let (left, right) = (pair[0].as_bytes(), pair[1].as_bytes());
        let common = left.iter().zip(right).filter(|(l, r)| l == r).count();
        left.len().max(right.len()) - common
    };
    identifiers
        .windows(2)
        .all(|pair| differing(pair) < DIFFERING_AT_LEAST)
}

#[cfg(test)]
mod tests {
    use super::is_sequence;

    #[test]
    fn a_counter_is_told_from_chance() {
        let counted: Vec<_> = (98..103).map(|n| format!("urn:x:{n}")).collect();
        assert!(is_sequence(&counted));
        let random: Vec<_> = (0..5)
            .map(|_| format!("urn:uuid:{}", uuid::Uuid::new_v4()))
            .collect();
        assert!(!is_sequence(&random));
    }
}
