//! What a script printed, freed of what is another each time: dates, ids that the hub chose, topics of its own, the port.

use serde_json::Value;

/// The lines that count, in order. What stands in the script is the same each time, and stays.
pub(crate) fn freed(printed: &str, script: &str, url: &str) -> Vec<String> {
    let authority = url
        .split('/')
        .nth(2)
        .expect("invariant: the hub has an absolute URL");
    let mut ids = Ids {
        script,
        seen: Vec::new(),
    };
    let lines = printed.lines().map(str::trim_end);
    let lines = lines.filter(|line| !is_of_the_moment(line));
    // It stands in topics too, encoded, and in matchers of topics, encoded again.
    let [once, twice] = ["%3A", "%253A"].map(|colon| authority.replace(':', colon));
    let without_port = |line: &str| {
        let line = line.replace(authority, "HUB");
        line.replace(&once, "HUB").replace(&twice, "HUB")
    };
    lines
        .map(|line| in_one_order(&without_port(line), script))
        .map(|line| ids.numbered(&line))
        .collect()
}

/// A list of subscriptions has no order that a hub must keep, and most go by ids that are another each time.
fn in_one_order(line: &str, script: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(line) else {
        return line.to_owned();
    };
    let Some(list) = document
        .get_mut("subscriptions")
        .and_then(Value::as_array_mut)
    else {
        return line.to_owned();
    };
    list.sort_by_key(|one| {
        let seen = Vec::new();
        Ids { script, seen }.numbered(&one.to_string())
    });
    document.to_string()
}

/// A date, or a comment that a stream sends when it likes. The hub writes no empty line behind one.
fn is_of_the_moment(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    line.starts_with(':') || lower.starts_with("date:") || lower.starts_with("age:")
}

/// Words of hexadecimal digits and hyphens that are long enough to be ids, or numbers of this run, are numbered as they come: so two
/// that differ still do.
struct Ids<'s> {
    script: &'s str,
    seen: Vec<String>,
}

impl Ids<'_> {
    fn numbered(&mut self, line: &str) -> String {
        let is_part = |char: char| char.is_ascii_hexdigit() || char == '-';
        let mut freed = String::new();
        let mut rest = line;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|char| !is_part(char)).unwrap_or(from.len());
            let (word, behind) = from.split_at(end);
            freed.push_str(before);
            if self.is_another_each_time(word) {
                freed.push_str("ID");
                freed.push_str(&self.number(word).to_string());
            } else {
                freed.push_str(word);
            }
            rest = behind;
        }
        freed + rest
    }

    fn is_another_each_time(&self, word: &str) -> bool {
        let is_id =
            word.len() >= 12 && word.contains('-') && word.contains(|c: char| c.is_ascii_digit());
        // Of `%2F5b6c…` the `2F` is the encoding.
        let plain = word.get(2..).unwrap_or_default();
        is_id && !self.script.contains(word) && !self.script.contains(plain)
    }

    fn number(&mut self, id: &str) -> usize {
        let known = self.seen.iter().position(|known| known == id);
        known.unwrap_or_else(|| {
            self.seen.push(id.to_owned());
            self.seen.len() - 1
        })
    }
}

/// The first line in which two differ, for a defect.
pub(crate) fn first_difference(one: &[String], other: &[String]) -> String {
    let mut pairs = one.iter().zip(other);
    pairs.find(|(one, other)| one != other).map_or_else(
        || format!("{} lines, then {}", one.len(), other.len()),
        |(one, other)| format!("{one:?}, then {other:?}"),
    )
}
