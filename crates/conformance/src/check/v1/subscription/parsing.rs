//! How a query component becomes names and values: as `application/x-www-form-urlencoded`, whatever else a URL might mean.

use super::{SECTION, bad_request, raw, subscription};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings, Shape,
        v1::scene::{self, Case, Scene},
    },
    lab::Lab,
    request::Request,
    shape::{Works, deliveries::AS_DUE, sandwich::Sandwich},
    stop::Stop,
};

const SAME: &str = "both are answered alike";

const CASES: &[Case] = &[
    Case {
        id: "subscribe/plus-is-space",
        requirement: "subscribe.parse.plus-is-space",
        scenes: &[
            Scene::raw("a raw `+`", "match=~a+b", &["~a b"], &["~a+b"]),
            // No hidden topic with a space, since the twin would ask for it with a `+`.
            Scene::raw("a `%2B`", "match=~a%2Bb", &["~a+b"], &[]),
        ],
    },
    Case {
        id: "subscribe/raw-semicolon",
        requirement: "subscribe.parse.raw-semicolon",
        scenes: &[
            Scene::raw("a raw `;` in a value", "match=~a;b", &["~a;b"], &["~a"]),
            Scene::raw(
                "a raw `;` before what would be a matcher",
                "x=1;match=~a",
                &[],
                &["~a"],
            ),
        ],
    },
    Case {
        id: "subscribe/stray-percent",
        requirement: "subscribe.parse.stray-percent",
        scenes: &[
            Scene::raw(
                "a `%` at the end of a value",
                "match=~100%",
                &["~100%"],
                &["~100"],
            ),
            Scene::raw(
                "a `%` before two letters that are no hexadecimal digits",
                "match=~a%zzb",
                &["~a%zzb"],
                &["~azzb"],
            ),
            Scene::raw(
                "a `%` in another parameter",
                "junk=%&match=~a",
                &["~a"],
                &["~b"],
            ),
        ],
    },
    Case {
        id: "subscribe/first-equals",
        requirement: "subscribe.parse.first-equals",
        scenes: &[Scene::raw(
            "a raw `=` in a value, and empty pairs around it",
            "&&match=~?a=b&",
            &["~?a=b"],
            &["~?a"],
        )],
    },
];

const ENCODED_MATCH: Scene = Scene::raw("a `%6Datch`", "%6Datch=~a", &["~a"], &["~b"]);
const ENCODED_PATTERN: Scene = Scene::raw(
    "a `match%5Furlpattern`",
    "match%5Furlpattern=~b/:id",
    &["~b/1"],
    &["~c/1"],
);

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let encoded = vec![
        raw("there is a `%4Datch` too", "%4Datch=x"),
        raw("there is a `%4D%41TCH` too", "%4D%41TCH=x"),
        raw("there is a `match%5B%5D` too", "match%5B%5D=x"),
    ];
    let mut checks: Vec<_> = scene::checks(SECTION, CASES).collect();
    checks.push(
        SECTION
            .refusal(
                "subscribe/decoded-names",
                Sandwich::table(subscription, encoded),
            )
            .also(Shape::Deliveries(ENCODED_MATCH.deliveries()))
            .also(Shape::Deliveries(ENCODED_PATTERN.deliveries()))
            .judges(
                "subscribe.parse.decoded-names",
                bad_request().or_pass(Outcome::Fact(AS_DUE)),
            ),
    );
    checks.push(
        SECTION
            .probe("subscribe/bare-name", |lab| Box::pin(bare_names(lab)))
            .judges("subscribe.parse.bare-name", AcceptSet::fact(SAME)),
    );
    checks
}

async fn bare_names(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let good = subscription(lab)?;
    Works::set_up(lab, &good)
        .await?
        .control(good.clone())
        .await?;
    let mut cases = Vec::new();
    for (says, name, refused) in [
        ("`match` has no value", "match", false),
        ("`match_nope` has no value", "match_nope", true),
        ("`last_event_id` has no value", "last_event_id", false),
    ] {
        let ask = |text: String| {
            let mut request = good.clone();
            request.raw_query = text;
            request
        };
        let bare = outcome(lab, &ask(name.to_owned())).await?;
        let empty = outcome(lab, &ask(format!("{name}="))).await?;
        let observation = match (bare, empty) {
            ((status, _), _) | (_, (status, _)) if refused && status != 400 => {
                Observation::Other(format!("answered {status} instead of 400"))
            }
            (bare, empty) if bare == empty => Observation::Fact(SAME),
            (bare, empty) => Observation::Other(format!(
                "answered {}, and with `{name}=` {}",
                told(bare),
                told(empty)
            )),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

// Status, and whether the answer tells where the stream begins: where exactly depends on what others publish.
async fn outcome(lab: &Lab<'_>, request: &Request) -> Result<(u16, bool), Stop> {
    let answer = lab.ask(request).await?;
    let field = answer.header("mercure-last-event-id").is_some();
    Ok((answer.status, field))
}

fn told((status, field): (u16, bool)) -> String {
    let with = if field { "with" } else { "without" };
    format!("{status} {with} `mercure-last-event-id`")
}
