//! `assay publish`: one update, by hand.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, Result};
use assay_client::{PublishForm, Publisher};
use assay_results::Outcome;
use tokio::time::timeout;

use crate::args::publish::PublishArgs;
use crate::connection;
use crate::console;
use crate::credentials::HubAccess;
use crate::failure::{CommandResult, OrFail};
use crate::runtime;

/// The longest wait for the answer: a hub answers in milliseconds, and over a slow network in seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Prints the event id that the hub answers, on stdout.
pub(crate) fn run(args: &PublishArgs) -> CommandResult {
    let endpoint = connection::endpoint(&args.url, &args.connection).or_usage()?;
    let form = form(args).or_usage()?;
    let runtime = runtime::current_thread().or_usage()?;
    runtime.block_on(async {
        let access = HubAccess::find(&endpoint, &args.credentials, args.connection.dialect).await?;
        let token = access.publisher_token()?;
        let publisher = Publisher::new(&endpoint, token).or_usage()?;
        let id = timeout(ANSWER_TIMEOUT, publisher.publish(&form))
            .await
            .with_context(|| {
                format!(
                    "the hub took the update and did not answer within {} s: whether it was published is open; subscribe to {:?} to see",
                    ANSWER_TIMEOUT.as_secs(),
                    args.topic
                )
            })
            .or_not_measurable()?
            .or_not_measurable()?;
        console::show(&format!("{id}\n"))?;
        Ok(Outcome::Passed)
    })
}

fn form(args: &PublishArgs) -> Result<PublishForm> {
    let mut form = PublishForm::new(&args.topic, &data(&args.data)?);
    form.topics.extend(args.alternate_topics.iter().cloned());
    form.private = args.private;
    form.id.clone_from(&args.id);
    form.event_type.clone_from(&args.event_type);
    form.retry_ms = args.retry;
    Ok(form)
}

fn data(typed: &str) -> Result<String> {
    if typed != "-" {
        return Ok(typed.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("failed to read the data from stdin")?;
    Ok(text)
}
