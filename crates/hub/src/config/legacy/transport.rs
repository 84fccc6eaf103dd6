//! Where the Mercure.rocks hub keeps its history, as where this one does.

use std::path::Path;

use super::super::error::ConfigError;
use super::translation::{Translation, refuse};

/// The closed transports, each a server that several hubs share.
const SHARED: [&str; 6] = [
    "redis",
    "rediss",
    "postgres",
    "postgresql",
    "kafka",
    "pulsar",
];

/// A transport as a URL, such as `bolt:///data/mercure.db?size=1000`.
pub(super) fn url(
    translation: &mut Translation<'_>,
    name: &str,
    text: &str,
) -> Result<(), ConfigError> {
    if translation.is_covered("history") {
        return Ok(());
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(|| {
        refuse(
            name,
            "this is no URL of a transport: write --history memory, or --history redb:PATH",
        )
    })?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if scheme != "bolt" {
        return named(translation, name, scheme);
    }
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        option(translation, name, &key, &value)?;
    }
    bolt(
        translation,
        name,
        if path.is_empty() { "updates.db" } else { path },
    )
}

/// A transport by its name. None but that of bolt has options that we could follow.
pub(super) fn named(
    translation: &mut Translation<'_>,
    name: &str,
    transport: &str,
) -> Result<(), ConfigError> {
    if translation.is_covered("history") {
        return Ok(());
    }
    match transport {
        "null" | "local" => {
            translation.note(name, "keeps no history there; here the last updates are kept in memory, within --history-size");
            translation.set(name, "history", "memory")
        }
        "bolt" => bolt(translation, name, "mercure.db"),
        shared if SHARED.contains(&shared) => Err(refuse(
            name,
            format!(
                "several hubs over {shared} are not done: one hub with --history redb:PATH survives a restart"
            ),
        )),
        _ => Err(refuse(
            name,
            "this transport is not known: write --history memory, or --history redb:PATH",
        )),
    }
}

/// One option of the bolt transport.
pub(super) fn option(
    translation: &mut Translation<'_>,
    name: &str,
    key: &str,
    value: &str,
) -> Result<(), ConfigError> {
    match key {
        "size" => size(translation, name, value),
        "cleanup_frequency" | "bucket_name" | "write_timeout" | "subscriptions" => {
            translation.note(
                name,
                format!(
                    "has {key}, which is not needed: the history keeps itself within its bounds"
                ),
            );
            Ok(())
        }
        _ => Err(refuse(
            name,
            "the bolt transport has path, size, cleanup_frequency and bucket_name, and no such option",
        )),
    }
}

/// The most updates that are kept; there 0 is all of them.
pub(super) fn size(
    translation: &mut Translation<'_>,
    name: &str,
    value: &str,
) -> Result<(), ConfigError> {
    if value == "0" {
        translation.note(name, "is 0, which kept all updates for ever; here the bounds of --history-size and --history-bytes hold");
        return Ok(());
    }
    translation.set(name, "history-size", value)
}

/// The file of the bolt transport: ours is another one beside it.
pub(super) fn bolt(
    translation: &mut Translation<'_>,
    name: &str,
    path: &str,
) -> Result<(), ConfigError> {
    if translation.is_covered("history") {
        return Ok(());
    }
    let beside = Path::new(path).with_extension("redb");
    let beside = beside.display();
    translation.note(
        name,
        format!("names {path}, whose content is not read: the history begins anew in {beside}"),
    );
    translation.set(name, "history", format!("redb:{beside}"))
}

/// Where nothing is named there is a file there, and none here.
pub(super) fn unnamed(translation: &mut Translation<'_>, name: &str, default: &str) {
    if !translation.is_covered("history") {
        translation.note(
            name,
            format!("is not there: that hub keeps its history in {default} then, and this one in memory; write --history redb:PATH for a file"),
        );
    }
}
