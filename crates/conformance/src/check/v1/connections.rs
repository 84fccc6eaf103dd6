//! Section "Subscription": how many streams a hub bears, and how it refuses one more. Each hub has its own limits, so the target
//! says them; and whoever reaches them takes from others, so these checks run alone.

use assay_client::Dialect;

use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{Area, Check, Findings, Need, Section},
    lab::{Lab, Stream},
    request::Request,
    stop::Stop,
    target::Limit,
    wire::Deadline,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Subscription,
};

const BOUNDED: &str =
    "the stream beyond the limit is refused, and accepted when another one has ended";
/// More streams than that a check does not open, lest the machine that it runs on is what gives in.
const STREAMS_AT_MOST: u64 = 500;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("limits/streams-per-address", |lab| {
                Box::pin(per_address(lab))
            })
            .judges("limits.connections.per-client", AcceptSet::fact(BOUNDED))
            .needs(Need::Limit(Limit::StreamsPerAddress))
            .alone(),
        SECTION
            .probe("limits/streams", |lab| Box::pin(total(lab)))
            .judges("limits.connections.total", AcceptSet::fact(BOUNDED))
            .judges(
                "limits.connections.429",
                AcceptSet::pass(Outcome::Status(&[429])).or_warn(Outcome::Status(&[503])),
            )
            .needs(Need::Limit(Limit::Streams))
            .alone(),
    ]
}

/// What a hub does at its limit.
struct Surplus {
    /// How it answers one stream more.
    refusal: Observation,
    /// Whether it bears as many as it says, and no more.
    bounded: Observation,
}

async fn per_address(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let surplus = surplus(lab, Limit::StreamsPerAddress).await?;
    Ok(Findings::All(surplus.bounded))
}

async fn total(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let Surplus { refusal, bounded } = surplus(lab, Limit::Streams).await?;
    Ok(Findings::Each(vec![
        ("limits.connections.total", bounded),
        ("limits.connections.429", refusal),
    ]))
}

async fn surplus(lab: &Lab<'_>, limit: Limit) -> Result<Surplus, Stop> {
    let most = lab.limit(limit)?;
    if most > STREAMS_AT_MOST {
        return Err(Stop::NotMeasurable(format!(
            "the target says a limit of {most}, and a check opens {STREAMS_AT_MOST} streams at most"
        )));
    }
    let request = lab.subscribe(&lab.topic("a"))?;
    let mut streams = Vec::new();
    for number in 1..=most {
        streams.push(opens(lab, &request).await?.map_err(|answer| {
            Stop::Control(format!(
                "stream {number} of {most} that the hub bears was answered {answer}"
            ))
        })?);
    }
    let answer = match lab.open(&request).await? {
        Err(answer) => answer,
        Ok(stream) => {
            let refusal = unrefused(lab, stream, most).await;
            let bounded = refusal.clone();
            return Ok(Surplus { refusal, bounded });
        }
    };
    streams.pop();
    let bounded = match opens(lab, &request).await? {
        Ok(_) => Observation::Fact(BOUNDED),
        Err(answer) => Observation::Other(format!(
            "after one of {most} streams has ended, the next is answered {answer}"
        )),
    };
    Ok(Surplus {
        refusal: Observation::Answer(answer),
        bounded,
    })
}

async fn unrefused(lab: &Lab<'_>, mut stream: Stream<'_, '_>, most: u64) -> Observation {
    Observation::Other(if stream.ended_by(lab.deadline()).await {
        format!("stream {} is answered 200, and ended at once", most + 1)
    } else {
        format!("stream {} is open beside {most} others", most + 1)
    })
}

// Streams that ended a moment ago may still be counted.
async fn opens<'l, 'h>(
    lab: &'l Lab<'h>,
    request: &Request,
) -> Result<Result<Stream<'l, 'h>, Answer>, Stop> {
    let deadline: Deadline = lab.deadline();
    loop {
        match lab.open(request).await? {
            Err(_) if !deadline.passed() => tokio::time::sleep(lab.hub().pace.retry).await,
            opened => return Ok(opened),
        }
    }
}
