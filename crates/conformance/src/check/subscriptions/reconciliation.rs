//! Do a list and what follows its cursor add up? Shared by the tables of both dialects.

use assay_client::Dialect;
use assay_client::TopicMatcher;

use super::{
    Marked,
    api::{Present, Shape, asked, members, object},
    document::Told,
    observer::{Observer, follow},
    subscription,
};
use crate::{answer::Answer, check::Findings, lab::Lab, link::Link, stop::Stop};

/// They do.
pub(in crate::check) const RECONCILED: &str =
    "after the cursor of a list each change comes that is not in it, once, and nothing that is";

/// The cursor of an answer of the API.
pub(in crate::check) fn cursor(lab: &Lab<'_>, answer: &Answer) -> Option<String> {
    match lab.hub().dialect {
        Dialect::V0 => Some(object(answer)?.get("lastEventID")?.as_str()?.to_owned()),
        Dialect::V1 => {
            let link = Link::of_relation(answer, "mercure")?;
            link.attribute("last-event-id").map(str::to_owned)
        }
    }
}

/// Takes a list while one subscriber is there, who then goes while another comes, and follows from the cursor of the list.
pub(in crate::check) async fn reconciled(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut present = Present::with(lab, vec![Marked::url()]).await?;
    let publish = async || -> Result<String, Stop> {
        let data = lab.marker();
        lab.published(&lab.publish(&lab.topic("observer"), &data)?)
            .await?;
        Ok(data)
    };
    let before = publish().await?;
    let answer = lab.ask(&asked(lab, present.path(Shape::All, 0)?)?).await?;
    let Some(cursor) = cursor(lab, &answer) else {
        return Err(Stop::Control(format!("{answer} has no cursor")));
    };
    let (going, coming) = (present.marked.remove(0), Marked::url());
    let snapshot = [&going, &coming].map(|matcher| is_listed(&answer, matcher));
    let _later = lab.opened(&subscription(lab, [&coming])?).await?;
    let begun = present.observer.about_each(&[&coming]).await?;
    drop(present.stream);
    let ended = present.observer.about_each(&[&going]).await?;
    if begun[0].is_empty() || ended[0].is_empty() {
        return Err(Stop::Control(
            "not every change was told to somebody who looked on".to_owned(),
        ));
    }
    let after = publish().await?;
    let request = follow(lab)?
        .bearer(lab.subscriber(&[TopicMatcher::Any])?)
        .param(lab.hub().dialect.cursor_parameter(), &cursor);
    let mut resumed = Observer::by(lab, request).await?;
    let told = resumed.so_far(&[&going, &coming]).await?;
    let data = resumed.own_data();
    let [gone, come] = [0, 1].map(|index| states(&told[index]));
    let times = |published: &String| data.iter().filter(|it| *it == published).count();
    Ok(
        if snapshot == [true, false]
            && gone == [false]
            && come == [true]
            && data == [after.as_str()]
        {
            Findings::fact(RECONCILED)
        } else {
            Findings::other(format!(
                "of the subscription that was there (listed: {}) `active` comes as {gone:?}, of the one that was not (listed: {}) as {come:?}; the update that was published before comes {} times, the one that was published afterwards {}",
                snapshot[0],
                snapshot[1],
                times(&before),
                times(&after),
            ))
        },
    )
}

fn is_listed(answer: &Answer, matcher: &Marked) -> bool {
    let document = object(answer);
    let mut members = members(document.as_ref()).into_iter().flatten();
    members.any(|it| {
        it["id"]
            .as_str()
            .is_some_and(|id| id.contains(&matcher.mark))
    })
}

fn states(told: &[Told]) -> Vec<bool> {
    let active = |told: &Told| told.member("active").and_then(serde_json::Value::as_bool);
    told.iter().filter_map(active).collect()
}
