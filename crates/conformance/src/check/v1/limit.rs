//! Looking for a limit from below: each hub has its own. Not for what has a limit: that stands in the file of its section.

use crate::{answer::Answer, lab::Lab, request::Request, stop::Stop};

/// What came of ever bigger requests.
pub(super) enum Search {
    /// One was refused, after so many bigger ones had worked.
    Refused(Answer, usize),
    /// The server did not like it before the hub could.
    ServerFirst,
    /// All worked.
    Unlimited,
}

/// Sends requests of these sizes until one is refused; the right one works before that, and after.
pub(super) async fn search(
    lab: &Lab<'_>,
    right: &Request,
    sizes: [usize; 4],
    grow: impl Fn(usize) -> Result<Request, Stop>,
    of_the_server: &[u16],
) -> Result<Search, Stop> {
    lab.published(right).await?;
    for (worked, size) in sizes.into_iter().enumerate() {
        lab.remark(0, &format!("next: the same with {size} instead of 1"));
        match lab.try_ask(&grow(size)?).await? {
            Ok(answer) if (200..300).contains(&answer.status) => {}
            Ok(answer) if of_the_server.contains(&answer.status) => return Ok(Search::ServerFirst),
            Ok(answer) => {
                lab.published(right).await?;
                return Ok(Search::Refused(answer, worked));
            }
            Err(_) => return Ok(Search::ServerFirst),
        }
    }
    Ok(Search::Unlimited)
}
