//! Who comes back, and with which cursor.

use crate::watch::{
    memory::Cut,
    rule::{Rule, Sight, quoted, rule},
    scene::{Scene, When::Subscription},
};

const RESEND: &str = "Last-Event-ID: ID with the id of the last event, as EventSource does by itself; with fetch, keep it and send it";
const DISCOVERED: &str = "the last-event-id of the Link in the first subscription: as last_event_id in 1.0, lastEventID in 0.x";
const LISTED: &str = "the last-event-id of the list when subscribing to subscription events, so that none falls between";

/// Of 1.0.
pub(super) const V1: &[Rule] = &[
    rule("replay.client.resend-id", Subscription, RESEND, resends_id),
    rule(
        "replay.client.discovery-id",
        Subscription,
        DISCOVERED,
        |scene| passes_on(scene, scene.before.discovered.as_deref(), true),
    ),
    rule(
        "discovery.link.last-event-id-forwarded",
        Subscription,
        DISCOVERED,
        |scene| passes_on(scene, scene.before.discovered.as_deref(), false),
    ),
    rule(
        "replay.client.list-cursor",
        Subscription,
        LISTED,
        passes_on_list_cursor,
    ),
    rule(
        "auth.subscriber.token-for-private",
        Subscription,
        "the token with each connection, that of a reconnection too",
        comes_back_with_token,
    ),
];

/// Of 0.x.
pub(super) const V0: &[Rule] = &[
    rule(
        "replay.client-sends-header",
        Subscription,
        RESEND,
        resends_id,
    ),
    rule(
        "replay.client-sends-discovery-id",
        Subscription,
        DISCOVERED,
        |scene| passes_on(scene, scene.before.discovered.as_deref(), true),
    ),
    rule(
        "discovery.last-event-id-forwarded",
        Subscription,
        DISCOVERED,
        |scene| passes_on(scene, scene.before.discovered.as_deref(), false),
    ),
    rule(
        "subscriptions.client-passes-last-event-id",
        Subscription,
        LISTED,
        passes_on_list_cursor,
    ),
];

/// The stream that this one continues; none where it could be one more.
fn continued(scene: &Scene) -> Option<&Cut> {
    let header = scene.exchange.asked.field("last-event-id");
    let cuts = &scene.before.cuts;
    let named = cuts
        .iter()
        .find(|cut| cut.last_id().is_some() && cut.last_id() == header);
    let only = || {
        cuts.first()
            .filter(|_| cuts.len() == 1 && !scene.before.has_a_twin)
    };
    named.or_else(only)
}

fn resends_id(scene: &Scene) -> Sight {
    let Some((cut, last)) = continued(scene).and_then(|cut| Some((cut, cut.last_id()?))) else {
        return Sight::Unseen;
    };
    match scene.exchange.asked.field("last-event-id") {
        Some(id) if id == last => Sight::Right,
        // The last one may have been on its way when the connection broke.
        Some(id) if cut.ids.iter().any(|it| it == id) => Sight::Doubtful(format!(
            "back with {}, an id before the last one, {}",
            quoted(id),
            quoted(last)
        )),
        Some(id) => Sight::Wrong(format!(
            "back with {}, where {} was the last event",
            quoted(id),
            quoted(last)
        )),
        None => {
            let by_parameter = scene
                .cursor_parameter()
                .map_or("", |_| ", only with a parameter");
            Sight::Wrong(format!(
                "back without Last-Event-ID{by_parameter}, where {} was the last event",
                quoted(last)
            ))
        }
    }
}

fn comes_back_with_token(scene: &Scene) -> Sight {
    match continued(scene) {
        Some(cut) if cut.had_token => Sight::right_if(!scene.presented.is_empty(), || {
            "back without the token that it had before".to_owned()
        }),
        None if !scene.presented.is_empty() => Sight::Right,
        _ => Sight::Unseen,
    }
}

/// Whether a cursor that was given came along; by the header too, where that is allowed.
fn passes_on(scene: &Scene, given: Option<&str>, by_header_too: bool) -> Sight {
    let Some(given) = given.filter(|_| scene.before.cuts.is_empty()) else {
        return Sight::Unseen;
    };
    let header = scene
        .exchange
        .asked
        .field("last-event-id")
        .filter(|_| by_header_too);
    match scene.cursor_parameter().or(header) {
        Some(cursor) => Sight::right_if(cursor == given, || {
            format!(
                "the cursor {}, where {} was given",
                quoted(cursor),
                quoted(given)
            )
        }),
        None => Sight::Wrong(format!("no cursor, where {} was given", quoted(given))),
    }
}

fn passes_on_list_cursor(scene: &Scene) -> Sight {
    if !scene.names_subscriptions() {
        return Sight::Unseen;
    }
    passes_on(scene, scene.before.listed.as_deref(), true)
}
