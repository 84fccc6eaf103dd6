//! What the protected resource metadata says of tokens: who issues them, and for which resource.

use serde_json::Value;
use url::Url;

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{Check, Findings, Need, v1::right::metadata_document},
    lab::Lab,
    stop::Stop,
};

const ISSUERS: &str = "`authorization_servers` is an array of https URLs without query or fragment";
const HUB_URL: &str = "`resource` is the hub URL";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("token/issuers-advertised", |lab| Box::pin(issuers(lab)))
            .judges("token.as-advertised", AcceptSet::fact(ISSUERS))
            .needs(Need::AuthorizationServer),
        SECTION
            .probe("token/aud-hub-url", |lab| Box::pin(identifier(lab)))
            .judges("token.aud.recommended-identifier", AcceptSet::fact(HUB_URL)),
    ]
}

/// The metadata document of the hub, if it publishes one.
pub(crate) async fn document(lab: &Lab<'_>) -> Result<Option<Value>, Stop> {
    let answer = lab.ask(&metadata_document(lab)).await?;
    Ok(answer
        .json()
        .filter(|document| answer.status == 200 && document.is_object()))
}

/// The same; without one nothing can be said of it.
pub(in crate::check::v1) async fn required(lab: &Lab<'_>) -> Result<Value, Stop> {
    document(lab)
        .await?
        .ok_or_else(|| Stop::Unsupported("the hub publishes no metadata".to_owned()))
}

async fn issuers(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let document = required(lab).await?;
    let servers = &document["authorization_servers"];
    let all_issuers = servers.as_array().is_some_and(|servers| {
        let mut servers = servers.iter();
        servers.all(|server| server.as_str().is_some_and(is_issuer))
    });
    Ok(if all_issuers {
        Findings::fact(ISSUERS)
    } else {
        Findings::other(format!("`authorization_servers` is {servers}"))
    })
}

/// Whether it is an issuer identifier (RFC 8414, section 2).
pub(in crate::check::v1) fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https" && url.query().is_none() && url.fragment().is_none()
    })
}

async fn identifier(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let document = required(lab).await?;
    let hub = lab.hub().target.endpoint.hub().url().as_given();
    Ok(match document.get("resource") {
        Some(resource) if resource == hub => Findings::fact(HUB_URL),
        Some(resource) => Findings::other(format!("`resource` is {resource}, the hub URL {hub}")),
        None => Findings::other("the metadata has no `resource`"),
    })
}

#[cfg(test)]
mod tests {
    use super::is_issuer;

    #[test]
    fn issuers_are_https_urls_without_query() {
        let cases = [
            ("https://as.example", true),
            ("https://as.example/tenant", true),
            ("http://as.example", false),
            ("https://as.example/token?x=1", false),
            ("https://as.example/#a", false),
            ("as.example", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_issuer(text), expected, "{text}");
        }
    }
}
