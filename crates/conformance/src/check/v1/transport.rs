//! Section "Subscription": the transport of a subscription. Not for what is in the stream.

use assay_client::Dialect;

use crate::{
    accept::AcceptSet,
    check::{Area, Check, Findings, Need, Section},
    lab::Lab,
    stop::Stop,
    target::HttpVersion,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Subscription,
};

const STREAMS: &str = "a subscription over HTTP/2 receives its update; over TLS the server chooses h2 of h2 and http/1.1";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscribe/http2", |lab| Box::pin(http2(lab)))
            .judges("subscribe.http2", AcceptSet::fact(STREAMS))
            .needs(Need::Http2Visible),
    ]
}

// subscribe.http2
async fn http2(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let request = lab.subscribe(&lab.topic("a"))?;
    // Over what the run speaks: a hub that opens no stream at all says nothing about HTTP/2.
    lab.subscribed(&request).await?;
    let request = request.over(HttpVersion::Http2);
    Ok(match lab.try_ask(&request).await? {
        Err(error) => Findings::other(error.to_string()),
        Ok(answer) if !answer.is_event_stream() => Findings::answer(answer),
        Ok(_) => {
            lab.subscribed(&request).await?;
            Findings::fact(STREAMS)
        }
    })
}
