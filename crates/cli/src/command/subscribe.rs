//! `assay subscribe`: follows topics, a line an event.

use std::io::{self, Write};

use assay_client::subscriber::ReceivedEvent;
use assay_client::{Cursor, Dialect, Subscriber, SubscriberItem, SubscriberOptions, TopicMatcher};
use assay_results::Outcome;
use serde_json::json;

use crate::args::subscribe::SubscribeArgs;
use crate::connection;
use crate::console;
use crate::credentials::HubAccess;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::interrupt;
use crate::runtime;

/// Events go to stdout; connections, gaps and keep-alives to stderr.
pub(crate) fn run(args: &SubscribeArgs) -> CommandResult {
    let endpoint = connection::endpoint(&args.url, &args.connection).or_usage()?;
    let runtime = runtime::current_thread().or_usage()?;
    runtime.block_on(async {
        let access = HubAccess::find(&endpoint, &args.credentials, args.connection.dialect).await?;
        let matchers = matchers(args, access.dialect);
        let mut options = SubscriberOptions::new(access.dialect, matchers.clone());
        options.token = access.subscriber_token(&matchers)?;
        options.cursor = args.last_event_id.as_deref().map(Cursor::header);
        let subscriber = Subscriber::new(&endpoint, options).or_usage()?;
        tokio::select! {
            outcome = follow(subscriber, args) => outcome,
            () = interrupt::signal() => Ok(Outcome::Interrupted),
        }
    })
}

async fn follow(mut subscriber: Subscriber, args: &SubscribeArgs) -> CommandResult {
    let mut left = args.count;
    while left != Some(0) {
        let Some(item) = subscriber.next().await.or_not_measurable()? else {
            break;
        };
        match item {
            SubscriberItem::Event(event) => {
                match print(&event, args.json) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                    written => written.or_usage()?,
                }
                left = left.map(|count| count - 1);
            }
            other => tell(&other),
        }
    }
    Ok::<_, Failure>(Outcome::Passed)
}

fn matchers(args: &SubscribeArgs, dialect: Dialect) -> Vec<TopicMatcher> {
    let topics = args.topics.iter().map(|topic| match dialect {
        _ if topic == "*" => TopicMatcher::Any,
        Dialect::V1 => TopicMatcher::Exact(topic.clone()),
        Dialect::V0 => TopicMatcher::UriTemplate(topic.clone()),
    });
    let patterns = args
        .patterns
        .iter()
        .map(|pattern| TopicMatcher::UrlPattern(pattern.clone()));
    topics.chain(patterns).collect()
}

/// Lines of data are escaped, so that an event stays a line.
fn print(event: &ReceivedEvent, as_json: bool) -> io::Result<()> {
    let line = if as_json {
        json!({"id": event.id, "type": event.event_type, "data": event.data}).to_string()
    } else {
        format!(
            "{}\t{}\t{}",
            event.id,
            event.event_type,
            event.data.escape_debug()
        )
    };
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

fn tell(item: &SubscriberItem) {
    match item {
        SubscriberItem::Connected {
            response_cursor: None,
        } => console::tell("connected"),
        SubscriberItem::Connected {
            response_cursor: Some(cursor),
        } => console::tell(format_args!("connected, after event {cursor}")),
        SubscriberItem::Gap {
            requested,
            answered,
        } => {
            console::tell(format_args!(
                "updates may be missing: asked for those after {requested}, the hub begins after {answered}"
            ));
        }
        SubscriberItem::Disconnected { reason, retry_in } => {
            console::tell(format_args!(
                "disconnected: {reason}; again in {} ms",
                retry_in.as_millis()
            ));
        }
        SubscriberItem::Comment(_) | SubscriberItem::Event(_) => {}
    }
}
