//! What a script printed, freed of what is another each time: dates, ids, topics of its own, the port.

use serde_json::Value;

/// The lines that count, in order.
pub(crate) fn freed(printed: &str, url: &str) -> Vec<String> {
    let authority = url
        .split('/')
        .nth(2)
        .expect("invariant: the hub has an absolute URL");
    let mut ids = Vec::new();
    let lines = printed.lines().map(str::trim_end);
    lines
        .filter(|line| !is_of_the_moment(line))
        .map(|line| in_one_order(&line.replace(authority, "HUB")))
        .map(|line| numbered(&line, &mut ids))
        .collect()
}

/// A list of subscriptions has no order that a hub must keep, and most go by ids that are another each time.
fn in_one_order(line: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(line) else {
        return line.to_owned();
    };
    let Some(list) = document.get_mut("subscriptions").and_then(Value::as_array_mut) else {
        return line.to_owned();
    };
    list.sort_by_key(|one| numbered(&one.to_string(), &mut Vec::new()));
    document.to_string()
}

/// A date, or a comment that a stream sends when it likes, with its chunk.
fn is_of_the_moment(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    line.is_empty()
        || line.starts_with(':')
        || lower.starts_with("date:")
        || lower.starts_with("age:")
}

/// Words of hexadecimal digits and hyphens that are long enough to be ids, or numbers of this run, are numbered as they come: so two
/// that differ still do.
fn numbered(line: &str, ids: &mut Vec<String>) -> String {
    let is_part = |char: char| char.is_ascii_hexdigit() || char == '-';
    let mut freed = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|char| !is_part(char)).unwrap_or(from.len());
        let (word, behind) = from.split_at(end);
        let is_id =
            word.len() >= 12 && word.contains('-') && word.contains(|c: char| c.is_ascii_digit());
        freed.push_str(before);
        if is_id {
            freed.push_str("ID");
            freed.push_str(&number(word, ids).to_string());
        } else {
            freed.push_str(word);
        }
        rest = behind;
    }
    freed + rest
}

fn number(id: &str, ids: &mut Vec<String>) -> usize {
    ids.iter().position(|known| known == id).unwrap_or_else(|| {
        ids.push(id.to_owned());
        ids.len() - 1
    })
}

/// The first line in which two differ, for a defect.
pub(crate) fn first_difference(one: &[String], other: &[String]) -> String {
    let mut pairs = one.iter().zip(other);
    pairs.find(|(one, other)| one != other).map_or_else(
        || format!("{} lines, then {}", one.len(), other.len()),
        |(one, other)| format!("{one:?}, then {other:?}"),
    )
}
