//! Topics near one that a template selects, to see what else it and the pattern written instead select. Not for deciding.

use super::{
    limits::NEIGHBOURS_AT_MOST,
    selector::{FILLER, Selector},
};

/// Topics that may or may not be selected, the witness not among them.
pub(super) fn of(selector: &Selector) -> Vec<String> {
    let Some(witness) = selector.witness() else {
        return Vec::new();
    };
    let first = format!("{FILLER}1");
    let with = |value: &str| witness.replacen(&first, value, 1);
    let mut topics = vec![
        with("a/b"),
        with("a%2Fb"),
        with("a%20b"),
        with("é"),
        with(""),
        format!("{witness}/more"),
        format!("{witness}#fragment"),
    ];
    topics.push(if witness.contains('?') {
        format!("{witness}&assay=1")
    } else {
        format!("{witness}?assay=1")
    });
    if let Some((path, _)) = witness.split_once('?') {
        topics.push(path.to_owned());
    }
    if let Some(topic) = other_case(&witness) {
        topics.push(topic);
    }
    topics.retain(|topic| *topic != witness && !topic.is_empty());
    topics.dedup();
    topics.truncate(NEIGHBOURS_AT_MOST);
    topics
}

// The same host, for whoever compares URLs and not bytes.
fn other_case(topic: &str) -> Option<String> {
    let (scheme, rest) = topic.split_once("://")?;
    let host_end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    Some(format!("{scheme}://{}{path}", host.to_ascii_uppercase()))
}

/// How two selections of the same topics differ, in sentences.
pub(super) fn differences(
    selector: &Selector,
    new: &str,
    topics: &[String],
    today: &[Option<bool>],
    moved: &[Option<bool>],
) -> Vec<String> {
    let Selector::Template(text, _) = selector else {
        return Vec::new();
    };
    let mut sentences = Vec::new();
    for (was, is, sentence) in [
        (false, true, "selects also"),
        (true, false, "does not select"),
    ] {
        let pairs = topics.iter().zip(today).zip(moved);
        let differing = pairs.filter(|((_, old), new)| (**old, **new) == (Some(was), Some(is)));
        let differing: Vec<_> = differing.map(|((topic, _), _)| topic.as_str()).collect();
        if !differing.is_empty() {
            sentences.push(format!(
                "{new} {sentence} {}, unlike {text} today",
                differing.join(" and ")
            ));
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::{Selector, differences, of};

    #[test]
    fn what_differs_is_told_in_both_directions() {
        let selector = Selector::read("https://a.example/{id}");
        let topics = of(&selector);
        assert!(topics.contains(&"https://a.example/assay1?assay=1".to_owned()));
        assert!(topics.contains(&"https://A.EXAMPLE/assay1".to_owned()));
        let topics = ["x".to_owned(), "y".to_owned(), "z".to_owned()];
        let told = differences(
            &selector,
            ":id",
            &topics,
            &[Some(true), Some(false), None],
            &[Some(false), Some(true), Some(true)],
        );
        assert_eq!(
            told,
            [
                ":id selects also y, unlike https://a.example/{id} today",
                ":id does not select x, unlike https://a.example/{id} today"
            ]
        );
    }
}
