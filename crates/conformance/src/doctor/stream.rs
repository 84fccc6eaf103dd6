//! The uppermost rungs: a private update arrives, and an idle stream stays.

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
