//! Section 4: what an update looks like on the stream.

use assay_client::Dialect;

use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Findings, Section, publishing::published},
    lab::Lab,
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::EventStream,
};

const ONE_BLOCK_EACH: &str = "each update is one block of fields that an empty line ends";
const SAME_DATA: &str = "`data` of the event is what was published, line by line";
const TYPE_KEPT: &str = "`event` is the type that was published, and absent without one";
const ID_IS_BODY: &str =
    "`id` of the event is the body of the answer to the publisher, and not empty";
const RETRY_KEPT: &str = "`retry` of the event is the one that was published";
const ONE_ID: &str = "each event has exactly one `id`, which is not empty";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/sse/content-type", |lab| Box::pin(content_type(lab)))
            .judges(
                "sse.content-type",
                AcceptSet::pass(Outcome::MediaType("text/event-stream")),
            ),
        SECTION
            .probe("0.x/sse/framing", |lab| Box::pin(framing(lab)))
            .judges("sse.framing", AcceptSet::fact(ONE_BLOCK_EACH)),
        SECTION
            .probe("0.x/sse/data-multiline", |lab| Box::pin(multiline(lab)))
            .judges("sse.data-multiline", AcceptSet::fact(SAME_DATA)),
        SECTION
            .probe("0.x/sse/data-is-content", |lab| Box::pin(content(lab)))
            .judges("sse.data-is-content", AcceptSet::fact(SAME_DATA)),
        SECTION
            .probe("0.x/sse/event-field", |lab| Box::pin(event_type(lab)))
            .judges("sse.event-field", AcceptSet::fact(TYPE_KEPT)),
        SECTION
            .probe("0.x/sse/id-field", |lab| Box::pin(id(lab)))
            .judges("sse.id-field", AcceptSet::fact(ID_IS_BODY)),
        SECTION
            .probe("0.x/sse/id-present", |lab| Box::pin(id_present(lab)))
            .judges("replay.event-id-present", AcceptSet::fact(ONE_ID)),
        SECTION
            .probe("0.x/sse/retry-field", |lab| Box::pin(retry(lab)))
            .judges("sse.retry-field", AcceptSet::fact(RETRY_KEPT)),
    ]
}

async fn content_type(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.any_stream(&lab.subscribe(&topic)?).await?;
    let data = lab.marker();
    stream.arrived(&lab.publish(&topic, &data)?, &data).await?;
    Ok(Findings::answer(stream.head().clone()))
}

async fn framing(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.any_stream(&lab.subscribe(&topic)?).await?;
    let (first, second) = (lab.marker(), lab.marker());
    stream
        .arrived(&lab.publish(&topic, &first)?, &first)
        .await?;
    stream
        .arrived(&lab.publish(&topic, &second)?, &second)
        .await?;
    let events = stream.parsed();
    let whole = events
        .iter()
        .any(|event| event.data().as_ref() == Some(&first));
    Ok(if whole {
        Findings::fact(ONE_BLOCK_EACH)
    } else {
        Findings::other(format!(
            "the bytes {:?}",
            String::from_utf8_lossy(stream.raw())
        ))
    })
}

async fn multiline(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let end = lab.marker();
    same_data(
        lab,
        &format!("a\nb\r\nc\rd {end}"),
        &format!("a\nb\nc\nd {end}"),
    )
    .await
}

async fn content(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let data = format!("{{\"foo\":\"bär\", \"mark\":\"{}\"}}", lab.marker());
    same_data(lab, &data, &data).await
}

async fn same_data(lab: &Lab<'_>, published_data: &str, expected: &str) -> Result<Findings, Stop> {
    let (_, event) = published(lab, |mut request| {
        request.set_field("data", published_data);
        request
    })
    .await?;
    Ok(if event.data().as_deref() == Some(expected) {
        Findings::fact(SAME_DATA)
    } else {
        Findings::other(format!("of {published_data:?} came {event}"))
    })
}

async fn event_type(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (_, typed) = published(lab, |request| request.field("type", "news")).await?;
    let (_, plain) = published(lab, |request| request).await?;
    Ok(
        if typed.field("event") == Some("news") && plain.field("event").is_none() {
            Findings::fact(TYPE_KEPT)
        } else {
            Findings::other(format!(
                "with the type `news` came {typed}; without type came {plain}"
            ))
        },
    )
}

async fn id(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (body, event) = published(lab, |request| request).await?;
    Ok(if !event.id().is_empty() && event.id() == body {
        Findings::fact(ID_IS_BODY)
    } else {
        Findings::other(format!("the answer was {body:?}, the event {event}"))
    })
}

async fn id_present(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let chosen = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let events = [
        published(lab, |request| request).await?.1,
        published(lab, |request| request.field("id", chosen.clone()))
            .await?
            .1,
    ];
    let wrong = events
        .iter()
        .find(|event| event.count("id") != 1 || event.id().is_empty());
    Ok(match wrong {
        None => Findings::fact(ONE_ID),
        Some(event) => Findings::other(event.to_string()),
    })
}

async fn retry(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (_, event) = published(lab, |request| request.field("retry", "1500")).await?;
    Ok(if event.field("retry") == Some("1500") {
        Findings::fact(RETRY_KEPT)
    } else {
        Findings::other(format!("of `retry=1500` came {event}"))
    })
}
