//! Section 12, "Security Considerations": forged publications that ride on the cookie of a victim's browser.

use assay_client::{Dialect, TopicMatcher};

use super::authorization::refused;
use crate::{
    check::{Area, Check, Need, Section},
    lab::Lab,
    request::{Credential, Request},
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Cookie,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let check = |id, requirement, sandwich| {
        SECTION
            .refusal(id, sandwich)
            .judges(requirement, refused())
            .needs(Need::Cookie)
            .needs(Need::PublishOrigin)
    };
    vec![
        check(
            "0.x/csrf/mitigated",
            "csrf.mitigated",
            Sandwich::new(from_allowed_origin, foreign("Origin")),
        ),
        check(
            "0.x/csrf/origin",
            "csrf.origin-check",
            Sandwich::new(origin_beside_foreign_referer, swapped()),
        ),
        check(
            "0.x/csrf/referer",
            "csrf.referer-check",
            Sandwich::new(from_allowed_referer, foreign("Referer")).or(Change::new(
                "`Referer` is no URL",
                |request, _| {
                    request.set_header("Referer", "://:");
                    Ok(())
                },
            )),
        ),
        check(
            "0.x/csrf/neither",
            "csrf.no-origin-refused",
            Sandwich::new(from_allowed_origin, neither()),
        ),
    ]
}

fn with_cookie(lab: &Lab<'_>) -> Result<Request, Stop> {
    let cookie = Credential::Cookie(
        lab.cookie_name().to_owned(),
        lab.publisher(&[TopicMatcher::Any])?,
    );
    Ok(lab.publish(&lab.topic("a"), "")?.with(cookie))
}

fn allowed<'h>(lab: &Lab<'h>) -> Result<&'h str, Stop> {
    let origin = lab.hub().target.publish_origin.as_deref();
    origin.ok_or_else(|| {
        Stop::Defect("the check needs a publish origin and does not say so".to_owned())
    })
}

fn from_allowed_origin(lab: &Lab<'_>) -> Result<Request, Stop> {
    Ok(with_cookie(lab)?.header("Origin", allowed(lab)?))
}

fn from_allowed_referer(lab: &Lab<'_>) -> Result<Request, Stop> {
    Ok(with_cookie(lab)?.header("Referer", format!("{}/path?q", allowed(lab)?)))
}

fn origin_beside_foreign_referer(lab: &Lab<'_>) -> Result<Request, Stop> {
    let referer = format!("{}/", lab.hub().target.foreign_origin);
    Ok(from_allowed_origin(lab)?.header("Referer", referer))
}

fn foreign(header: &'static str) -> Change {
    let says = match header {
        "Origin" => "`Origin` is a foreign one",
        _ => "`Referer` is a foreign one",
    };
    Change::new(says, move |request, lab| {
        request.set_header(header, &lab.hub().target.foreign_origin);
        Ok(())
    })
}

fn swapped() -> Change {
    Change::new(
        "`Origin` is the foreign one and `Referer` the allowed one",
        |request, lab| {
            request.set_header("Origin", &lab.hub().target.foreign_origin);
            request.set_header("Referer", &format!("{}/", allowed(lab)?));
            Ok(())
        },
    )
}

fn neither() -> Change {
    Change::new("there is neither `Origin` nor `Referer`", |request, _| {
        request.remove_header("Origin");
        Ok(())
    })
}
