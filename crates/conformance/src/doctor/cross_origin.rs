//! What a browser wants before a page of another origin may read the stream. Not for the whole of CORS: the checks know it.

use url::Url;

use super::Ladder;
use crate::{
    answer::Answer,
    hub::Hub,
    lab::Lab,
    request::{Place, Request},
    stop::Stop,
};

/// Looks from one origin.
pub(super) async fn climb(hub: &Hub, origin: &str, by_cookie: bool, ladder: &mut Ladder<'_>) {
    ladder.push("origin", spelt(origin));
    if by_cookie {
        let host = hub.target.endpoint.hub().url().host().to_owned();
        ladder.push("cookie", same_site(origin, &host));
    }
    if ladder.is_broken() {
        return;
    }
    let seen = seen_from(hub, origin).await;
    ladder.push("cors", seen.unwrap_or_else(Err));
}

fn spelt(origin: &str) -> Result<String, String> {
    if origin == "null" {
        return Ok("`null`: a page opened as a file".to_owned());
    }
    let url = Url::parse(origin).map_err(|error| {
        format!("{origin:?} is no origin ({error}): write https://host, with a port if it is not the usual one")
    })?;
    let right = url.origin().ascii_serialization();
    if origin == right {
        Ok(right)
    } else {
        Err(format!(
            "{origin:?} is no origin: browsers send {right:?}, without path or slash at its end; write that, here and in the hub's settings"
        ))
    }
}

// The public suffix list would be exact; the last two labels are right for what is met most, and the advice names both hosts.
fn same_site(origin: &str, hub_host: &str) -> Result<String, String> {
    let url = Url::parse(origin).ok();
    let page_host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let site = |host: &str| {
        let labels: Vec<_> = host.rsplit('.').take(2).map(str::to_owned).collect();
        labels
    };
    let is_name = |host: &str| host.parse::<std::net::IpAddr>().is_err() && host.contains('.');
    let same = page_host == hub_host
        || (is_name(page_host) && is_name(hub_host) && site(page_host) == site(hub_host));
    if same {
        Ok(format!(
            "a cookie of {page_host} can reach {hub_host} (its `Domain` has to name what both share)"
        ))
    } else {
        Err(format!(
            "a cookie that {page_host} sets is never sent to {hub_host}: give the hub a host under the same domain, or send the token in `Authorization`"
        ))
    }
}

async fn seen_from(hub: &Hub, origin: &str) -> Result<Result<String, String>, String> {
    let lab = Lab::new(hub, "doctor");
    let ask = async || -> Result<(Answer, Answer), Stop> {
        let topic = lab.topic("cors");
        let subscription = lab.entitled_to(&[&topic])?.header("Origin", origin);
        let preflight = Request::ask("OPTIONS", Place::Hub)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "authorization");
        Ok((lab.ask(&subscription).await?, lab.ask(&preflight).await?))
    };
    let (stream, preflight) = ask().await.map_err(|stop| crate::preflight::text(&stop))?;
    Ok(judge("the stream", &stream, origin)
        .and_then(|()| judge("the preflight", &preflight, origin))
        .and_then(|()| {
            let allowed = preflight.header_elements("access-control-allow-headers");
            let names: Vec<_> = allowed.map(str::to_ascii_lowercase).collect();
            if names.iter().any(|name| name == "authorization" || name == "*") {
                return Ok(());
            }
            Err("the preflight does not allow the header `Authorization`: a page that sends its token there is refused".to_owned())
        })
        .map(|()| format!("{origin} may read the stream, with credentials")))
}

fn judge(what: &str, answer: &Answer, origin: &str) -> Result<(), String> {
    let named: Vec<_> = answer
        .header_values("access-control-allow-origin")
        .collect();
    let credentials = answer.header("access-control-allow-credentials") == Some("true");
    match named.as_slice() {
        [] => Err(format!(
            "{what} has no `Access-Control-Allow-Origin`: add {origin} to the hub's allowed origins (`--cors-origin`, `cors_origins`); a proxy before it must not answer OPTIONS itself"
        )),
        [one] if *one == origin && credentials => Ok(()),
        [one] if *one == origin => Err(format!(
            "{what} has no `Access-Control-Allow-Credentials: true`: browsers send neither cookie nor token then"
        )),
        ["*"] => Err(format!(
            "{what} allows `*`, which browsers refuse where a request carries credentials: name {origin} in the hub's settings instead"
        )),
        [one] => Err(format!(
            "{what} allows {one:?} and the page is on {origin:?}: they have to be the same to the letter, slash and port included"
        )),
        _ => Err(format!(
            "{what} has {} `Access-Control-Allow-Origin`, and browsers take one: a proxy adds a second; let the hub alone send it",
            named.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{same_site, spelt};

    #[test]
    fn origins_are_spelt_as_browsers_do() {
        for (origin, right) in [
            ("https://example.com", true),
            ("https://example.com:8443", true),
            ("null", true),
            ("https://example.com/", false),
            ("https://example.com:443", false),
            ("https://Example.com", false),
            ("example.com", false),
        ] {
            assert_eq!(spelt(origin).is_ok(), right, "{origin}");
        }
    }

    #[test]
    fn a_cookie_reaches_its_own_site_only() {
        for (origin, host, reaches) in [
            ("https://example.com", "hub.example.com", true),
            ("https://www.example.com", "example.com", true),
            ("http://localhost:8000", "localhost", true),
            ("https://example.com", "example.org", false),
            ("http://localhost", "127.0.0.1", false),
            ("http://10.0.0.1", "10.1.0.1", false),
        ] {
            assert_eq!(same_site(origin, host).is_ok(), reaches, "{origin} {host}");
        }
    }
}
