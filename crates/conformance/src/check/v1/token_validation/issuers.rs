//! Several trusted issuers, each with keys of its own, and the kinds of key that a hub takes. Not for issuers that nobody trusts:
//! those stand in [`super::issuer`].

use assay_client::{Algorithm, SigningKey};
use serde_json::json;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        BASELINE, Check, Findings, Issuers, Need, Shape,
        v1::{
            datum::role,
            refusal::invalid_token,
            right::{publication, subscription},
        },
    },
    lab::Lab,
    request::Request,
    shape::{
        Change, Works,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
    target::{Issuer, RoleCredential},
    token::{Role, Signing, TokenDraft},
};

const EACH_WORKS: &str = "a token of each issuer is accepted, and the update arrives";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "token/cross-issuer",
                Sandwich::table(publication, signed_by_another()),
            )
            .also(Shape::Sandwich(Sandwich::new(
                |lab: &Lab<'_>| by_another(lab, publication(lab)?),
                signed_by_the_first(Role::Publisher),
            )))
            .also(Shape::Sandwich(Sandwich::table(
                subscription,
                signed_by_another(),
            )))
            .also(Shape::Sandwich(Sandwich::new(
                |lab: &Lab<'_>| by_another(lab, subscription(lab)?),
                signed_by_the_first(Role::Subscriber),
            )))
            .also(Shape::Probe(|lab| Box::pin(right_pairs(lab))))
            .judges(
                "token.key.cross-issuer",
                invalid_token().or_pass(Outcome::Fact(EACH_WORKS)),
            )
            .needs(Need::Issuers(Issuers::Two)),
        SECTION
            .allowance(
                "token/alg-baseline",
                Accepted::table(publication, BASELINE.map(of_algorithm).into()),
            )
            .judges("token.alg.baseline", AcceptSet::fact(WORKS))
            .needs(Need::Issuers(Issuers::Baseline)),
        SECTION
            .refusal("token/alg-weak", Sandwich::new(publication, weak()))
            .judges("token.alg.weak", AcceptSet::pass(Outcome::ClientError))
            .needs(Need::Issuers(Issuers::Weak)),
    ]
}

fn signed_by_another() -> Vec<Change> {
    let another = |says, name: fn(&mut TokenDraft)| {
        Change::new(says, move |request, lab| {
            let draft = request.draft()?;
            let issuer = another_issuer(lab)?;
            let role = role(draft)?;
            sign(draft, issuer, role)?;
            name(draft);
            Ok(())
        })
    };
    vec![
        another("a key of another trusted issuer signs", |_| ()),
        another(
            "a key of another trusted issuer signs, and `kid` names that issuer",
            |draft| draft.header["kid"] = json!("another"),
        ),
    ]
}

fn signed_by_the_first(role: Role) -> Change {
    Change::new(
        "the token of one trusted issuer is signed with a key of another",
        move |request, lab| {
            let key = lab.hub().credential(role).key().ok_or_else(no_key)?;
            let draft = request.draft()?;
            draft.header["alg"] = json!(key.algorithm().as_str());
            draft.signing = Signing::Role(role);
            Ok(())
        },
    )
}

fn of_algorithm(algorithm: Algorithm) -> Change {
    let says = match algorithm {
        Algorithm::EdDsa => "the issuer is one whose key is of EdDSA",
        Algorithm::Es256 => "the issuer is one whose key is of ES256",
        _ => "the issuer is one whose key is of RS256",
    };
    Change::new(says, move |request, lab| {
        let target = &lab.hub().target;
        let is_it = |key: &SigningKey| key.algorithm() == algorithm;
        if target.publisher.key().is_some_and(is_it) {
            return Ok(());
        }
        let mut further = target.further_issuers.iter();
        let issuer = further.find(|issuer| issuer.publisher.key().is_some_and(is_it));
        by(
            request.draft()?,
            issuer.ok_or_else(no_key)?,
            Role::Publisher,
        )
    })
}

fn weak() -> Change {
    Change::new(
        "the issuer is one whose secret is shorter than 32 bytes",
        |request, lab| {
            let mut further = lab.hub().target.further_issuers.iter();
            let issuer = further.find(|issuer| issuer.publisher.is_weak());
            by(
                request.draft()?,
                issuer.ok_or_else(no_key)?,
                Role::Publisher,
            )
        },
    )
}

// Lest a hub pass that takes one issuer alone.
async fn right_pairs(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let issuers = lab.hub().target.further_issuers.iter();
    for issuer in issuers.filter(|issuer| !issuer.publisher.is_weak()) {
        let mut requests = Vec::new();
        if issuer.publisher.key().is_some() {
            requests.push((publication(lab)?, Role::Publisher));
        }
        if issuer.subscriber.key().is_some() {
            requests.push((subscription(lab)?, Role::Subscriber));
        }
        for (mut request, role) in requests {
            let mut works = Works::set_up(lab, &request).await?;
            by(request.draft()?, issuer, role)?;
            let refused = match works.send(request).await {
                Ok(Ok(_)) => continue,
                Ok(Err(observation)) => observation.to_string(),
                Err(Stop::Control(reason)) => reason,
                Err(stop) => return Err(stop),
            };
            let algorithm = key_of(issuer, role)?.algorithm();
            let issuer = &issuer.identifier;
            return Ok(Findings::other(format!(
                "a token of {issuer}, signed with its key for {algorithm}: {refused}"
            )));
        }
    }
    Ok(Findings::fact(EACH_WORKS))
}

/// The same request with a token of another trusted issuer.
fn by_another(lab: &Lab<'_>, mut request: Request) -> Result<Request, Stop> {
    let draft = request.draft()?;
    let role = role(draft)?;
    by(draft, another_issuer(lab)?, role)?;
    Ok(request)
}

/// A further issuer with keys for both roles. One whose keys are of the kind of the first tells most: only whose key it is differs.
pub(in crate::check::v1) fn another_issuer<'l>(lab: &'l Lab<'_>) -> Result<&'l Issuer, Stop> {
    let target = &lab.hub().target;
    let further = target.further_issuers.iter();
    let usable = further.filter(|issuer| {
        !issuer.publisher.is_weak()
            && issuer.publisher.key().is_some()
            && issuer.subscriber.key().is_some()
    });
    let algorithm = |role: &RoleCredential| role.key().map(SigningKey::algorithm);
    let is_alike = |issuer: &&Issuer| {
        algorithm(&issuer.publisher) == algorithm(&target.publisher)
            && algorithm(&issuer.subscriber) == algorithm(&target.subscriber)
    };
    let mut alike = usable.clone().filter(is_alike);
    alike
        .next()
        .or(usable.into_iter().next())
        .ok_or_else(no_key)
}

/// Makes a draft a right token of this issuer.
pub(in crate::check::v1) fn by(
    draft: &mut TokenDraft,
    issuer: &Issuer,
    role: Role,
) -> Result<(), Stop> {
    draft.claims["iss"] = json!(issuer.identifier);
    sign(draft, issuer, role)
}

fn key_of(issuer: &Issuer, role: Role) -> Result<&SigningKey, Stop> {
    let credential = match role {
        Role::Publisher => &issuer.publisher,
        Role::Subscriber => &issuer.subscriber,
    };
    credential.key().ok_or_else(no_key)
}

fn sign(draft: &mut TokenDraft, issuer: &Issuer, role: Role) -> Result<(), Stop> {
    let key = key_of(issuer, role)?;
    draft.header["alg"] = json!(key.algorithm().as_str());
    draft.signing = Signing::Issuer(key.clone(), issuer.identifier.clone());
    Ok(())
}

fn no_key() -> Stop {
    Stop::Defect("the check does not need the issuers that it asks for".to_owned())
}
