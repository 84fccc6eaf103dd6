//! Section "Security Considerations": forged publications that ride on the cookie of a victim's browser.

use assay_client::{Dialect, TopicMatcher};

use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Area, Check, Findings, Need, Section, Shape},
    lab::Lab,
    request::{Credential, Request},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Cookie,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let refused = || AcceptSet::pass(Outcome::ClientError);
    let by_cookie = |check: Check| check.needs(Need::Cookie).needs(Need::PublishOrigin);
    let forged = Change::new(
        "`Origin` is a foreign one and `Sec-Fetch-Site` is `cross-site`",
        |request, lab| {
            request.set_header("Origin", &lab.hub().target.foreign_origin);
            request.set_header("Sec-Fetch-Site", "cross-site");
            Ok(())
        },
    );
    let neither = Change::new("there is neither `Origin` nor `Referer`", |request, _| {
        request.remove_header("Origin");
        Ok(())
    });
    vec![
        by_cookie(
            SECTION
                .refusal("csrf/forged", Sandwich::new(from_allowed_origin, forged))
                .judges("csrf.mitigated", refused()),
        ),
        by_cookie(
            SECTION
                .refusal("csrf/origin-mismatch", mismatches())
                .also(Shape::Accepted(Accepted::new(
                    from_allowed_origin,
                    referer("a page of the allowed origin", |lab| {
                        Ok(format!("{}/page", allowed(lab)?))
                    }),
                )))
                .judges(
                    "csrf.origin-mismatch",
                    refused().or_pass(Outcome::Fact(WORKS)),
                ),
        ),
        by_cookie(
            SECTION
                .refusal(
                    "csrf/no-origin",
                    Sandwich::new(from_allowed_origin, neither),
                )
                .judges("csrf.no-origin", refused()),
        ),
        SECTION
            .probe("csrf/header-exempt", |lab| Box::pin(header_exempt(lab)))
            .judges("csrf.header-exempt", AcceptSet::fact(WORKS)),
    ]
}

fn mismatches() -> Sandwich {
    Sandwich::new(
        from_allowed_origin,
        origin("`Origin` is a foreign one", |lab| {
            Ok(lab.hub().target.foreign_origin.clone())
        }),
    )
    .or(origin("`Origin` is `null`", |_| Ok("null".to_owned())))
    .or(origin("`Origin` has another port", |lab| {
        Ok(format!("{}:8444", allowed(lab)?))
    }))
    .or(origin("`Origin` has another scheme", |lab| {
        Ok(super::cors::other_scheme(allowed(lab)?))
    }))
    .or(origin("`Origin` begins with the allowed one", |lab| {
        Ok(format!("{}.evil.example", allowed(lab)?))
    }))
    .or(referer("a foreign page", |lab| {
        Ok(format!("{}/x", lab.hub().target.foreign_origin))
    }))
}

fn origin(says: &'static str, origin: fn(&Lab<'_>) -> Result<String, Stop>) -> Change {
    Change::new(says, move |request, lab| {
        request.set_header("Origin", &origin(lab)?);
        Ok(())
    })
}

fn referer(what: &'static str, referer: fn(&Lab<'_>) -> Result<String, Stop>) -> Change {
    let says = match what {
        "a foreign page" => "there is no `Origin`, and `Referer` is a foreign page",
        _ => "there is no `Origin`, and `Referer` is a page of the allowed origin",
    };
    Change::new(says, move |request, lab| {
        request.remove_header("Origin");
        request.set_header("Referer", &referer(lab)?);
        Ok(())
    })
}

fn allowed<'h>(lab: &Lab<'h>) -> Result<&'h str, Stop> {
    let origin = lab.hub().target.publish_origin.as_deref();
    origin.ok_or_else(|| {
        Stop::Defect("the check needs a publish origin and does not say so".to_owned())
    })
}

fn from_allowed_origin(lab: &Lab<'_>) -> Result<Request, Stop> {
    Ok(lab
        .publish(&lab.topic("a"), "")?
        .with(cookie(lab)?)
        .header("Origin", allowed(lab)?))
}

fn cookie(lab: &Lab<'_>) -> Result<Credential, Stop> {
    Ok(Credential::Cookie(
        lab.cookie_name().to_owned(),
        lab.publisher(&[TopicMatcher::Any])?,
    ))
}

// No control: each of them publishes without an allowed `Origin` itself.
async fn header_exempt(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.opened(&lab.subscribe(&topic)?).await?;
    let plain = lab.publish(&topic, "")?;
    let foreign = plain
        .clone()
        .header("Origin", &lab.hub().target.foreign_origin);
    let mut ambient = foreign.clone();
    ambient.credentials.push(cookie(lab)?);
    let mut cases = Vec::new();
    for (says, mut update) in [
        ("there is no `Origin`", plain),
        ("`Origin` is a foreign one", foreign),
        (
            "`Origin` is a foreign one and a cookie comes along",
            ambient,
        ),
    ] {
        let data = lab.marker();
        update.set_field("data", &data);
        let answer = lab.ask(&update).await?;
        let observation = if (200..300).contains(&answer.status) {
            stream.until(&data).await?;
            Observation::Fact(WORKS)
        } else {
            Observation::Answer(answer)
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}
