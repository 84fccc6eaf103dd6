//! Each rule is red on a crooked client and green on a straight one; and no rule is without such a pair.

mod cases;

use std::{
    collections::{BTreeMap, HashSet},
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use assay_client::{Dialect, Metadata};
use assay_results::Verdict;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use crate::{answer::Answer, wire::event_stream::Blocks};

use super::{
    exchange::{Asked, EndedBy, Exchange},
    rules,
    scene::Site,
    watcher::Watcher,
};

const HUB: &str = "http://hub.example/.well-known/mercure";

/// What passes: `METHOD TARGET | field: value || body => STATUS | field: value`, lines of it in turn. `cut ID` is an event with this id
/// on the stream before and its end by the hub. `H` is the path of the hub, `$…` a token of [`cases::TOKENS`], `page …` the body of the
/// answer before.
struct Played {
    watcher: Watcher,
    stream: Option<super::watcher::StreamId>,
    last: Option<(Asked, Answer)>,
    at: Duration,
}

impl Played {
    fn of(dialect: Dialect, script: &str) -> BTreeMap<String, Verdict> {
        let site = Site {
            hub: Url::parse(HUB).expect("a URL"),
            metadata: (dialect == Dialect::V1).then(|| Metadata {
                resource: HUB.to_owned(),
                ..Metadata::default()
            }),
            asked_for: Some(dialect),
            otherwise: dialect,
        };
        let mut played = Self {
            watcher: Watcher::new(site, Box::new(|_| {})),
            stream: None,
            last: None,
            at: Duration::ZERO,
        };
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            played.line(&filled_in(line));
        }
        let rows = played.watcher.take().tally.rows(dialect);
        rows.into_iter()
            .map(|row| (row.requirement, row.verdict))
            .collect()
    }

    fn line(&mut self, line: &str) {
        if let Some(id) = line.strip_prefix("cut ") {
            let stream = self.stream.take().expect("a stream to cut");
            Blocks::default().push(format!("id: {id}\ndata: x\n\n").as_bytes(), &mut |event| {
                self.watcher.event(stream, &event);
            });
            return self.watcher.stream_ended(stream, EndedBy::Hub);
        }
        if let Some(text) = line.strip_prefix("page ") {
            let (asked, answer) = self.last.clone().expect("an answer with a page");
            assert!(self.watcher.wants_page(&asked, &answer), "{text}");
            return self
                .watcher
                .page(self.exchange(asked, None, answer), text.as_bytes());
        }
        let (request, answer) = line.split_once(" => ").expect("an answer");
        let (head, body) = request.split_once(" || ").unwrap_or((request, ""));
        let (first, asked_fields) = fields(head);
        let (method, target) = first.split_once(' ').expect("a method");
        let asked = Asked {
            method: method.to_owned(),
            target: target.to_owned(),
            fields: asked_fields,
        };
        let (status, headers) = fields(answer);
        let answer = Answer {
            status: status.parse().expect("a status"),
            headers,
            body: Vec::new(),
        };
        self.at += Duration::from_secs(1);
        self.last = Some((asked.clone(), answer.clone()));
        let exchange = self.exchange(asked, Some(body.as_bytes().to_vec()), answer);
        self.stream = self.watcher.exchanged(exchange).or(self.stream);
    }

    fn exchange(&self, asked: Asked, content: Option<Vec<u8>>, answer: Answer) -> Exchange {
        Exchange {
            asked,
            content,
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            at: self.at,
            answer: Some(answer),
        }
    }
}

fn fields(text: &str) -> (&str, Vec<(String, String)>) {
    let mut parts = text.split(" | ");
    let first = parts.next().unwrap_or_default();
    let fields = parts.map(|part| {
        let (name, value) = part.split_once(": ").expect("a field");
        (name.to_ascii_lowercase(), value.to_owned())
    });
    (first, fields.collect())
}

fn filled_in(line: &str) -> String {
    let line = line
        .replace("H?", "/.well-known/mercure?")
        .replace(" H ", " /.well-known/mercure ");
    let line = line.replace("SSE", "200 | content-type: text/event-stream");
    let line = line.replace("FORM", "content-type: application/x-www-form-urlencoded");
    cases::TOKENS
        .iter()
        .fold(line, |line, (name, header, claims)| {
            let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
            line.replace(name, &format!("{}.{}.c2ln", part(header), part(claims)))
        })
}

#[test]
fn each_rule_is_red_on_a_crooked_client_and_green_on_a_straight_one() {
    let mut errors = Vec::new();
    for (dialect, table) in [(Dialect::V1, cases::V1), (Dialect::V0, cases::V0)] {
        let mut proved = HashSet::new();
        for (requirement, crooked, straight) in table {
            proved.insert(*requirement);
            let red = Played::of(dialect, crooked)[*requirement];
            if !matches!(red, Verdict::Fail | Verdict::Warn) {
                errors.push(format!(
                    "{dialect} {requirement}: {red} on a crooked client"
                ));
            }
            let green = Played::of(dialect, straight)[*requirement];
            let never_right = cases::NEVER_RIGHT.contains(requirement);
            let expected = if never_right {
                Verdict::NotObserved
            } else {
                Verdict::Pass
            };
            if green != expected {
                errors.push(format!(
                    "{dialect} {requirement}: {green} on a straight client"
                ));
            }
        }
        for rule in rules::of(dialect).filter(|rule| !proved.contains(rule.requirement)) {
            errors.push(format!("{dialect} {}: no crooked client", rule.requirement));
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn nothing_is_passed_that_did_not_pass() {
    for dialect in Dialect::ALL {
        let verdicts = Played::of(dialect, "");
        assert!(
            verdicts
                .values()
                .all(|verdict| *verdict == Verdict::NotObserved)
        );
    }
}

#[test]
fn no_secret_is_in_a_report() {
    let watcher = {
        let site = Site {
            hub: Url::parse(HUB).expect("a URL"),
            metadata: None,
            asked_for: None,
            otherwise: Dialect::V0,
        };
        Watcher::new(site, Box::new(|_| {}))
    };
    let mut played = Played {
        watcher,
        stream: None,
        last: None,
        at: Duration::ZERO,
    };
    for line in [
        "GET H?topic=a&authorization=hush-hush-hush-hush | authorization: Basic hush-hush-hush-hush => 401",
        "GET H?topic=a&authorization=$SUB0 | cookie: mercureAuthorization=hush | referer: http://x/?t=$SUB0 => SSE",
        "POST H | authorization: hush-hush-hush-hush || hush => 400",
    ] {
        played.line(&filled_in(line));
    }
    let tally = played.watcher.take().tally;
    let rows = format!("{:?} {:?}", tally.rows(Dialect::V0), tally.transcripts());
    assert!(rows.contains("[token]"), "{rows}");
    assert!(!rows.contains("hush") && !rows.contains("eyJ"), "{rows}");
}
