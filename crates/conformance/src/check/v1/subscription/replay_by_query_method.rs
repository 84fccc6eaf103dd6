//! The cursor of a subscription by QUERY: in the body, in the query component, in the header. Not for cursors of a GET: see
//! [`super::super::reconnection`].

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation},
    check::{
        Check, Findings, Need, Probing,
        v1::reconnection::{AFTER_CURSOR, Published, after, compared, history, judged, replayed},
    },
    lab::Lab,
    request::Request,
    stop::Stop,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let replay = |id, requirement, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(AFTER_CURSOR))
            .needs(Need::QueryMethod)
            .needs(Need::History)
    };
    vec![
        replay(
            "replay/query-method",
            "replay.query-method.cursor-in-body",
            |lab| Box::pin(in_body(lab)),
        ),
        replay(
            "replay/query-method-query-wins",
            "replay.query-method.query-wins",
            |lab| Box::pin(query_wins(lab)),
        ),
        replay(
            "replay/query-method-header-wins",
            "replay.query-method.header-wins",
            |lab| Box::pin(header_wins(lab)),
        ),
    ]
}

/// Three updates, and how a QUERY with the cursor of one of them in its body replays.
struct History {
    topic: String,
    updates: Vec<Published>,
}

impl History {
    async fn written(lab: &Lab<'_>) -> Result<Self, Stop> {
        let topic = lab.topic("a");
        let updates = history(lab, &topic, 3).await?;
        Ok(Self { topic, updates })
    }

    fn id(&self, index: usize) -> &str {
        &self.updates[index].id
    }

    fn after(&self, lab: &Lab<'_>, index: usize) -> Result<Request, Stop> {
        Ok(after(lab, &self.topic, self.id(index))?.by_query_method())
    }

    /// Whether just what came behind the update is replayed.
    async fn replays(
        &self,
        lab: &Lab<'_>,
        request: &Request,
        cursor: usize,
    ) -> Result<Observation, Stop> {
        let (seen, head) = replayed(lab, request, &self.topic).await?;
        let due: Vec<_> = self.updates[cursor + 1..]
            .iter()
            .map(|update| update.data.as_str())
            .collect();
        let field = head.header("mercure-last-event-id");
        Ok(match field {
            None => Observation::Other("the answer has no `mercure-last-event-id`".to_owned()),
            Some(_) => judged(compared(&seen, &due)),
        })
    }
}

async fn in_body(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = History::written(lab).await?;
    let request = history.after(lab, 0)?;
    Ok(Findings::All(history.replays(lab, &request, 0).await?))
}

async fn query_wins(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = History::written(lab).await?;
    let mut cases = Vec::new();
    for (says, query, body) in [
        ("the query component names the later event", 1, 0),
        ("the query component names the earlier event", 0, 1),
    ] {
        let request = history
            .after(lab, body)?
            .param("last_event_id", history.id(query));
        cases.push((says, history.replays(lab, &request, query).await?));
    }
    Ok(Findings::Cases(cases))
}

async fn header_wins(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = History::written(lab).await?;
    let by_header = history
        .after(lab, 0)?
        .header("Last-Event-ID", history.id(1));
    let with_query = by_header.clone().param("last_event_id", history.id(0));
    let mut cases = Vec::new();
    for (says, request) in [
        ("the body has another cursor", by_header),
        ("body and query component have another cursor", with_query),
    ] {
        cases.push((says, history.replays(lab, &request, 1).await?));
    }
    Ok(Findings::Cases(cases))
}
