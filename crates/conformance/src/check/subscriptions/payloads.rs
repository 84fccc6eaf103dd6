//! Which payload is told of a subscription. Shared by the tables of both dialects.

use serde_json::Value;

use super::{
    Marked,
    api::{asked, members, object},
    document::Told,
    naming,
    observer::Observer,
};
use crate::{accept::Observation, lab::Lab, request::Request, stop::Stop};

/// The payload is the one that is due.
pub(in crate::check) const AS_DUE: &str =
    "`payload` is that of the first detail that covers the matcher, and missing where none does";
/// There is a null where nothing is due.
pub(in crate::check) const NULL: &str = "`payload` is null where none is due";

/// A subscriber, and the payload that is due of it.
pub(in crate::check) struct Case {
    pub(in crate::check) says: &'static str,
    pub(in crate::check) request: Request,
    pub(in crate::check) matcher: Marked,
    pub(in crate::check) due: Option<Value>,
}

impl Case {
    fn judged(&self, payload: Option<&Value>, shown: impl FnOnce() -> String) -> Observation {
        match (payload, &self.due) {
            (Some(Value::Null), None) => Observation::Fact(NULL),
            (payload, due) if payload == due.as_ref() => Observation::Fact(AS_DUE),
            _ => Observation::Other(shown()),
        }
    }
}

/// Lets each subscriber come and go, and looks at the payload in the events.
pub(in crate::check) async fn in_events(
    lab: &Lab<'_>,
    cases: Vec<Case>,
) -> Result<Vec<(&'static str, Observation)>, Stop> {
    let mut observer = Observer::of_all(lab).await?;
    let marked: Vec<_> = cases.iter().map(|case| &case.matcher).collect();
    let mut streams = Vec::new();
    for case in &cases {
        streams.push(lab.opened(&case.request).await?);
    }
    let created = observer.about_each(&marked).await?;
    drop(streams);
    let terminated = observer.about_each(&marked).await?;
    let mut observations = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        for told in [&created[index], &terminated[index]] {
            let told = told
                .first()
                .ok_or_else(|| Stop::Control("not every subscription was told of".to_owned()))?;
            let observation = case.judged(told.member("payload"), || told.to_string());
            observations.push((case.says, observation));
        }
    }
    Ok(observations)
}

/// Lets a subscriber come, and looks at the payload in the documents of the API.
pub(in crate::check) async fn in_api(
    lab: &Lab<'_>,
    case: Case,
) -> Result<Vec<(&'static str, Observation)>, Stop> {
    let mut observer = Observer::of_all(lab).await?;
    let _stream = lab.opened(&case.request).await?;
    let told = observer.about_each(&[&case.matcher]).await?;
    let subscriber = told[0]
        .iter()
        .find_map(Told::subscriber)
        .ok_or_else(|| Stop::Control("no event tells the subscriber".to_owned()))?;
    let mut observations = Vec::new();
    for (says, path) in [
        (
            "it is asked for alone",
            naming::single(lab, &case.matcher, subscriber),
        ),
        ("all are asked for", naming::root(lab)),
        (
            "those of its matcher are asked for",
            naming::list(lab, &case.matcher),
        ),
    ] {
        let answer = lab.ask(&asked(lab, path.clone())?).await?;
        let document = object(&answer)
            .ok_or_else(|| Stop::Control(format!("{path} was answered {answer}")))?;
        let is_it = |it: &&Value| {
            it["id"]
                .as_str()
                .is_some_and(|id| id.contains(&case.matcher.mark))
        };
        let member = members(Some(&document)).and_then(|members| members.iter().find(is_it));
        let payload = match member {
            Some(member) => member.get("payload"),
            None => document.get("payload"),
        };
        let observation = case.judged(payload, || format!("{path} was answered {answer}"));
        observations.push((says, observation));
    }
    Ok(observations)
}
