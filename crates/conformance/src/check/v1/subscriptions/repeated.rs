//! Section "Subscription": one matcher twice in a request.

use crate::{
    accept::Observation,
    check::{
        Findings,
        subscriptions::{Kind, Marked, observer::Observer, subscription},
    },
    lab::Lab,
    request::Proof,
    stop::Stop,
};

pub(super) const ONCE: &str = "a matcher that is asked for twice is one subscription: one event when it begins, one when it ends";
pub(super) const TWICE: &str = "a matcher that is asked for twice is two subscriptions: two events when they begin, two when they end";

/// The bare parameter twice, and beside the one that says its type.
pub(super) async fn repeated(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut cases = Vec::new();
    for (says, other) in [
        ("the parameter comes twice", Kind::Exact),
        ("the type is said the second time", Kind::SaidExact),
    ] {
        let matcher = Marked::url();
        let same = Marked {
            kind: other,
            ..matcher.clone()
        };
        let mut observer = Observer::of_all(lab).await?;
        let mut stream = lab.opened(&subscription(lab, [&matcher, &same])?).await?;
        let created = observer.about_each(&[&matcher]).await?[0].len();
        stream.fence(&matcher.text, Proof::Public).await?;
        let data = lab.marker();
        lab.published(&lab.publish(&matcher.text, &data)?).await?;
        stream.until(&data).await?;
        let again = stream.fence(&matcher.text, Proof::Public).await?.len();
        drop(stream);
        let ended = observer.about_each(&[&matcher]).await?[0].len();
        let observation = match (created, ended, again) {
            (1, 1, 0) => Observation::Fact(ONCE),
            (2, 2, 0) => Observation::Fact(TWICE),
            _ => Observation::Other(format!(
                "{created} events came when it began and {ended} when it ended; one update came {} times",
                again + 1
            )),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}
