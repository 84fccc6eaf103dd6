//! Section 6.2, last paragraph: connections with credentials from another origin.

use assay_client::Dialect;

use crate::{
    accept::AcceptSet,
    answer::Answer,
    check::{Area, Check, Findings, Need, Section},
    lab::Lab,
    request::{Place, Request},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Cors,
};
const ANSWERED: &str = "the allowed origin is named, with credentials, in the answer and in that to a preflight; the foreign one is not";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/cors/credentials", |lab| Box::pin(credentials(lab)))
            .judges("cors.credentials", AcceptSet::fact(ANSWERED))
            .needs(Need::AllowedOrigin),
    ]
}

async fn credentials(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let target = &lab.hub().target;
    let Some(allowed) = &target.allowed_origin else {
        return Err(Stop::Defect(
            "the check needs an allowed origin and does not say so".to_owned(),
        ));
    };
    let subscribe = lab.subscribe(&lab.topic("a"))?;
    let stream = lab
        .subscribed(&subscribe.clone().header("Origin", allowed))
        .await?;
    if !allows(stream.head(), allowed) {
        return Ok(Findings::answer(stream.head().clone()));
    }
    let preflight = Request::ask("OPTIONS", Place::Hub)
        .header("Origin", allowed)
        .header("Access-Control-Request-Method", "GET")
        .header(
            "Access-Control-Request-Headers",
            "authorization,cache-control,last-event-id",
        );
    let answer = lab.ask(&preflight).await?;
    if !allows(&answer, allowed) || answer.header("access-control-allow-headers").is_none() {
        return Ok(Findings::other(format!("to the preflight: {answer}")));
    }
    let foreign = &target.foreign_origin;
    let stream = lab.subscribed(&subscribe.header("Origin", foreign)).await?;
    let named = stream.head().header("access-control-allow-origin");
    Ok(match named {
        Some(origin) if origin == foreign || origin == "*" => {
            Findings::other(format!("to the foreign origin: {}", stream.head()))
        }
        _ => Findings::fact(ANSWERED),
    })
}

fn allows(answer: &Answer, origin: &str) -> bool {
    answer.header("access-control-allow-origin") == Some(origin)
        && answer.header("access-control-allow-credentials") == Some("true")
}
