//! One private update through a live hub, with whatever dialect it speaks, and the same update once more through history:
//! `cargo run -p assay-client --example round_trip -- URL SECRET [DIALECT]`

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use assay_client::{
    Algorithm, Credentials, Cursor, Dialect, Endpoint, EndpointOptions, PublishForm, Publisher,
    ReceivedEvent, SigningKey, Subscriber, SubscriberItem, SubscriberOptions, TopicMatcher,
    detect_dialect,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: round_trip URL SECRET [DIALECT]";
    let mut arguments = env::args().skip(1);
    let url = arguments.next().ok_or(usage)?.parse()?;
    let key = SigningKey::new(Algorithm::Hs256, arguments.next().ok_or(usage)?.as_bytes())?;
    let endpoint = Endpoint::new(EndpointOptions::for_url(url))?;
    let mut out = io::stdout();

    let detection = detect_dialect(&endpoint).await?;
    writeln!(
        out,
        "it speaks {}: {}",
        detection.dialect, detection.evidence
    )?;
    let dialect = arguments
        .next()
        .map_or(Ok(detection.dialect), |dialect| dialect.parse())?;
    let credentials = Credentials::for_key(&key);
    let issuance = credentials.issuance(endpoint.hub().url(), detection.metadata.as_ref());
    let now_unix_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();

    let topic = format!("https://example.com/round-trips/{now_unix_s}");
    let prefix = "https://example.com/round-trips/";
    let matchers = vec![match dialect {
        Dialect::V0 => TopicMatcher::UriTemplate(format!("{prefix}{{time}}")),
        Dialect::V1 => TopicMatcher::UrlPattern(format!("{prefix}:time")),
    }];
    let publisher_token = credentials.publisher_token(dialect, &issuance, &matchers, now_unix_s)?;
    let token = credentials.subscriber_token(dialect, &issuance, &matchers, now_unix_s)?;
    let publisher = Publisher::new(&endpoint, publisher_token)?;
    let live = SubscriberOptions {
        token,
        ..SubscriberOptions::new(dialect, matchers)
    };

    let mut subscriber = Subscriber::new(&endpoint, live.clone())?;
    writeln!(out, "{:?}", subscriber.next().await?)?;
    let form = PublishForm {
        private: true,
        ..PublishForm::new(&topic, "one\ntwo")
    };
    let first = publisher.publish(&form).await?;
    writeln!(
        out,
        "published {first}, received {:?}",
        event(&mut subscriber, &first).await?
    )?;

    let second = publisher.publish(&form).await?;
    for cursor in [
        Cursor::header(&first),
        Cursor::query(&first),
        Cursor::header("nonsense"),
    ] {
        writeln!(out, "from {cursor:?}")?;
        let options = SubscriberOptions {
            cursor: Some(cursor),
            ..live.clone()
        };
        let mut subscriber = Subscriber::new(&endpoint, options)?;
        writeln!(out, "  {:?}", subscriber.next().await?)?;
        match tokio::time::timeout(Duration::from_secs(1), event(&mut subscriber, &second)).await {
            Ok(event) => writeln!(out, "  received {:?}", event?)?,
            Err(_) => writeln!(out, "  received nothing within a second")?,
        }
    }
    Ok(())
}

async fn event(subscriber: &mut Subscriber, id: &str) -> Result<ReceivedEvent, Box<dyn Error>> {
    loop {
        match subscriber.next().await?.ok_or("the hub ended it")? {
            SubscriberItem::Event(event) if event.id == id => return Ok(event),
            _ => {}
        }
    }
}
