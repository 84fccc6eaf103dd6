//! An update was accepted and did not arrive: why? Publishers and subscribers on different hubs, and proxies that hold the
//! stream back, are what it is nearly always. Not for hubs that refuse.

use crate::{features::Pace, hub::Hub, lab::Lab, request::Request, stop::Stop};

/// More than what proxies buffer for one connection: nginx 8 x 8 KiB, compression somewhat more.
const FILL_BYTES: usize = 256 << 10;
/// One update of it: within the limits that hubs have.
const PIECE_BYTES: usize = 32 << 10;

/// The cause in a sentence, with what to do.
pub(super) async fn cause(hub: &Hub) -> String {
    if hub.publish_server.destination.url().as_given()
        != hub.subscribe_server.destination.url().as_given()
        && matches!(arrives(&at_one_url(hub), Fill::None).await, Ok(true))
    {
        return "It arrives when it is published on the subscribers' URL: the two URLs lead to different hubs; let both lead to one (MERCURE_URL and MERCURE_PUBLIC_URL)".to_owned();
    }
    match arrives(hub, Fill::Much).await {
        Ok(true) => format!(
            "It arrives after {} KiB more were published: something between here and the hub buffers the stream; switch it off for this path (nginx `proxy_buffering off`, no compression of text/event-stream)",
            FILL_BYTES >> 10
        ),
        Ok(false) => "More updates do not push it through either: does each process of the hub share one history or log (several replicas with a local transport do not), and does the path lead to the hub for GET and for POST?".to_owned(),
        Err(stop) => crate::preflight::text(&stop),
    }
}

fn at_one_url(hub: &Hub) -> Hub {
    let mut one = hub.clone();
    one.publish_server = hub.subscribe_server.clone();
    one
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    None,
    Much,
}

// Whether the bytes of an update come, however they are framed.
async fn arrives(hub: &Hub, fill: Fill) -> Result<bool, Stop> {
    let mut hub = hub.clone();
    hub.pace = Pace::from_delivery(None);
    let lab = Lab::new(&hub, "doctor");
    let topic = lab.topic("silence");
    let subscription = lab.entitled_to(&[&topic])?;
    let marker = lab.marker();
    let mut pieces = vec![lab.publish(&topic, &marker)?];
    if fill == Fill::Much {
        let piece = "x".repeat(PIECE_BYTES);
        for _ in 0..FILL_BYTES / PIECE_BYTES {
            pieces.push(lab.publish(&topic, &piece)?);
            pieces.push(lab.publish(&topic, &marker)?);
        }
    }
    // At once, and with the marker many times: a proxy that buffers may hold even the head back until there is enough to send.
    let (stream, published) = tokio::join!(lab.opened(&subscription), publish_all(&lab, &pieces));
    published?;
    let mut stream = stream?;
    if fill == Fill::None {
        // It was perhaps published before the subscription was there.
        publish_all(&lab, &pieces).await?;
    }
    Ok(stream.until(&marker).await.is_ok())
}

async fn publish_all(lab: &Lab<'_>, pieces: &[Request]) -> Result<(), Stop> {
    for piece in pieces {
        lab.published(piece).await?;
    }
    Ok(())
}
