//! The ladder of the token: when the right one is refused, tries tokens that differ in one rung each, and names the one that
//! makes it accepted. It tells a wrong configuration from a wrong hub. Not for judging either.

use assay_client::{Dialect, SigningKey, TokenSpec, TopicMatcher};
use assay_results::StepOutcome;
use serde_json::json;

mod ready;
mod secret;

use super::{Steps, grant_all};
use crate::{
    hub::Hub,
    lab::Lab,
    request::Request,
    stop::Stop,
    target::RoleCredential,
    token::{Role, Signing, TokenDraft},
};

/// Looks at the tokens of both roles.
pub(super) async fn climb(hub: &Hub, steps: &mut Steps<'_>) {
    climb_role(hub, Role::Publisher, "publisher token", steps).await;
    if steps.failed() {
        // What is wrong with one is most often wrong with the other: one thing at a time.
        return steps.push(
            "subscriber token",
            StepOutcome::Skipped,
            "the publisher's comes first",
        );
    }
    climb_role(hub, Role::Subscriber, "subscriber token", steps).await;
}

async fn climb_role(hub: &Hub, role: Role, name: &str, steps: &mut Steps<'_>) {
    let lab = Lab::new(hub, "preflight");
    match hub.credential(role) {
        RoleCredential::Absent if role == Role::Publisher => {
            return steps.push(
                name,
                StepOutcome::Failed,
                "none given: pass --jwt-key, --publisher-jwt-key or --publisher-token",
            );
        }
        RoleCredential::Absent => {
            return steps.push(
                name,
                StepOutcome::Skipped,
                "none given: private updates cannot be measured",
            );
        }
        RoleCredential::Key(_) | RoleCredential::Token(_) => {}
    }
    match refusal(&lab, role, &|_| ()).await {
        Ok(None) => steps.push(name, StepOutcome::Ok, "accepted"),
        Ok(Some(answer)) => {
            let rung = first_refused_rung(hub, &lab, role).await;
            steps.push(
                name,
                StepOutcome::Failed,
                format!("refused with {answer}. {rung}"),
            );
        }
        Err(stop) => steps.push(name, StepOutcome::Failed, super::text(&stop)),
    }
}

// What the hub answered when it refused; none when it accepted.
async fn refusal(
    lab: &Lab<'_>,
    role: Role,
    change: &(dyn Fn(&mut TokenDraft) + Sync),
) -> Result<Option<String>, Stop> {
    let mut request = request(lab, role)?;
    if let Ok(draft) = request.draft() {
        change(draft);
    }
    let answer = lab.ask(&request).await?;
    Ok((!(200..300).contains(&answer.status)).then(|| answer.to_string()))
}

fn request(lab: &Lab<'_>, role: Role) -> Result<Request, Stop> {
    let topic = lab.topic("ladder");
    match role {
        Role::Publisher => lab.publish(&topic, "x"),
        Role::Subscriber => Ok(lab.subscribe(&topic)?.bearer(lab.subscriber(&grant_all())?)),
    }
}

async fn first_refused_rung(hub: &Hub, lab: &Lab<'_>, role: Role) -> String {
    let credential = hub.credential(role);
    if let RoleCredential::Token(token) = credential {
        return ready::advice(hub.dialect, role, token, hub.now_unix_s);
    }
    let mistaken = credential.key().and_then(SigningKey::secret);
    if mistaken.is_some_and(secret::is_token) {
        return "The key that was given is a token: give the secret that signs tokens".to_owned();
    }
    for (change, advice) in rungs(hub, role) {
        if matches!(refusal(lab, role, change.as_ref()).await, Ok(None)) {
            return advice;
        }
    }
    "No other audience, type, role or dialect helps: the key or its algorithm is not the one that the hub knows, or the issuer is another (--issuer)".to_owned()
}

type Rung = (Box<dyn Fn(&mut TokenDraft) + Send + Sync>, String);

// Each makes one datum different; when that is accepted, it was the culprit.
fn rungs(hub: &Hub, role: Role) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = secret::rungs(hub.credential(role));
    rungs.extend([
        (
            Box::new(move |draft| draft.signing = Signing::Role(other(role))),
            "The key of the other role is accepted: the two keys are swapped".to_owned(),
        ),
        (
            Box::new(|draft| draft.header["typ"] = json!("JWT")),
            "`typ: JWT` is accepted where 1.0 wants `at+jwt`: does this hub speak 0.x (--dialect 0.x)?".to_owned(),
        ),
    ] as [Rung; 2]);
    if hub.dialect == Dialect::V1 {
        for audience in other_audiences(hub) {
            let advice =
                format!("The audience {audience:?} is accepted: pass --audience {audience}");
            rungs.push((
                Box::new(move |draft| draft.claims["aud"] = json!(audience)),
                advice,
            ));
        }
    }
    let other_dialect = match hub.dialect {
        Dialect::V0 => Dialect::V1,
        Dialect::V1 => Dialect::V0,
    };
    if let Some((header, claims)) = in_dialect(hub, role, other_dialect) {
        rungs.push((
            Box::new(move |draft| {
                draft.header = header.clone();
                draft.claims = claims.clone();
            }),
            format!(
                "A token of dialect {other_dialect} is accepted: pass --dialect {other_dialect}"
            ),
        ));
    }
    rungs
}

fn other(role: Role) -> Role {
    match role {
        Role::Publisher => Role::Subscriber,
        Role::Subscriber => Role::Publisher,
    }
}

fn other_audiences(hub: &Hub) -> Vec<String> {
    let url = hub.target.endpoint.hub().url().as_url();
    let origin = url.origin().ascii_serialization();
    let candidates = [
        url.to_string(),
        origin.clone(),
        format!("{origin}/"),
        url.to_string().replacen("http://", "https://", 1),
    ];
    candidates
        .into_iter()
        .filter(|candidate| *candidate != hub.target.audience)
        .collect()
}

fn in_dialect(
    hub: &Hub,
    role: Role,
    dialect: Dialect,
) -> Option<(serde_json::Value, serde_json::Value)> {
    let key = hub.credential(role).key()?;
    let mut spec = TokenSpec::new(
        dialect,
        &hub.target.issuer,
        &hub.target.audience,
        hub.now_unix_s,
    );
    spec.publish = vec![TopicMatcher::Any];
    spec.subscribe = vec![TopicMatcher::Any];
    Some((spec.header(key), spec.claims().ok()?))
}

/// An HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`) in Unix seconds; the two obsolete forms are not read.
pub(super) fn http_date_unix_s(date: &str) -> Option<u64> {
    let mut parts = date.split_ascii_whitespace().skip(1);
    let day: i64 = parts.next()?.parse().ok()?;
    let month_name = parts.next()?;
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = i64::try_from(months.iter().position(|name| *name == month_name)?).ok()? + 1;
    let year: i64 = parts.next()?.parse().ok()?;
    let mut time = parts
        .next()?
        .split(':')
        .map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // Days since 1970-01-01 in the civil calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    u64::try_from(days * 86_400 + hour * 3_600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use super::http_date_unix_s;

    #[test]
    fn http_dates_are_read() {
        let cases = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("yesterday", None),
            ("", None),
        ];
        for (date, expected) in cases {
            assert_eq!(http_date_unix_s(date), expected, "{date}");
        }
    }
}
