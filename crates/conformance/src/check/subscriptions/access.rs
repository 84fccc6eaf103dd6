//! Who may ask the API: rights on paths as rows of a table, each between two requests by somebody who may see everything. Shared
//! by the tables of both dialects.

use super::{
    Marked,
    api::{Present, Shape, asked},
    naming,
};
use crate::{
    accept::Observation,
    check::Findings,
    lab::Lab,
    request::{Place, Request},
    stop::Stop,
    token::Token,
};

/// Rights are as the table has them.
pub(in crate::check) const AS_GRANTED: &str =
    "served where the token grants the path, refused where it does not";

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Due {
    Served,
    Refused,
}

/// The paths of a subscription that is there, and the origin before them.
pub(in crate::check) struct Paths {
    pub(in crate::check) origin: String,
    pub(in crate::check) all: String,
    pub(in crate::check) matcher: String,
    pub(in crate::check) one: String,
    /// Of a subscription that never was.
    pub(in crate::check) nothing: String,
}

impl Paths {
    fn of(lab: &Lab<'_>, present: &Present<'_, '_>) -> Result<Self, Stop> {
        let nobody = format!("urn:uuid:{}", uuid::Uuid::new_v4());
        Ok(Self {
            origin: naming::origin(lab),
            all: present.path(Shape::All, 0)?,
            matcher: present.path(Shape::Matcher, 0)?,
            one: present.path(Shape::One, 0)?,
            nothing: naming::single(lab, &present.marked[0], &nobody),
        })
    }
}

/// The path of a shape; of nobody, that of a subscription that never was.
fn path(paths: &Paths, shape: Shape) -> &str {
    match shape {
        Shape::All => &paths.all,
        Shape::Matcher => &paths.matcher,
        Shape::One => &paths.one,
        Shape::Nobody => &paths.nothing,
    }
}

/// Presents a token, if any.
pub(in crate::check) type Presented = fn(&Lab<'_>, &Paths) -> Result<Option<Token>, Stop>;

/// One request.
pub(in crate::check) struct Case {
    pub(in crate::check) says: &'static str,
    pub(in crate::check) shape: Shape,
    /// Appended to the path.
    pub(in crate::check) query: &'static str,
    pub(in crate::check) token: Presented,
    pub(in crate::check) due: Due,
}

impl Case {
    /// A request that is served.
    pub(in crate::check) const fn served(
        says: &'static str,
        shape: Shape,
        token: Presented,
    ) -> Self {
        Self {
            says,
            shape,
            query: "",
            token,
            due: Due::Served,
        }
    }

    /// A request that is refused.
    pub(in crate::check) const fn refused(
        says: &'static str,
        shape: Shape,
        token: Presented,
    ) -> Self {
        Self {
            due: Due::Refused,
            ..Self::served(says, shape, token)
        }
    }

    /// With a query.
    pub(in crate::check) const fn with_query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }
}

/// Whether somebody who may see everything asks before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Control {
    Beside,
    /// The rule is what the control would rest on.
    None,
}

/// Sends each request of a table, and sees whether it is served or refused, however.
pub(in crate::check) async fn granted(
    lab: &Lab<'_>,
    cases: &'static [Case],
    control: Control,
) -> Result<Findings, Stop> {
    let judged = |case: &Case, observation| match (case.due, &observation) {
        (Due::Served, Observation::Answer(answer)) if answer.status == 200 => {
            Observation::Fact(AS_GRANTED)
        }
        (Due::Refused, Observation::Answer(answer)) if (400..500).contains(&answer.status) => {
            Observation::Fact(AS_GRANTED)
        }
        _ => observation,
    };
    let answers = answers(lab, cases, control).await?;
    let judged = answers
        .into_iter()
        .zip(cases)
        .map(|((says, observation), case)| (says, judged(case, observation)));
    Ok(Findings::Cases(judged.collect()))
}

/// Sends each request of a table; the answers are judged.
pub(in crate::check) async fn answered(
    lab: &Lab<'_>,
    cases: &'static [Case],
) -> Result<Findings, Stop> {
    Ok(Findings::Cases(answers(lab, cases, Control::Beside).await?))
}

async fn answers(
    lab: &Lab<'_>,
    cases: &'static [Case],
    control: Control,
) -> Result<Vec<(&'static str, Observation)>, Stop> {
    let present = Present::with(lab, vec![Marked::url()]).await?;
    let paths = Paths::of(lab, &present)?;
    let mut answers = Vec::new();
    for case in cases {
        // What never was has no right answer to stand beside it.
        let beside = match case.shape {
            Shape::Nobody => &paths.one,
            shape => path(&paths, shape),
        };
        if control == Control::Beside {
            is_served(lab, beside).await?;
        }
        lab.remark(0, &format!("next: {}", case.says));
        let target = format!("{}{}", path(&paths, case.shape), case.query);
        let mut request = Request::ask("GET", Place::Path(target));
        if let Some(token) = (case.token)(lab, &paths)? {
            request = request.bearer(token);
        }
        let answer = match lab.try_ask(&request).await? {
            Ok(answer) => Observation::Answer(answer),
            Err(error) => Observation::Other(format!("no answer: {error}")),
        };
        if control == Control::Beside {
            is_served(lab, beside).await?;
        }
        answers.push((case.says, answer));
    }
    Ok(answers)
}

async fn is_served(lab: &Lab<'_>, path: &str) -> Result<(), Stop> {
    let answer = lab.ask(&asked(lab, path.to_owned())?).await?;
    if answer.status == 200 {
        return Ok(());
    }
    Err(Stop::Control(format!(
        "{path} was answered {answer} to somebody who may see everything"
    )))
}
