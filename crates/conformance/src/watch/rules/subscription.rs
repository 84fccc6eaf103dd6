//! What subscribers ask for.

use assay_client::Dialect;

use crate::{
    answer::media_type,
    watch::{
        rule::{Rule, Sight, quoted, rule},
        scene::{Pair, Scene, When::Subscription, triplet},
    },
};

use super::text::not_canonical;

const SUBSCRIBES: &str = "a token that permits to subscribe";

/// Of 1.0.
pub(super) const V1: &[Rule] = &[
    rule(
        "subscribe.query-method.form-encoded",
        Subscription,
        "the matchers of a QUERY as application/x-www-form-urlencoded",
        query_is_form,
    ),
    rule(
        "subscribe.client.canonical-suffix",
        Subscription,
        "match=TOPIC, match_exact=TOPIC or match_urlpattern=PATTERN, in small letters",
        canonical_name,
    ),
    rule(
        "subscribe.client.percent-encode",
        Subscription,
        "what URLSearchParams or encodeURIComponent makes of the value",
        percent_encoded,
    ),
    rule(
        "match.client-normalize.subscriber",
        Subscription,
        "the canonical form: NFC, the host in small letters, percent-encodings in capitals",
        matcher_is_canonical,
    ),
    rule(
        "subscriptions.client.no-forged-subscriber",
        Subscription,
        "no identifier: the hub makes it",
        no_forged_subscriber,
    ),
    rule(
        "private.client.token",
        Subscription,
        SUBSCRIBES,
        token_subscribes,
    ),
];

/// Of 0.x.
pub(super) const V0: &[Rule] = &[
    rule(
        "match.recommended-forms",
        Subscription,
        "a URL, a URI template such as https://example.com/books/{id}, or * alone",
        recommended_form,
    ),
    rule(
        "private.claim-required",
        Subscription,
        SUBSCRIBES,
        token_subscribes,
    ),
];

fn query_is_form(scene: &Scene) -> Sight {
    let asked = &scene.exchange.asked;
    let is_empty = scene.exchange.content.as_ref().is_some_and(Vec::is_empty);
    if asked.method != "QUERY" || is_empty {
        return Sight::Unseen;
    }
    let value = asked.field("content-type").unwrap_or("none");
    let is_form = media_type(value) == "application/x-www-form-urlencoded";
    Sight::right_if(is_form, || format!("Content-Type: {}", quoted(value)))
}

fn each_matcher<'s>(scene: &'s Scene, judge: impl Fn(&'s Pair) -> Sight) -> Sight {
    Sight::worst(
        scene
            .parameters()
            .filter(|pair| pair.is_matcher())
            .map(judge),
    )
}

fn canonical_name(scene: &Scene) -> Sight {
    let metadata = scene.site.metadata.as_ref();
    let more = metadata.and_then(|it| it.mercure_matcher_types_supported.as_deref());
    each_matcher(scene, |pair| {
        let name = pair.name.as_str();
        let suffix = name.strip_prefix("match_").unwrap_or_default();
        let is_known = matches!(name, "match" | "match_exact" | "match_urlpattern")
            || more.is_some_and(|more| more.iter().any(|it| it == suffix));
        let of_0x = if name == "topic" {
            ", which is of 0.x"
        } else {
            ""
        };
        Sight::right_if(is_known, || {
            format!("the parameter {}{of_0x}", quoted(name))
        })
    })
}

/// By the letter everything is to be encoded that `URLSearchParams` encodes; the draft's own examples leave `:` and `/` as they are,
/// which no parser takes for anything else.
fn percent_encoded(scene: &Scene) -> Sight {
    each_matcher(scene, |pair| {
        let stray = |at: usize, byte: u8| match byte {
            b'%' => triplet(&pair.raw, at).is_none(),
            b';' | b' ' | b'"' | b'<' | b'>' | b'\'' => true,
            _ => !byte.is_ascii(),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._+%=".contains(&byte);
        // The first = parts name and value; a further one is part of the value.
        let more_equals = pair.raw.split(|&byte| byte == b'=').nth(2).is_some();
        let mut bytes = pair.raw.iter().copied().enumerate();
        if bytes.any(|(at, byte)| stray(at, byte)) {
            return Sight::Wrong(format!("{} as it stands", quoted(&raw(pair))));
        }
        if more_equals || !pair.raw.iter().all(|&byte| plain(byte)) {
            return Sight::Doubtful(format!(
                "{} as it stands, which no parser mistakes",
                quoted(&raw(pair))
            ));
        }
        Sight::Right
    })
}

fn raw(pair: &Pair) -> String {
    String::from_utf8_lossy(&pair.raw).into_owned()
}

fn matcher_is_canonical(scene: &Scene) -> Sight {
    each_matcher(scene, |pair| {
        if !matches!(pair.name.as_str(), "match" | "match_exact") {
            return Sight::Unseen;
        }
        match not_canonical(&pair.value) {
            None => Sight::Right,
            Some(why) => Sight::Wrong(format!("{}: {why}", quoted(&pair.value))),
        }
    })
}

fn no_forged_subscriber(scene: &Scene) -> Sight {
    let is_identifier = |name: &str| {
        let name = name.to_ascii_lowercase().replace(['-', '_'], "");
        matches!(
            name.as_str(),
            "subscriber" | "subscriberid" | "mercuresubscriber" | "mercuresubscriberid"
        )
    };
    let fields = scene
        .exchange
        .asked
        .fields
        .iter()
        .map(|(name, _)| name.as_str());
    let names = scene
        .parameters()
        .map(|pair| pair.name.as_str())
        .chain(fields);
    let forged = names.into_iter().find(|name| is_identifier(name));
    Sight::right_if(forged.is_none(), || quoted(forged.unwrap_or_default()))
}

fn token_subscribes(scene: &Scene) -> Sight {
    let Some(token) = scene.token() else {
        return Sight::Unseen;
    };
    let subscribes = match scene.dialect {
        Dialect::V1 => !token.grants_v1("subscribe").is_empty(),
        Dialect::V0 => token.grants_v0("subscribe").is_some(),
    };
    Sight::right_if(subscribes, || {
        "a token without any right to subscribe".to_owned()
    })
}

fn recommended_form(scene: &Scene) -> Sight {
    each_matcher(scene, |pair| {
        let value = pair.value.as_str();
        let named = quoted(value);
        if pair.name != "topic" {
            return Sight::Wrong(format!(
                "the parameter {}, which is not of 0.x",
                quoted(&pair.name)
            ));
        }
        if value == "*" {
            return Sight::Right;
        }
        if !braces_close(value) {
            return Sight::Wrong(format!("{named}, whose braces do not close"));
        }
        // Read literally, and hardly meant so.
        if value.contains('*') && !value.contains('{') || value.contains("/:") {
            return Sight::Doubtful(format!("{named}, where * and :name are no wildcards"));
        }
        Sight::Right
    })
}

fn braces_close(template: &str) -> bool {
    let mut open = false;
    let closes = template.chars().all(|char| {
        let fits = match char {
            '{' => !open,
            '}' => open,
            _ => return true,
        };
        open = char == '{';
        fits
    });
    closes && !open
}
