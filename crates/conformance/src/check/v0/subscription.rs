//! Sections 2 and 4: the hub's URL and how a subscription is opened.

use assay_client::Dialect;

use crate::{
    accept::AcceptSet,
    check::{
        Area, Check, Findings, Section,
        well_known::{receives, served},
    },
    lab::Lab,
    shape::accepted::WORKS,
    stop::Stop,
};

const DISCOVERY: Section = Section {
    dialect: Dialect::V0,
    area: Area::Discovery,
};
const SUBSCRIPTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Subscription,
};

/// More than any page asks for, fewer than any deployed hub refuses.
const MANY_TOPICS: usize = 50;
const LAST_RECEIVES: &str = "the last of fifty selectors receives";
const REFUSED_CLEANLY: &str = "fifty selectors are refused with a 4xx";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        DISCOVERY
            .probe("0.x/discovery/well-known-url", |lab| Box::pin(served(lab)))
            .judges("discovery.well-known-url", AcceptSet::fact(WORKS)),
        SUBSCRIPTION
            .probe("0.x/subscribe/get", |lab| Box::pin(get(lab)))
            .judges("subscribe.get", AcceptSet::fact(WORKS)),
        SUBSCRIPTION
            .probe("0.x/subscribe/many-topics", |lab| {
                Box::pin(many_topics(lab))
            })
            .judges(
                "limits.topic-count",
                AcceptSet::fact(LAST_RECEIVES)
                    .or_note(crate::accept::Outcome::Fact(REFUSED_CLEANLY)),
            ),
    ]
}

async fn get(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    receives(lab, &lab.subscribe(&topic)?, &topic).await
}

async fn many_topics(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let first = lab.topic("0");
    drop(lab.subscribed(&lab.subscribe(&first)?).await?);
    let request = (1..MANY_TOPICS).fold(lab.subscribe(&first)?, |request, number| {
        request.param("topic", lab.topic(&number.to_string()))
    });
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) if (400..500).contains(&answer.status) => {
            return Ok(Findings::fact(REFUSED_CLEANLY));
        }
        Err(answer) => return Ok(Findings::answer(answer)),
    };
    let last = lab.topic(&(MANY_TOPICS - 1).to_string());
    Ok(
        match stream.fence(&last, crate::request::Proof::Public).await {
            Ok(_) => Findings::fact(LAST_RECEIVES),
            Err(Stop::Control(_)) => {
                Findings::other("accepted, but the last of fifty selectors receives nothing")
            }
            Err(stop) => return Err(stop),
        },
    )
}
