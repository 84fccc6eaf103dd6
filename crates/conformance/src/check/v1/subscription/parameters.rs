//! Which parameters are matchers, and that each of them counts.

use super::{SECTION, subscription};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Findings, Shape,
        v1::scene::{self, Case, Scene},
    },
    lab::Lab,
    request::Proof,
    shape::{Works, accepted::WORKS, deliveries::AS_DUE},
    stop::Stop,
    wire::event_stream::Event,
};

const ONCE: &str = "an update that two matchers select arrives once";
const TWICE: &str = "an update that two matchers select arrives twice";

const CASES: &[Case] = &[
    Case {
        id: "subscribe/match",
        requirement: "subscribe.match-default-exact",
        scenes: &[Scene::new(
            "a `match` with the text of a URL pattern",
            &[("match", "~b/:id")],
            &["~b/:id"],
            &["~b/1"],
        )],
    },
    Case {
        id: "subscribe/match-exact",
        requirement: "subscribe.match-explicit-exact",
        scenes: &[Scene::new(
            "a `match_exact`",
            &[("match_exact", "~b/:id")],
            &["~b/:id"],
            &["~b/1", "~b/:id/x"],
        )],
    },
    Case {
        id: "subscribe/match-urlpattern",
        requirement: "subscribe.match-urlpattern-param",
        scenes: &[Scene::new(
            "a `match_urlpattern`",
            &[("match_urlpattern", "~b/:id")],
            &["~b/1"],
            &["~c/1"],
        )],
    },
    Case {
        id: "subscribe/multiple-matchers",
        requirement: "subscribe.multiple-matchers",
        scenes: &[
            Scene::new(
                "five matchers of both types",
                &[
                    ("match", "~a"),
                    ("match", "~b"),
                    ("match_exact", "~c"),
                    ("match_urlpattern", "~d/:id"),
                    ("match_urlpattern", "~e/:id"),
                ],
                &["~a", "~b", "~c", "~d/1", "~e/1"],
                &["~f"],
            ),
            Scene::new(
                "the same five in another order",
                &[
                    ("match_urlpattern", "~e/:id"),
                    ("match", "~b"),
                    ("match_urlpattern", "~d/:id"),
                    ("match_exact", "~c"),
                    ("match", "~a"),
                ],
                &["~a", "~b", "~c", "~d/1", "~e/1"],
                &["~f"],
            ),
        ],
    },
];

const ANY: Scene = Scene::new(
    "an exact matcher and a URL pattern, updates on either and on neither",
    &[("match", "~a"), ("match_urlpattern", "~b/:id")],
    &["~a", "~b/1", "~a"],
    // One only: the twin must not depend on what is judged.
    &["~c"],
);

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let mut checks: Vec<_> = scene::checks(SECTION, CASES).collect();
    checks.push(
        SECTION
            .probe("subscribe/get", |lab| Box::pin(by_get(lab)))
            .judges("subscribe.get-method", AcceptSet::fact(WORKS)),
    );
    checks.push(
        SECTION
            .deliveries("subscribe/any-matcher", ANY.deliveries())
            .also(Shape::Probe(|lab| Box::pin(selected_twice(lab))))
            .judges(
                "subscribe.delivery.any-matcher",
                // Nowhere does the draft say that it comes once.
                AcceptSet::fact(AS_DUE)
                    .or_pass(Outcome::Fact(ONCE))
                    .or_warn(Outcome::Fact(TWICE)),
            ),
    );
    checks
}

// What all controls rest on is observed without control.
async fn by_get(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let request = subscription(lab)?;
    let mut works = Works::set_up(lab, &request).await?;
    Ok(match works.send(request).await? {
        Ok(_) => Findings::fact(WORKS),
        Err(observation) => Findings::All(observation),
    })
}

async fn selected_twice(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (sentinel, topic) = (lab.topic("sentinel"), lab.topic("both"));
    let request = lab
        .subscribe(&sentinel)?
        .param("match", &topic)
        .param("match_urlpattern", lab.topic(":which"));
    let mut stream = lab.subscribed(&request).await?;
    let data = lab.marker();
    let update = lab.publish(&topic, &data)?;
    lab.published(&update.field("topic", lab.topic("other")))
        .await?;
    let events = stream.fence(&sentinel, Proof::Public).await?;
    let came = events
        .iter()
        .filter_map(Event::data)
        .filter(|seen| *seen == data)
        .count();
    Ok(match came {
        1 => Findings::fact(ONCE),
        2 => Findings::fact(TWICE),
        _ => Findings::other(format!(
            "an update that two matchers select arrives {came} times"
        )),
    })
}
