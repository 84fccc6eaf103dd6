//! What publishers send.

use assay_client::Dialect;

use crate::{
    answer::media_type,
    watch::{
        jwt::Grant,
        rule::{Rule, Sight, quoted, rule},
        scene::{Scene, When::Publication},
    },
};

use super::text::{email, forbidden, has_self_link, is_iri, is_markup, is_reserved, not_canonical};

const FORM: &str = "a body of application/x-www-form-urlencoded, such as topic=…&data=…; that is what http_build_query, URLSearchParams and curl --data-urlencode make";
const IRI: &str = "an IRI as topic, such as https://example.com/books/1 or urn:uuid:…";
const ON: &str = "private=on";
const SELF_LINK: &str =
    "a link element with rel=\"self\" and the URL of the resource in the document";
const JSON_LD: &str = "\"@id\" with the URL of the resource beside \"@context\"";
const COVERS: &str =
    "a token whose publish grants cover every topic of the update, or fewer topics";

/// Of 1.0.
pub(super) const V1: &[Rule] = &[
    rule(
        "publish.client.form-encoding",
        Publication,
        FORM,
        form_encoded,
    ),
    rule(
        "publish.client.utf8",
        Publication,
        "names and values in UTF-8, then percent-encoded: é is %C3%A9",
        utf8,
    ),
    rule(
        "publish.client.topic-required",
        Publication,
        "at least one topic",
        topic_is_there,
    ),
    rule("publish.topic.iri", Publication, IRI, topic_is_iri),
    rule(
        "publish.client.topic-constraints",
        Publication,
        "topics without control and invisible characters, outside of the hub's own path, and not *",
        topic_constraints,
    ),
    rule(
        "match.client-normalize.publisher",
        Publication,
        "the canonical form: NFC, the host in small letters, percent-encodings in capitals",
        topic_is_canonical,
    ),
    rule("publish.private.value-on", Publication, ON, private_is_on),
    rule(
        "publish.id.unique",
        Publication,
        "an id for each update, such as urn:uuid:…, or none: the hub makes one",
        id_is_unique,
    ),
    rule(
        "auth.publisher.token-required",
        Publication,
        "Authorization: Bearer TOKEN with the first request already",
        token_is_there,
    ),
    rule(
        "details.client.publish-grant",
        Publication,
        COVERS,
        grant_covers,
    ),
    rule(
        "subscribe.hypermedia-self-link",
        Publication,
        SELF_LINK,
        self_link,
    ),
    rule("subscribe.jsonld-id", Publication, JSON_LD, json_ld_id),
    rule(
        "security.topic.no-sensitive",
        Publication,
        "an identifier that says nothing: topics show in URLs, logs and subscription events",
        nothing_sensitive,
    ),
];

/// Of 0.x.
pub(super) const V0: &[Rule] = &[
    rule("publish.form-urlencoded", Publication, FORM, form_encoded),
    rule("publish.topic-iri", Publication, IRI, topic_is_iri),
    rule(
        "publish.topic-http-uri",
        Publication,
        "an https URL as topic",
        topic_is_http,
    ),
    rule(
        "publish.link-self-element",
        Publication,
        SELF_LINK,
        self_link,
    ),
    rule("publish.jsonld-id", Publication, JSON_LD, json_ld_id),
    rule(
        "publish.id-no-hash",
        Publication,
        "an id that does not begin with #: those are the hub's own",
        id_has_no_hash,
    ),
    rule(
        "publish.id-iri",
        Publication,
        "an IRI as id, such as urn:uuid:…",
        id_is_iri,
    ),
    rule("private.flag-value-on", Publication, ON, private_is_on),
    rule(
        "auth.publisher-proves-topics",
        Publication,
        COVERS,
        grant_covers,
    ),
    rule(
        "auth.publish-claim-mercure",
        Publication,
        "a token with the claim mercure",
        |scene| match scene.token() {
            None => Sight::Unseen,
            Some(token) => Sight::right_if(token.claims.get("mercure").is_some(), || {
                "a token without the claim mercure".to_owned()
            }),
        },
    ),
    rule(
        "auth.publish-claim-key",
        Publication,
        "\"mercure\": {\"publish\": [\"…\"]} in the claims, an array",
        |scene| match scene.token() {
            None => Sight::Unseen,
            Some(token) => Sight::right_if(token.grants_v0("publish").is_some(), || {
                "a token whose claim mercure has no array publish".to_owned()
            }),
        },
    ),
];

fn form_encoded(scene: &Scene) -> Sight {
    match scene.exchange.asked.field("content-type") {
        None => Sight::Wrong("no Content-Type".to_owned()),
        Some(value) => {
            let is_form = media_type(value) == "application/x-www-form-urlencoded";
            Sight::right_if(is_form, || format!("Content-Type: {}", quoted(value)))
        }
    }
}

fn utf8(scene: &Scene) -> Sight {
    let Some(form) = &scene.form else {
        return Sight::Unseen;
    };
    let wrong = form.iter().find(|pair| !pair.is_utf8);
    Sight::right_if(wrong.is_none(), || {
        let raw = wrong.map_or(String::new(), |pair| {
            String::from_utf8_lossy(&pair.raw).into_owned()
        });
        let name = raw.split('=').next().unwrap_or_default().to_owned();
        format!("the field {} is not UTF-8", quoted(&name))
    })
}

fn topic_is_there(scene: &Scene) -> Sight {
    if scene.form.is_none() {
        return Sight::Unseen;
    }
    Sight::right_if(!scene.values("topic").is_empty(), || "no topic".to_owned())
}

/// A rule on each topic.
fn each_topic(scene: &Scene, judge: impl Fn(&str) -> Sight) -> Sight {
    Sight::worst(scene.values("topic").into_iter().map(judge))
}

fn topic_is_iri(scene: &Scene) -> Sight {
    each_topic(scene, |topic| {
        Sight::right_if(is_iri(topic), || format!("topic {}", quoted(topic)))
    })
}

fn topic_is_http(scene: &Scene) -> Sight {
    each_topic(scene, |topic| match topic.split_once(':') {
        Some(("http" | "https", _)) => Sight::Right,
        // Another scheme is a choice; the draft only prefers.
        Some(_) if is_iri(topic) => Sight::Noted(format!("topic {}", quoted(topic))),
        _ => Sight::Wrong(format!("topic {}", quoted(topic))),
    })
}

fn topic_constraints(scene: &Scene) -> Sight {
    each_topic(scene, |topic| {
        if topic == "*" {
            return Sight::Wrong("topic \"*\"".to_owned());
        }
        if let Some(character) = forbidden(topic) {
            return Sight::Wrong(format!("{character} in the topic {}", quoted(topic)));
        }
        Sight::right_if(!is_reserved(topic, &scene.site.hub), || {
            format!("the topic {}, which is the hub's own", quoted(topic))
        })
    })
}

fn topic_is_canonical(scene: &Scene) -> Sight {
    each_topic(scene, |topic| match not_canonical(topic) {
        None => Sight::Right,
        Some(why) => Sight::Wrong(format!("topic {}: {why}", quoted(topic))),
    })
}

fn nothing_sensitive(scene: &Scene) -> Sight {
    each_topic(scene, |topic| match email(topic) {
        // What is sensitive only the application knows, so that nothing is ever right here.
        None => Sight::Unseen,
        Some(_) => Sight::Wrong("a topic with an e-mail address in it".to_owned()),
    })
}

fn private_is_on(scene: &Scene) -> Sight {
    let values = scene.values("private");
    Sight::worst(
        values
            .into_iter()
            .map(|value| Sight::right_if(value == "on", || format!("private={}", quoted(value)))),
    )
}

fn each_id(scene: &Scene, judge: impl Fn(&str) -> Sight) -> Sight {
    Sight::worst(
        scene
            .values("id")
            .into_iter()
            .filter(|id| !id.is_empty())
            .map(judge),
    )
}

fn id_is_unique(scene: &Scene) -> Sight {
    each_id(scene, |id| {
        Sight::right_if(!scene.before.id_is_known, || {
            format!("the id {} of an update before", quoted(id))
        })
    })
}

fn id_has_no_hash(scene: &Scene) -> Sight {
    each_id(scene, |id| {
        Sight::right_if(!id.starts_with('#'), || format!("id {}", quoted(id)))
    })
}

fn id_is_iri(scene: &Scene) -> Sight {
    each_id(scene, |id| {
        Sight::right_if(is_iri(id), || format!("id {}", quoted(id)))
    })
}

fn token_is_there(scene: &Scene) -> Sight {
    if !scene.presented.is_empty() {
        return Sight::Right;
    }
    // Closed networks are excepted: a hub that takes the update asks for none.
    if scene.answered(2) {
        return Sight::Noted("no token, and the hub asks for none".to_owned());
    }
    Sight::right_if(
        scene.answer().is_none_or(|answer| answer.status != 401),
        || "no token, and the hub asks for one (401)".to_owned(),
    )
}

fn grant_covers(scene: &Scene) -> Sight {
    let Some(token) = scene.token() else {
        return Sight::Unseen;
    };
    let grants = match scene.dialect {
        Dialect::V1 => token.grants_v1("publish"),
        Dialect::V0 => token.grants_v0("publish").unwrap_or_default(),
    };
    each_topic(scene, |topic| match Grant::cover(&grants, topic) {
        Some(true) => Sight::Right,
        Some(false) => Sight::Wrong(format!(
            "a token that does not permit the topic {}",
            quoted(topic)
        )),
        // A pattern only the hub evaluates, and it took the update or not.
        None if scene.answered(2) => Sight::Right,
        None => Sight::Unseen,
    })
}

fn self_link(scene: &Scene) -> Sight {
    match scene.values("data").first() {
        Some(data) if is_markup(data) => Sight::right_if(has_self_link(data), || {
            "a document without link to itself".to_owned()
        }),
        _ => Sight::Unseen,
    }
}

fn json_ld_id(scene: &Scene) -> Sight {
    let data = scene.values("data");
    let json = data
        .first()
        .and_then(|data| serde_json::from_str::<serde_json::Value>(data).ok());
    match json {
        Some(json) if json.get("@context").is_some() => {
            let id = json.get("@id").is_some_and(serde_json::Value::is_string);
            Sight::right_if(id, || "JSON-LD without \"@id\"".to_owned())
        }
        _ => Sight::Unseen,
    }
}
