//! The size of a whole publication: whether it is bounded. What is too much stands in a field that no hub knows, so that nothing of
//! it is kept, dispatched, or beyond the limit of a field.

use super::publication;
use crate::{
    check::v1::limit::Search,
    lab::Lab,
    request::Request,
    stop::Stop,
    wire::{Deadline, WireError},
};

/// The last one is far more than any update.
const SIZES_BYTES: [usize; 4] = [64 << 10, 1 << 20, 16 << 20, 64 << 20];

/// So many times longer than an answer a large body may take.
const PATIENCES: u32 = 4;

/// Ever larger publications, until one is refused; the right one works before that, and after.
pub(super) async fn search(lab: &Lab<'_>, data: &str) -> Result<Search, Stop> {
    let right = publication(lab)?;
    lab.published(&right).await?;
    for (worked, size) in SIZES_BYTES.into_iter().enumerate() {
        let mut larger = publication(lab)?;
        larger.set_field("data", data);
        let larger = larger.padded(size);
        lab.remark(0, &format!("next: the same, larger by {size} bytes"));
        let answer = match ask(lab, &larger).await? {
            Ok(answer) => answer,
            Err(WireError::Timeout { .. }) => {
                return Err(Stop::NotMeasurable(format!(
                    "a publication of {size} bytes was neither taken nor refused in time"
                )));
            }
            Err(_) => return Ok(Search::ServerFirst),
        };
        if !(200..300).contains(&answer.status) {
            lab.published(&right).await?;
            return Ok(Search::Refused(answer, worked));
        }
    }
    Ok(Search::Unlimited)
}

async fn ask(
    lab: &Lab<'_>,
    request: &Request,
) -> Result<Result<crate::answer::Answer, WireError>, Stop> {
    let deadline = Deadline::after(lab.hub().pace.patience * PATIENCES);
    lab.try_ask_by(request, deadline).await
}
