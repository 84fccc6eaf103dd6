//! What the API says of a subscriber who is there: rules on its documents as rows of a table, and whether its paths lead
//! somewhere. Shared by the tables of both dialects.

use serde_json::{Map, Value};

use super::{Kind, Marked, document::Told, naming, observer::Observer, subscription};
use crate::{
    accept::{AcceptSet, Observation},
    answer::Answer,
    check::{Check, Findings},
    lab::{Lab, Stream},
    request::{Place, Request},
    stop::Stop,
};

/// What is at a path of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Shape {
    /// The list of all.
    All,
    /// The list of those with one matcher.
    Matcher,
    /// The list of those with a matcher that nobody has.
    Nobody,
    /// One subscription.
    One,
}

/// A subscriber who is there, and somebody who was told of it.
pub(in crate::check) struct Present<'l, 'h> {
    lab: &'l Lab<'h>,
    pub(in crate::check) observer: Observer<'l, 'h>,
    pub(in crate::check) stream: Stream<'l, 'h>,
    pub(in crate::check) marked: Vec<Marked>,
    /// The event about each of them.
    pub(in crate::check) told: Vec<Told>,
}

impl<'l, 'h> Present<'l, 'h> {
    /// A subscriber with these matchers, by anyone.
    pub(in crate::check) async fn with(
        lab: &'l Lab<'h>,
        marked: Vec<Marked>,
    ) -> Result<Self, Stop> {
        let request = subscription(lab, &marked)?;
        Self::by(lab, &request, marked).await
    }

    /// The same with this request.
    pub(in crate::check) async fn by(
        lab: &'l Lab<'h>,
        request: &Request,
        marked: Vec<Marked>,
    ) -> Result<Self, Stop> {
        let mut observer = Observer::of_all(lab).await?;
        let stream = lab.opened(request).await?;
        let told = observer
            .about_each(&marked.iter().collect::<Vec<_>>())
            .await?;
        let first = told.into_iter().map(|told| told.into_iter().next());
        let told = first
            .collect::<Option<_>>()
            .ok_or_else(|| Stop::Control("not every subscription was told of".to_owned()))?;
        Ok(Self {
            lab,
            observer,
            stream,
            marked,
            told,
        })
    }

    /// The path of what is known of a matcher.
    pub(in crate::check) fn path(&self, shape: Shape, index: usize) -> Result<String, Stop> {
        let matcher = &self.marked[index];
        Ok(match shape {
            Shape::All => naming::root(self.lab),
            Shape::Matcher => naming::list(self.lab, matcher),
            Shape::Nobody => naming::list(self.lab, &Marked::url()),
            Shape::One => naming::single(self.lab, matcher, self.subscriber()?),
        })
    }

    /// What the event about one of them names it.
    fn id(&self, index: usize) -> String {
        self.told[index].text("id").unwrap_or_default().to_owned()
    }

    /// Who subscribed.
    pub(in crate::check) fn subscriber(&self) -> Result<&str, Stop> {
        let subscriber = self.told.iter().find_map(Told::subscriber);
        subscriber.ok_or_else(|| Stop::Control("no event tells the subscriber".to_owned()))
    }
}

/// A request to the API by somebody who may see everything.
pub(in crate::check) fn asked(lab: &Lab<'_>, path: String) -> Result<Request, Stop> {
    let token = lab.subscriber(&[assay_client::TopicMatcher::Any])?;
    Ok(Request::ask("GET", Place::Path(path)).bearer(token))
}

/// The JSON object of an answer.
pub(in crate::check) fn object(answer: &Answer) -> Option<Map<String, Value>> {
    match answer.json() {
        Some(Value::Object(object)) if answer.status == 200 => Some(object),
        _ => None,
    }
}

/// The members of a list.
pub(in crate::check) fn members(list: Option<&Map<String, Value>>) -> Option<&Vec<Value>> {
    list?.get("subscriptions")?.as_array()
}

/// An answer of the API, and what it was asked.
pub(in crate::check) struct Got<'a> {
    pub(in crate::check) lab: &'a Lab<'a>,
    pub(in crate::check) path: &'a str,
    pub(in crate::check) answer: &'a Answer,
    pub(in crate::check) document: Option<&'a Map<String, Value>>,
    /// The event about the subscription that is asked for.
    pub(in crate::check) told: &'a Told,
}

impl Got<'_> {
    /// A member of the document that is text.
    pub(in crate::check) fn text(&self, name: &str) -> Option<&str> {
        self.document?.get(name)?.as_str()
    }
}

/// A rule on what the API answers.
pub(in crate::check) struct Rule {
    pub(in crate::check) requirement: &'static str,
    /// What is seen when it is kept.
    pub(in crate::check) keeps: &'static str,
    /// Which answers show it.
    pub(in crate::check) shapes: &'static [Shape],
    pub(in crate::check) holds: fn(&Got<'_>) -> bool,
}

/// Adds a row for each.
pub(in crate::check) fn judged(check: Check, rules: &'static [Rule]) -> Check {
    rules.iter().fold(check, |check, rule| {
        check.judges(rule.requirement, AcceptSet::fact(rule.keeps))
    })
}

/// All lists.
pub(in crate::check) const LISTS: &[Shape] = &[Shape::All, Shape::Matcher];
/// All that is there.
pub(in crate::check) const EVERY_SHAPE: &[Shape] = &[Shape::All, Shape::Matcher, Shape::One];

/// Holds each rule against the answers of its shapes.
pub(in crate::check) async fn hold(
    lab: &Lab<'_>,
    rules: &'static [Rule],
) -> Result<Findings, Stop> {
    let present = Present::with(lab, vec![Marked::url()]).await?;
    let mut findings = Vec::new();
    for shape in [Shape::All, Shape::Matcher, Shape::Nobody, Shape::One] {
        let path = present.path(shape, 0)?;
        let answer = lab.ask(&asked(lab, path.clone())?).await?;
        if shape == Shape::Nobody && answer.status == 404 {
            continue;
        }
        if answer.status != 200 {
            return Err(Stop::Control(format!("{path} was answered {answer}")));
        }
        let document = object(&answer);
        let got = Got {
            lab,
            path: &path,
            answer: &answer,
            document: document.as_ref(),
            told: &present.told[0],
        };
        let shown = rules.iter().filter(|rule| rule.shapes.contains(&shape));
        findings.extend(shown.map(|rule| {
            let observation = if (rule.holds)(&got) {
                Observation::Fact(rule.keeps)
            } else {
                Observation::Other(format!("{path} was answered {}", shown_of(&answer)))
            };
            (rule.requirement, observation)
        }));
    }
    Ok(Findings::Each(findings))
}

// With the field that matters here.
fn shown_of(answer: &Answer) -> String {
    match answer.header("link") {
        Some(link) => format!("{answer}, link: {link}"),
        None => answer.to_string(),
    }
}

/// The list of all has what is there.
pub(in crate::check) const LISTED: &str = "the list of all has the subscriptions that are there";
/// The list of one matcher has what is there.
pub(in crate::check) const FILTERED: &str =
    "the list of a matcher has the subscriptions with it, and no others";
/// One subscription is at its path.
pub(in crate::check) const FOUND: &str = "a subscription is at the path that its event names";
/// There is an API.
pub(in crate::check) const SERVED: &str = "the list of all subscriptions is served";
/// Nothing is at other paths.
pub(in crate::check) const NOT_FOUND: &str = "404, and 200 for the subscription that is there";

/// Whether there is an API at all.
pub(in crate::check) async fn served(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let present = Present::with(lab, vec![Marked::url()]).await?;
    let answer = lab.ask(&asked(lab, present.path(Shape::All, 0)?)?).await?;
    Ok(match object(&answer) {
        Some(_) => Findings::fact(SERVED),
        None => Findings::answer(answer),
    })
}

/// The `id`s of the members of a list that carry one of these marks.
async fn own_members(
    lab: &Lab<'_>,
    path: String,
    marked: &[Marked],
) -> Result<Result<Vec<String>, Answer>, Stop> {
    let answer = lab.ask(&asked(lab, path)?).await?;
    let document = object(&answer);
    let Some(members) = members(document.as_ref()) else {
        return Ok(Err(answer));
    };
    let ids = members.iter().filter_map(|member| member["id"].as_str());
    let own = ids.filter(|id| marked.iter().any(|marked| id.contains(&marked.mark)));
    Ok(Ok(own.map(str::to_owned).collect()))
}

async fn lists_just(
    lab: &Lab<'_>,
    path: String,
    marked: &[Marked],
    mut due: Vec<String>,
    fact: &'static str,
) -> Result<Observation, Stop> {
    due.sort_unstable();
    Ok(match own_members(lab, path.clone(), marked).await? {
        Err(answer) => Observation::Answer(answer),
        Ok(mut ids) => {
            ids.sort_unstable();
            if ids == due {
                Observation::Fact(fact)
            } else {
                Observation::Other(format!(
                    "of the {} subscriptions that are due at {path}, and of others of this check, it lists {ids:?}",
                    due.len()
                ))
            }
        }
    })
}

/// The list of all, with subscriptions of several matchers.
pub(in crate::check) async fn listed(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let present = Present::with(lab, vec![Marked::url(), pattern()]).await?;
    let path = present.path(Shape::All, 0)?;
    let observation = lists_just(
        lab,
        path,
        &present.marked,
        vec![present.id(0), present.id(1)],
        LISTED,
    )
    .await?;
    Ok(Findings::All(observation))
}

fn pattern() -> Marked {
    Marked::new(Kind::Pattern, "https://example.com/assay-", "/:id")
}

/// The list of each of several matchers; where there are types, one text has two of them.
pub(in crate::check) async fn filtered(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let twice = pattern();
    let mut marked = vec![Marked::url(), twice.clone()];
    if lab.hub().dialect == assay_client::Dialect::V1 {
        marked.push(Marked {
            kind: Kind::Exact,
            ..twice
        });
    }
    let mut present = Present::with(lab, vec![marked[0].clone()]).await?;
    let request = subscription(lab, &marked[1..])?;
    let _second = lab.opened(&request).await?;
    // The two with one text carry one mark.
    let told = present
        .observer
        .about_each_times(&[&marked[1]], marked.len() - 1)
        .await?;
    for matcher in &marked[1..] {
        let list = format!("{}/", naming::list(lab, matcher));
        let told = told[0]
            .iter()
            .find(|told| told.text("id").is_some_and(|id| id.starts_with(&list)))
            .ok_or_else(|| Stop::Control("not every subscription was told of".to_owned()))?;
        present.told.push(told.clone());
    }
    present.marked = marked;
    let mut cases = Vec::new();
    let says = [
        "of a topic",
        "of a pattern",
        "of a topic that is a pattern too",
    ];
    for (index, says) in says.into_iter().enumerate().take(present.marked.len()) {
        let path = present.path(Shape::Matcher, index)?;
        cases.push((
            says,
            lists_just(
                lab,
                path,
                &present.marked,
                vec![present.id(index)],
                FILTERED,
            )
            .await?,
        ));
    }
    Ok(Findings::Cases(cases))
}

/// One subscription at its path, whatever the matcher is made of.
pub(in crate::check) async fn found(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let cases = [
        ("the matcher is a URL", Marked::url()),
        (
            "it has a percent sign",
            Marked::new(Kind::Exact, "a%20b", ""),
        ),
        (
            "it has characters beyond ASCII",
            Marked::new(Kind::Exact, "é", ""),
        ),
        (
            "it has punctuation",
            Marked::new(Kind::Exact, "!'()*;,:@$&+=", ""),
        ),
    ];
    let (says, marked): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let present = Present::with(lab, marked).await?;
    let mut findings = Vec::new();
    for (index, says) in says.into_iter().enumerate() {
        let id = present.told[index]
            .text("id")
            .ok_or_else(|| Stop::Control("the event names no path".to_owned()))?;
        let answer = lab.ask(&asked(lab, id.to_owned())?).await?;
        let is_it = object(&answer).is_some_and(|it| it.get("id").is_some_and(|it| it == id));
        let observation = if is_it {
            Observation::Fact(FOUND)
        } else {
            Observation::Answer(answer)
        };
        findings.push((says, observation));
    }
    Ok(Findings::Cases(findings))
}

/// Paths of subscriptions that never were, each beside that of one which is.
pub(in crate::check) async fn not_found(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let present = Present::with(lab, vec![Marked::url()]).await?;
    let right = present.path(Shape::One, 0)?;
    let subscriber = present.subscriber()?;
    let nobody = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let mut wrong = vec![
        (
            "the subscriber is nobody",
            naming::single(lab, &present.marked[0], &nobody),
        ),
        (
            "the matcher is another one",
            naming::single(lab, &Marked::url(), subscriber),
        ),
    ];
    if lab.hub().dialect == assay_client::Dialect::V1 {
        let other_type = Marked {
            kind: Kind::Pattern,
            ..present.marked[0].clone()
        };
        wrong.push((
            "the type is another one",
            naming::single(lab, &other_type, subscriber),
        ));
    }
    let mut cases = Vec::new();
    for (says, path) in wrong {
        is_there(lab, &right).await?;
        let answer = lab.ask(&asked(lab, path)?).await?;
        is_there(lab, &right).await?;
        cases.push((
            says,
            match answer.status {
                404 => Observation::Fact(NOT_FOUND),
                _ => Observation::Answer(answer),
            },
        ));
    }
    Ok(Findings::Cases(cases))
}

async fn is_there(lab: &Lab<'_>, path: &str) -> Result<(), Stop> {
    let answer = lab.ask(&asked(lab, path.to_owned())?).await?;
    if object(&answer).is_some_and(|it| it.get("active") == Some(&Value::Bool(true))) {
        return Ok(());
    }
    Err(Stop::Control(format!(
        "a subscription that is there was answered {answer}"
    )))
}

/// It is gone from the API.
pub(in crate::check) const GONE: &str =
    "a subscription that is over is answered 404, or `active` is false";

/// A subscription that is over.
pub(in crate::check) async fn over(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut present = Present::with(lab, vec![Marked::url()]).await?;
    let single = present.path(Shape::One, 0)?;
    let lists = [
        present.path(Shape::All, 0)?,
        present.path(Shape::Matcher, 0)?,
    ];
    is_there(lab, &single).await?;
    let matcher = present.marked.remove(0);
    drop(present.stream);
    if present.observer.about_each(&[&matcher]).await?[0].is_empty() {
        return Err(Stop::Control("its end was not told".to_owned()));
    }
    let answer = lab.ask(&asked(lab, single)?).await?;
    let is_active = |document: &Value| document["active"] != Value::Bool(false);
    let gone = answer.status == 404 || answer.json().is_some_and(|it| !is_active(&it));
    let mut cases = vec![(
        "it is asked for alone",
        if gone {
            Observation::Fact(GONE)
        } else {
            Observation::Answer(answer)
        },
    )];
    for path in lists {
        let answer = lab.ask(&asked(lab, path)?).await?;
        let document = object(&answer);
        let members = members(document.as_ref()).into_iter().flatten();
        let shown = members
            .filter(|it| {
                it["id"]
                    .as_str()
                    .is_some_and(|id| id.contains(&matcher.mark))
            })
            .find(|it| is_active(it));
        cases.push((
            "a list is asked for",
            shown.map_or(Observation::Fact(GONE), |it| {
                Observation::Other(format!("the list has {it}"))
            }),
        ));
    }
    Ok(Findings::Cases(cases))
}
