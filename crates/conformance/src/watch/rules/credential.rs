//! How clients present their tokens.

use crate::watch::{
    rule::{Rule, Sight, quoted, rule},
    scene::{Mechanism, Presented, Scene, When::Credential},
};

const HEADER: &str = "Authorization: Bearer TOKEN, once";
const NOT_IN_URL: &str = "Authorization: Bearer TOKEN, or a cookie for browsers: URLs end in logs, histories and Referer";

/// Of 1.0.
pub(super) const V1: &[Rule] = &[
    rule(
        "auth.client.single-mechanism",
        Credential,
        "the token by one mechanism only",
        single_v1,
    ),
    rule(
        "auth.client.header-preferred",
        Credential,
        HEADER,
        header_preferred,
    ),
    rule(
        "auth.client.header-syntax",
        Credential,
        HEADER,
        header_syntax,
    ),
    rule(
        "auth.cookie.cross-site-header",
        Credential,
        "fetch() with Authorization where page and hub are of two sites",
        no_cookie_across_sites,
    ),
    rule(
        "auth.cookie.name",
        Credential,
        "the cookie __Secure-mercure_access_token, or the one that the hub's metadata names",
        cookie_name,
    ),
    rule(
        "security.token.not-in-url",
        Credential,
        NOT_IN_URL,
        not_in_url,
    ),
    rule(
        "security.token.confidential",
        Credential,
        "the token in Authorization or in its cookie and nowhere else",
        confidential,
    ),
];

/// Of 0.x.
pub(super) const V0: &[Rule] = &[
    rule(
        "auth.jws-required",
        Credential,
        "a JWS in compact form: HEADER.CLAIMS.SIGNATURE",
        is_compact,
    ),
    rule(
        "auth.non-browser-header",
        Credential,
        HEADER,
        header_preferred,
    ),
    rule(
        "auth.header-bearer-format",
        Credential,
        HEADER,
        header_syntax,
    ),
    rule(
        "auth.cookie-name",
        Credential,
        "the cookie mercureAuthorization",
        cookie_name,
    ),
    rule(
        "auth.query-separator",
        Credential,
        "& before authorization",
        separated,
    ),
    rule(
        "auth.query-no-store",
        Credential,
        "Cache-Control: no-store with it",
        no_store,
    ),
    rule("auth.query-discouraged", Credential, NOT_IN_URL, not_in_url),
    rule(
        "auth.no-jws-in-url",
        Credential,
        "pages whose own URL has no token in it",
        not_in_page_url,
    ),
];

fn by(scene: &Scene, wanted: fn(&Mechanism) -> bool) -> Vec<&Presented> {
    scene
        .presented
        .iter()
        .filter(|it| wanted(&it.mechanism))
        .collect()
}

fn in_header(mechanism: &Mechanism) -> bool {
    *mechanism == Mechanism::Header
}

fn in_cookie(mechanism: &Mechanism) -> bool {
    matches!(mechanism, Mechanism::Cookie(_))
}

fn in_url(mechanism: &Mechanism) -> bool {
    matches!(mechanism, Mechanism::Query(_))
}

fn named(mechanism: &Mechanism) -> String {
    match mechanism {
        Mechanism::Header => "Authorization".to_owned(),
        Mechanism::Cookie(name) => format!("the cookie {}", quoted(name)),
        Mechanism::Query(name) => format!("the query parameter {}", quoted(name)),
        Mechanism::Body(name) => format!("the field {} of the body", quoted(name)),
    }
}

/// A browser attaches its cookies whatever the client chose, which the draft says is no breach.
fn single_v1(scene: &Scene) -> Sight {
    let all: Vec<_> = scene
        .presented
        .iter()
        .map(|it| named(&it.mechanism))
        .collect();
    let together = || format!("a token by {}", all.join(" and by "));
    let beside_cookies = scene.presented.len() - by(scene, in_cookie).len();
    match (scene.presented.len(), beside_cookies) {
        (1, _) => Sight::Right,
        (_, 2..) => Sight::Wrong(together()),
        (_, 1) if by(scene, in_header).is_empty() => Sight::Wrong(together()),
        (_, 1) if scene.is_browser() => Sight::Right,
        _ => Sight::Doubtful(together()),
    }
}

fn header_preferred(scene: &Scene) -> Sight {
    if scene.is_browser() {
        return Sight::Unseen;
    }
    Sight::right_if(!by(scene, in_header).is_empty(), || {
        let first = scene.presented.first();
        format!(
            "a client that is no browser, with {}",
            first.map_or(String::new(), |it| named(&it.mechanism))
        )
    })
}

fn header_syntax(scene: &Scene) -> Sight {
    let headers = by(scene, in_header);
    let sights = headers
        .iter()
        .map(|presented| match presented.text.split_once(' ') {
            None => Sight::Wrong("Authorization without Bearer before the token".to_owned()),
            Some((scheme, token)) => {
                let is_token = !token.is_empty()
                    && token
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
                if !scheme.eq_ignore_ascii_case("bearer") {
                    Sight::Wrong(format!("Authorization with the scheme {}", quoted(scheme)))
                } else if !is_token {
                    Sight::Wrong(
                        "something behind Bearer that is no token: one blank, no quotes".to_owned(),
                    )
                } else if scheme == "Bearer" {
                    Sight::Right
                } else {
                    // Compared without regard to capitals, though the draft writes it so.
                    Sight::Noted(format!("Authorization: {scheme} …"))
                }
            }
        });
    Sight::worst(sights)
}

fn no_cookie_across_sites(scene: &Scene) -> Sight {
    if scene.exchange.asked.field("sec-fetch-site") != Some("cross-site") {
        return Sight::Unseen;
    }
    Sight::right_if(!by(scene, in_header).is_empty(), || {
        "a token cookie from a page of another site".to_owned()
    })
}

fn cookie_name(scene: &Scene) -> Sight {
    let right = scene.dialect.cookie_name();
    let metadata = scene.site.metadata.as_ref();
    let advertised = metadata.and_then(|it| it.mercure_cookie.as_deref());
    let sights = scene.presented.iter().filter_map(|it| match &it.mechanism {
        Mechanism::Cookie(name) => Some(Sight::right_if(
            name == right || advertised == Some(name),
            || named(&it.mechanism),
        )),
        _ => None,
    });
    Sight::worst(sights)
}

fn not_in_url(scene: &Scene) -> Sight {
    let in_url = by(scene, in_url);
    Sight::right_if(in_url.is_empty(), || {
        let first = in_url.first();
        format!(
            "a token in the URL: {}",
            first.map_or(String::new(), |it| named(&it.mechanism))
        )
    })
}

/// The token itself; shorter texts would be found everywhere.
fn secrets(scene: &Scene) -> impl Iterator<Item = &str> {
    let texts = scene
        .presented
        .iter()
        .map(|it| it.text.rsplit(' ').next().unwrap_or_default());
    texts.filter(|text| text.len() >= 16)
}

fn confidential(scene: &Scene) -> Sight {
    let asked = &scene.exchange.asked;
    let elsewhere = asked.fields.iter().find(|(name, value)| {
        !matches!(name.as_str(), "authorization" | "cookie")
            && secrets(scene).any(|secret| value.contains(secret))
    });
    Sight::right_if(elsewhere.is_none(), || {
        format!(
            "the token in the field {} too",
            elsewhere.map_or("", |(name, _)| name)
        )
    })
}

fn not_in_page_url(scene: &Scene) -> Sight {
    let Some(page) = scene.exchange.asked.field("referer") else {
        return Sight::Unseen;
    };
    let has_token = secrets(scene).any(|secret| page.contains(secret));
    Sight::right_if(!has_token, || {
        "a page whose URL has the token in it".to_owned()
    })
}

fn is_compact(scene: &Scene) -> Sight {
    Sight::worst(scene.presented.iter().map(|it| {
        Sight::right_if(it.token.is_some(), || {
            format!("no JWS in {}", named(&it.mechanism))
        })
    }))
}

fn separated(scene: &Scene) -> Sight {
    let query = &scene.raw_query;
    let mut places = query
        .match_indices("authorization=")
        .map(|(at, _)| at)
        .peekable();
    if places.peek().is_none() {
        return Sight::Unseen;
    }
    let stray = places.find(|&at| at > 0 && query.as_bytes()[at - 1] != b'&');
    Sight::right_if(stray.is_none(), || {
        "authorization= behind something else than &".to_owned()
    })
}

fn no_store(scene: &Scene) -> Sight {
    if by(scene, in_url).is_empty() {
        return Sight::Unseen;
    }
    let says = scene
        .exchange
        .asked
        .values("cache-control")
        .any(|it| it.contains("no-store"));
    Sight::right_if(says, || {
        "a token in the URL, without Cache-Control: no-store".to_owned()
    })
}
