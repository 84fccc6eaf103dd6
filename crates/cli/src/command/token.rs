//! `assay token`: mints a token and prints it.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use assay_client::{Dialect, SigningKey, TokenSpec, TopicMatcher};
use assay_results::Outcome;

use crate::args::token::{TokenArgs, TokenDialect};
use crate::console;
use crate::failure::{CommandResult, OrFail};
use crate::secret;

/// Prints the token, nothing else, on stdout.
pub(crate) fn run(args: &TokenArgs) -> CommandResult {
    let token = mint(args).or_usage()?;
    console::show(&format!("{token}\n"))?;
    Ok(Outcome::Passed)
}

fn mint(args: &TokenArgs) -> Result<String> {
    let material = secret::resolve("--jwt-key", &args.jwt_key)?;
    let algorithm = args.jwt_algorithm.parse().context("--jwt-algorithm")?;
    let key = SigningKey::new(algorithm, material.as_bytes()).context("--jwt-key")?;
    let dialect = match args.dialect {
        TokenDialect::V1 => Dialect::V1,
        TokenDialect::V0 => Dialect::V0,
    };
    let mut spec = TokenSpec::new(dialect, &args.issuer, &args.audience, now_unix_s()?);
    args.subject.clone_into(&mut spec.subject);
    spec.publish = matchers(&args.publish, &args.publish_pattern);
    spec.subscribe = matchers(&args.subscribe, &args.subscribe_pattern);
    spec.lifetime_s = assay_load::scenario::parse_duration(&args.lifetime)
        .context("--lifetime")?
        .as_secs();
    spec.payload = match &args.payload {
        Some(json) => Some(serde_json::from_str(json).context("--payload is not a JSON object")?),
        None => None,
    };
    Ok(spec.mint(&key)?.expose().to_owned())
}

/// `*` is the wildcard of both dialects; in 0.x a text may also be a URI template.
fn matchers(topics: &[String], patterns: &[String]) -> Vec<TopicMatcher> {
    let exact = topics.iter().map(|topic| match topic.as_str() {
        "*" => TopicMatcher::Any,
        _ => TopicMatcher::Exact(topic.clone()),
    });
    let patterns = patterns
        .iter()
        .map(|pattern| TopicMatcher::UrlPattern(pattern.clone()));
    exact.chain(patterns).collect()
}

/// The wall clock, as tokens count it.
pub(crate) fn now_unix_s() -> Result<u64> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock of this machine stands before 1970")?;
    Ok(since.as_secs())
}
