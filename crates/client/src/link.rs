//! Reads `Link` fields (RFC 8288), as far as discovery needs them. Not for links in HTML.

/// One link of a `Link` field, as written: the target is not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What stands between the angle brackets.
    pub target: String,
    /// Name, in lower case, and value of each parameter, in order; a parameter without value has an empty one.
    pub parameters: Vec<(String, String)>,
}

impl Link {
    /// The first parameter of this name; later ones do not count. // RFC 8288, section 3.3
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the link relates the resource itself (no `anchor`) to its target in this way.
    pub fn has_relation(&self, relation: &str) -> bool {
        self.parameter("anchor").is_none()
            && self.parameter("rel").is_some_and(|relations| {
                relations
                    .split_ascii_whitespace()
                    .any(|other| other.eq_ignore_ascii_case(relation))
            })
    }
}

/// Every link of one field value (RFC 8288, appendix B.2). Reading ends quietly at the first thing that is no link.
pub fn parse_links(field: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = field;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((target, tail)) = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'))
        else {
            return links;
        };
        let (parameters, tail) = parse_parameters(tail);
        links.push(Link {
            target: target.trim().to_owned(),
            parameters,
        });
        rest = tail;
    }
}

fn parse_parameters(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut parameters = Vec::new();
    loop {
        rest = skip_white(rest);
        let Some(tail) = rest.strip_prefix(';') else {
            return (parameters, rest);
        };
        let tail = skip_white(tail);
        let end = tail.find([' ', '\t', '=', ';', ',']).unwrap_or(tail.len());
        let name = tail[..end].to_ascii_lowercase();
        let (value, tail) = parse_value(skip_white(&tail[end..]));
        if !name.is_empty() {
            parameters.push((name, value));
        }
        rest = tail;
    }
}

fn parse_value(rest: &str) -> (String, &str) {
    let Some(rest) = rest.strip_prefix('=').map(skip_white) else {
        return (String::new(), rest);
    };
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([';', ',']).unwrap_or(rest.len());
        return (
            rest[..end].trim_end_matches([' ', '\t']).to_owned(),
            &rest[end..],
        );
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[index + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

fn skip_white(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}
