//! Sections "Presenting the Access Token" and "Authorization HTTP Header": where a token may stand, and where it gives nothing.
//! Not for which of two tokens counts: see [`super::cookie`].

use assay_client::{Dialect, TopicMatcher};

use super::{
    private_updates::reads_private,
    refusal::coded,
    right::{private_update, publication, subscription},
};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Findings, Section, Shape},
    lab::Lab,
    request::{Credential, Proof, Request},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::AS_DUE,
        sandwich::Sandwich,
    },
    stop::Stop,
    token::{Role, Signing, Token},
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Authorization,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("presenting/header", |lab| Box::pin(header(lab)))
            .judges("auth.header.accepted", AcceptSet::fact(WORKS)),
        SECTION
            .allowance(
                "presenting/scheme-case",
                Accepted::new(publication, scheme("the scheme is `bearer`", "bearer"))
                    .and(scheme("the scheme is `BEARER`", "BEARER"))
                    .and(scheme("the scheme is `bEaReR`", "bEaReR")),
            )
            .also(Shape::Accepted(Accepted::new(
                subscription,
                scheme("the scheme is `bearer`", "bearer"),
            )))
            .also(Shape::Sandwich(Sandwich::new(publication, forged_lower())))
            .judges(
                "auth.scheme-case",
                AcceptSet::fact(WORKS).or_pass(coded(&[401], "invalid_token")),
            ),
        SECTION
            .refusal(
                "presenting/query-token",
                Sandwich::new(publication, in_query("access_token")).or(in_query("authorization")),
            )
            .also(Shape::Probe(|lab| Box::pin(query_subscription(lab))))
            .judges("auth.query-token.not-accepted", ignored()),
        SECTION
            .refusal(
                "presenting/body-token",
                Sandwich::new(publication, in_body()),
            )
            .judges("auth.body-token.not-accepted", ignored()),
    ]
}

/// As a request without token: refused, or served what is public.
fn ignored() -> AcceptSet {
    AcceptSet::pass(Outcome::Status(&[401]))
        .or_pass(Outcome::Fact(AS_DUE))
        .or_warn(Outcome::ClientError)
}

// No control presents its token by a header, lest a hub that ignores it look like one that is not measurable.
async fn header(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let publication = lab.ask(&publication(lab)?).await?;
    if !(200..300).contains(&publication.status) {
        return Ok(Findings::answer(publication));
    }
    let request = subscription(lab)?;
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Findings::answer(answer)),
    };
    Ok(match stream.fence(&lab.topic("a"), Proof::Private).await {
        Ok(_) => Findings::fact(WORKS),
        Err(Stop::Control(reason)) => Findings::other(reason),
        Err(stop) => return Err(stop),
    })
}

fn scheme(says: &'static str, spelling: &'static str) -> Change {
    Change::new(says, move |request, _| {
        present(request, |token| Credential::Scheme(spelling, token));
        Ok(())
    })
}

fn forged_lower() -> Change {
    Change::new(
        "the scheme is `bearer` and the token forged",
        |request, _| {
            request.draft()?.signing = Signing::Flipped(Role::Publisher);
            present(request, |token| Credential::Scheme("bearer", token));
            Ok(())
        },
    )
}

fn in_query(parameter: &'static str) -> Change {
    let says = match parameter {
        "access_token" => "the token is in the query as `access_token`",
        _ => "the token is in the query as `authorization`, as in 0.x",
    };
    Change::new(says, move |request, _| {
        present(request, |token| Credential::Query(parameter, token));
        Ok(())
    })
}

fn in_body() -> Change {
    Change::new(
        "the token is the field `access_token` of the body",
        |request, _| {
            present(request, |token| Credential::Field("access_token", token));
            Ok(())
        },
    )
}

/// The same tokens, presented in another way.
fn present(request: &mut Request, how: impl Fn(Token) -> Credential) {
    let tokens = request
        .credentials
        .iter()
        .map(|credential| credential.token().clone());
    request.credentials = tokens.map(how).collect();
}

async fn query_subscription(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut cases = Vec::new();
    for (says, parameter) in [
        (
            "a subscription has the token as `access_token`",
            "access_token",
        ),
        (
            "a subscription has the token as `authorization`",
            "authorization",
        ),
    ] {
        let token = lab.subscriber(&[TopicMatcher::Any])?;
        let request = lab
            .subscribe(&lab.topic("a"))?
            .with(Credential::Query(parameter, token));
        let update = private_update(lab, &lab.topic("a"))?;
        cases.push((says, reads_private(lab, &request, update).await?));
    }
    Ok(Findings::Cases(cases))
}
