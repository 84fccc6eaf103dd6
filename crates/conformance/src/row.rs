//! The row that a report shows for one requirement. Not for deciding the verdict in it.

use std::time::Duration;

use assay_client::Dialect;
use assay_results::VerdictRow;

use crate::{
    check::{Check, Rule},
    request::{Content, Credential, Place, Request},
    requirement::Catalogue,
    runs::shortened,
    transcript::Record,
    verdict::Decision,
};

/// Most requests that a row names.
const REQUESTS_AT_MOST: usize = 12;
/// Longest line about one of them.
const SUMMARY_CHARS_AT_MOST: usize = 400;

/// The row; none when the catalogue does not know the requirement, which a test rules out.
pub(crate) fn of(
    check: &Check,
    rule: &Rule,
    decision: &Decision,
    sent: &str,
    duration: Duration,
    repro: Option<String>,
    variant: Option<&str>,
) -> Option<VerdictRow> {
    let requirement = Catalogue::of(check.dialect).get(rule.requirement)?;
    Some(VerdictRow {
        check: check.id.to_owned(),
        requirement: requirement.id.clone(),
        level: requirement.level,
        verdict: decision.verdict,
        expected: rule.accept.to_string(),
        observed: decision.observed.clone(),
        difference: decision.difference.clone(),
        repro,
        section: format!("{}, lines {}", requirement.section, requirement.lines),
        area: check.area.as_str().to_owned(),
        dialect: dialect(check.dialect),
        sent: match variant {
            Some(variant) => format!("to {variant}\n{sent}"),
            None => sent.to_owned(),
        },
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        why: requirement.statement.clone(),
    })
}

/// The dialect as documents write it.
pub(crate) fn dialect(dialect: Dialect) -> assay_results::Dialect {
    match dialect {
        Dialect::V0 => assay_results::Dialect::V0,
        Dialect::V1 => assay_results::Dialect::V1,
    }
}

/// What a check sent: what it does, and its first requests.
pub(crate) fn sent(check: &Check, record: &Record) -> String {
    let mut lines: Vec<String> = check.does().into_iter().collect();
    lines.extend(record.requests().take(REQUESTS_AT_MOST).map(summary));
    let further = record.requests().skip(REQUESTS_AT_MOST).count();
    if further > 0 {
        lines.push(format!("… and {further} further requests"));
    }
    lines.join("\n")
}

// A line a request: what is sent, never a token.
fn summary(request: &Request) -> String {
    let mut parts = vec![request.method.to_owned()];
    if let Place::Path(path) = &request.place {
        parts.push(path.clone());
    }
    if !request.query.is_empty() || !request.raw_query.is_empty() {
        parts.push(format!("?{}{}", pairs(&request.query), request.raw_query));
    }
    match &request.content {
        Content::None => {}
        Content::Form(fields) => parts.push(pairs(fields)),
        Content::Text(_, text) => parts.push(text.clone()),
    }
    if !request.raw_form.is_empty() {
        parts.push(format!("&{}", request.raw_form));
    }
    if request.padding_bytes > 0 {
        parts.push(format!("and {} bytes more", request.padding_bytes));
    }
    let headers = request.headers.iter();
    parts.extend(headers.map(|(name, value)| format!("[{name}: {value}]")));
    let credentials = request
        .credentials
        .iter()
        .map(|credential| match credential {
            Credential::Bearer(_) | Credential::Scheme(..) => "(bearer token)",
            Credential::Cookie(..) => "(cookie)",
            Credential::Query(..) => "(token in the query)",
            Credential::Field(..) => "(token in the body)",
        });
    parts.extend(credentials.map(str::to_owned));
    shortened(&parts.join(" "))
        .chars()
        .take(SUMMARY_CHARS_AT_MOST)
        .collect()
}

fn pairs(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}
