//! Subscribers of two issuers: what tells them apart where the identifier of a connection is made of the token. Not for identifiers
//! of one issuer: those are in `subscriptions::subscribers`.

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{
        Check, Findings, Issuers, Need,
        subscriptions::{
            Marked,
            subscribers::{identifiers, is_sequence},
            subscription,
        },
        v1::token_validation::{another_issuer, by},
    },
    lab::Lab,
    stop::Stop,
    token::Role,
};

const APART: &str = "the identifiers hold no `sub`, or more than that tells the issuers apart";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscriptions/subscriber-issuer", |lab| {
                Box::pin(by_two_issuers(lab))
            })
            .judges(
                "subscriptions.subscriber.includes-issuer",
                AcceptSet::fact(APART),
            )
            .needs(Need::Issuers(Issuers::Two)),
    ]
}

// One subject of two issuers, in turn. A digest of the subject alone cannot be told from chance: only one that shows is judged.
async fn by_two_issuers(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let subject = uuid::Uuid::new_v4().simple().to_string();
    let mut requests = Vec::new();
    for is_other in [false, true, false, true] {
        let matcher = Marked::url();
        let mut request = subscription(lab, [&matcher])?.bearer(lab.subscriber(&[])?);
        let draft = request.draft()?;
        draft.claims["sub"] = subject.clone().into();
        draft.claims["jti"] = subject.clone().into();
        if is_other {
            by(draft, another_issuer(lab)?, Role::Subscriber)?;
        }
        requests.push((request, matcher));
    }
    let seen = identifiers(lab, requests).await?;
    let holds_subject = seen.iter().all(|it| it.contains(&subject));
    let of_one = seen[0] == seen[1] || seen[2] == seen[3];
    Ok(if of_one || holds_subject && is_sequence(&seen) {
        Findings::other(format!(
            "subscribers with the same `sub` of two issuers in turn are {seen:?}"
        ))
    } else {
        Findings::fact(APART)
    })
}
