//! Which characters may stand in topics, ids, types and matchers.
//!
//! Not here: lengths, which [`crate::Limits`] bounds, and the reserved values of each field.

use unicode_general_category::{GeneralCategory, get_general_category};

/// A character that a value must not contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// C0 (U+0000–U+001F), DEL (U+007F) or C1 (U+0080–U+009F).
    #[error("the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// Unicode general category Cf: invisible, enables spoofing.
    #[error("the invisible format character U+{:04X}", u32::from(*.0))]
    Format(char),
}

/// The rule of 1.0 for topics, matchers, ids and types (draft-08, "Terminology"): no controls, no format characters.
pub(crate) fn check_v1(value: &str) -> Result<(), TextFault> {
    if value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    value.chars().try_for_each(|character| {
        if character.is_control() {
            Err(TextFault::Control(character))
        } else if get_general_category(character) == GeneralCategory::Format {
            Err(TextFault::Format(character))
        } else {
            Ok(())
        }
    })
}

/// What an id of 0.x must keep to, since it travels in a header field: no controls but the tab.
pub(crate) fn check_header_safe(value: &str) -> Result<(), TextFault> {
    match value
        .chars()
        .find(|&character| character.is_control() && character != '\t')
    {
        Some(fault) => Err(TextFault::Control(fault)),
        None => Ok(()),
    }
}

/// What any value on an SSE line must keep to: nothing that ends the line, and no NUL.
pub(crate) fn check_line_safe(value: &str) -> Result<(), TextFault> {
    match value
        .chars()
        .find(|character| matches!(character, '\0' | '\n' | '\r'))
    {
        Some(fault) => Err(TextFault::Control(fault)),
        None => Ok(()),
    }
}
