//! Hubs that do one thing wrongly to all: a proxy before a straight hub, so that everything else is right.
//!
//! Unlike a mutant, which breaks one rule, each of these breaks an area. Those that deliver everything to everyone need no hub
//! behind: see [`crate::WRONG_TO_ALL`].

use crate::credential;
use crate::event::Event;
use crate::form;
use crate::message::{Answer, Request};
use crate::mutant::{Deed, Delivery, Exchange, Fate, Rules};
use crate::scene::Scene;
use crate::token::Token;

/// A hub that does one thing wrongly to all.
#[derive(Clone, Copy, Debug)]
pub struct Wrong {
    /// What it does, in a few words.
    pub name: &'static str,
    pub(crate) rules: Rules,
}

/// Each of them.
pub const WRONG_BEFORE_A_STRAIGHT_HUB: &[Wrong] = &[
    Wrong {
        name: "accepts every token",
        rules: Rules {
            forge: Some(grant_everything),
            ..Rules::NONE
        },
    },
    Wrong {
        name: "lets every origin in",
        rules: Rules {
            request: Some(pretend_good_origin),
            answer: Some(reflect_origin),
            ..Rules::NONE
        },
    },
    Wrong {
        name: "knows no ids and no past",
        rules: Rules {
            request: Some(forget_cursor),
            event: Some(drop_id),
            ..Rules::NONE
        },
    },
    Wrong {
        name: "refuses with 500 and no word",
        rules: Rules {
            answer: Some(refuse_without_a_word),
            ..Rules::NONE
        },
    },
];

/// Whatever can be read as a token becomes one that opens everything.
fn grant_everything(token: &mut Token, deed: &Deed<'_>) -> bool {
    let all = Token::parse(&deed.scene.token(&["*"]));
    all.map(|all| *token = all).is_some()
}

fn pretend_good_origin(request: &mut Request, scene: &Scene) {
    if request.is_publication(&scene.path) && credential::has_cookie(request) {
        request
            .headers
            .set("Origin", scene.publish_origin.as_bytes());
        request.headers.remove("referer");
    }
}

fn reflect_origin(answer: &mut Answer, exchange: &Exchange<'_>) {
    if let Some(origin) = exchange.request.headers.get("origin") {
        let headers = &mut answer.headers;
        headers.set("Access-Control-Allow-Origin", origin);
        headers.set("Access-Control-Allow-Credentials", "true");
    }
}

fn forget_cursor(request: &mut Request, _: &Scene) {
    request.headers.remove("last-event-id");
    // The names of both dialects.
    for name in ["last_event_id", "lastEventID", "Last-Event-ID"] {
        form::drop_from_query(request, name);
    }
}

fn drop_id(mut event: Event, _: &Delivery<'_>) -> Fate {
    event.remove("id");
    Fate::Deliver(event)
}

fn refuse_without_a_word(answer: &mut Answer, _: &Exchange<'_>) {
    if answer.status >= 400 {
        answer.headers.remove("www-authenticate");
        answer.refuse(500);
    }
}
