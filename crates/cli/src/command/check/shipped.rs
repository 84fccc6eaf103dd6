//! The targets that come with the program. Not for reading them: that is [`super::subject`].

/// The name of the reference hub among them.
pub(super) const REFERENCE: &str = "reference";

/// Their names and files.
const SHIPPED: [(&str, &str); 1] = [(REFERENCE, include_str!("../../../targets/reference.toml"))];

/// The target of that name.
pub(super) fn text(name: &str) -> Option<&'static str> {
    let found = SHIPPED.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}
