//! The uppermost rungs: a private update arrives, it does so for browsers, and an idle stream stays.

use std::time::{Duration, Instant};

use super::Ladder;
use crate::{
    hub::Hub, lab::Lab, request::Proof, stop::Stop, target::RoleCredential, wire::Deadline,
};

/// A private update to a subscriber with a token, as the last proof that both roles are set up.
pub(super) async fn private(hub: &Hub, ladder: &mut Ladder<'_>) {
    if matches!(hub.target.subscriber, RoleCredential::Absent) {
        return ladder.skip("private update", "no key or token of subscribers was given");
    }
    let seen = match deliver(hub).await {
        Ok(()) => Ok("published and received".to_owned()),
        Err(stop) => Err(format!(
            "{}: public updates arrive, so the token of one of the two roles does not grant this topic (0.x: `mercure.subscribe` and `mercure.publish`)",
            crate::preflight::text(&stop)
        )),
    };
    ladder.push("private update", seen);
}

async fn deliver(hub: &Hub) -> Result<(), Stop> {
    let lab = Lab::new(hub, "doctor");
    let topic = lab.topic("private");
    let mut stream = lab.opened(&lab.entitled_to(&[&topic])?).await?;
    stream.fence(&topic, Proof::Private).await?;
    Ok(())
}

/// What browsers of today take; what compresses does so for whoever sends this.
const CODINGS: &str = "gzip, deflate, br, zstd";
/// Updates that have to move the stream, one after the other: a comment of silence may move it once.
const MOVES: usize = 3;

/// Asks as browsers do, which take compressed answers: what compresses a stream easily holds it back too.
pub(super) async fn compressed(hub: &Hub, ladder: &mut Ladder<'_>) {
    if ladder.is_broken() {
        return;
    }
    let seen = flows_compressed(hub).await.map_err(|stop| {
        format!(
            "with `Accept-Encoding: {CODINGS}`, which browsers send, nothing comes ({}): something between here and the hub compresses the stream and holds it back; no compression of text/event-stream (nginx `gzip off` and `proxy_buffering off` for this path)",
            crate::preflight::text(&stop)
        )
    });
    ladder.push("compression", seen);
}

async fn flows_compressed(hub: &Hub) -> Result<String, Stop> {
    let lab = Lab::new(hub, "doctor");
    let topic = lab.topic("compression");
    let subscription = lab.entitled_to(&[&topic])?;
    let subscription = subscription.header("Accept-Encoding", CODINGS);
    let mut stream = lab.opened(&subscription).await?;
    for _ in 0..MOVES {
        stream.moves(&lab.publish(&topic, &lab.marker())?).await?;
    }
    let coding = stream.head().header("content-encoding");
    Ok(match coding {
        Some(coding) => format!("browsers may get the stream as {coding}, and still at once"),
        None => "nothing compresses the stream for browsers".to_owned(),
    })
}

/// Leaves a stream without updates for so long.
pub(super) async fn idle(hub: &Hub, idle: Duration, ladder: &mut Ladder<'_>) {
    if ladder.is_broken() {
        return;
    }
    let seen = match cut_after(hub, idle).await {
        Ok(None) => Ok(format!(
            "a stream without updates was there after {} s",
            idle.as_secs()
        )),
        Ok(Some(after)) => Err(format!(
            "a stream without updates was cut after {:.0} s: something between here and the hub gives up on silence (nginx `proxy_read_timeout`, a load balancer's idle time-out); let it wait longer, or the hub send a heartbeat more often (`--heartbeat`, `heartbeat`)",
            after.as_secs_f64()
        )),
        Err(stop) => Err(crate::preflight::text(&stop)),
    };
    ladder.push("idle stream", seen);
}

async fn cut_after(hub: &Hub, idle: Duration) -> Result<Option<Duration>, Stop> {
    let lab = Lab::new(hub, "doctor");
    let topic = lab.topic("idle");
    let mut stream = lab.subscribed(&lab.entitled_to(&[&topic])?).await?;
    let began = Instant::now();
    let ended = stream.ended_by(Deadline::after(idle)).await;
    Ok(ended.then(|| began.elapsed()))
}
