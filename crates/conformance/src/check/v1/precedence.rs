//! Section "Presenting the Access Token": which token counts when a header and a cookie hold one each.

use assay_client::{Dialect, TopicMatcher};

use super::{
    cookie::{cookie, everything, garbage, granting},
    right::{private_update, publication, subscription},
};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Need, Section, Shape},
    lab::Lab,
    request::Credential,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries, Fate},
        sandwich::Sandwich,
    },
    stop::Stop,
    token::Token,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Cookie,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        header_used(),
        SECTION
            .allowance(
                "cookie/ignored-beside-header",
                Accepted::new(
                    publication,
                    beside("a cookie holds no token", |_| Ok(garbage())),
                )
                .and(beside("a cookie holds an expired token", expired))
                .and(beside("a cookie holds a token without grants", nothing))
                .and(beside("a cookie holds the same right", everything)),
            )
            .also(Shape::Accepted(Accepted::new(
                subscription,
                beside("a cookie holds no token", |_| Ok(garbage())),
            )))
            .judges("auth.precedence.cookie-ignored", AcceptSet::fact(WORKS))
            .needs(Need::Cookie),
    ]
}

fn nothing(lab: &Lab<'_>) -> Result<Token, Stop> {
    lab.publisher(&[])
}

fn expired(lab: &Lab<'_>) -> Result<Token, Stop> {
    let mut token = everything(lab)?;
    let draft = token
        .draft_mut()
        .ok_or_else(|| Stop::NotMeasurable("needs a key to mint tokens with".to_owned()))?;
    draft.claims["exp"] = (lab.now_unix_s() - 60).into();
    Ok(token)
}

fn header_used() -> Check {
    let invalid = Change::new(
        "the header holds no token and a cookie the right one",
        |request, lab| {
            request.credentials = vec![Credential::Bearer(garbage()), cookie(lab, granting(lab)?)];
            Ok(())
        },
    );
    let unequal = Change::new("a cookie grants another topic", |request, lab| {
        let other = lab.subscriber(&[TopicMatcher::Exact(lab.topic("other"))])?;
        request.credentials.push(cookie(lab, other));
        Ok(())
    });
    SECTION
        .refusal("cookie/header-used", Sandwich::new(subscription, invalid))
        .also(Shape::Sandwich(
            Sandwich::new(publication, stronger_cookie("another topic", other))
                .or(stronger_cookie("nothing any more, being expired", expired)),
        ))
        .also(Shape::Accepted(Accepted::new(subscription, unequal)))
        .also(Shape::Deliveries(Deliveries::new(
            "a header that grants nothing, a cookie that grants the topic",
            |lab| {
                let mut request = lab.subscribe(&lab.topic("a"))?;
                request.credentials = vec![
                    Credential::Bearer(lab.subscriber(&[])?),
                    cookie(lab, granting(lab)?),
                ];
                Ok(request)
            },
            |lab| Ok(vec![(Fate::Hidden, private_update(lab, &lab.topic("a"))?)]),
        )))
        .judges(
            "auth.precedence.header-used",
            AcceptSet::pass(Outcome::Status(&[401, 403]))
                .or_pass(Outcome::Fact(WORKS))
                .or_pass(Outcome::Fact(AS_DUE)),
        )
        .needs(Need::Cookie)
}

fn other(lab: &Lab<'_>) -> Result<Token, Stop> {
    lab.publisher(&[TopicMatcher::Exact(lab.topic("other"))])
}

// From an allowed origin, if one is known, so that it is not refused for that.
fn stronger_cookie(grants: &'static str, header: fn(&Lab<'_>) -> Result<Token, Stop>) -> Change {
    let says = match grants {
        "another topic" => {
            "the header grants another topic, and a cookie from an allowed origin all"
        }
        _ => {
            "the token of the header is expired, and a cookie from an allowed origin holds the right one"
        }
    };
    Change::new(says, move |request, lab| {
        request.credentials = vec![
            Credential::Bearer(header(lab)?),
            cookie(lab, everything(lab)?),
        ];
        if let Some(origin) = &lab.hub().target.publish_origin {
            request.set_header("Origin", origin);
        }
        Ok(())
    })
}

fn beside(says: &'static str, token: fn(&Lab<'_>) -> Result<Token, Stop>) -> Change {
    Change::new(says, move |request, lab| {
        request.credentials.push(cookie(lab, token(lab)?));
        Ok(())
    })
}
