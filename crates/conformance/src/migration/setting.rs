//! A setting of the Mercure.rocks hub as its Caddyfile has it. No exchange shows what another version does with it: it is judged
//! by what the hub of 1.0 says of it at its start. Not for how long a key is: that is a [`super::fact`].

use assay_results::{End, Fate};

use super::rule::Rule;

/// One directive of a `mercure` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) directive: Directive,
    /// What to write instead.
    pub(super) instead: String,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    /// A key of a role, which names no issuer.
    RoleKey,
    /// One that 1.0 does not know, though some 0.x did.
    Gone,
    /// One that neither knows: 0.x passed it over.
    Unknown,
    /// The name of the cookie, which stays what it is set to.
    CookieName,
}

impl Setting {
    /// The rule of the draft behind it; none where only the hub's own manual knows it.
    pub(super) const fn rule(&self) -> Option<Rule> {
        match self.directive {
            Directive::RoleKey => Some(Rule::IssuerOfKey),
            Directive::CookieName => Some(Rule::CookieName),
            Directive::Gone | Directive::Unknown => None,
        }
    }

    /// Today, with compatibility on, with it off.
    pub(super) fn fates(&self) -> [Fate; 3] {
        let works = |detail: &str| Fate::by_rule(End::Works, detail);
        let refused = |detail: &str| Fate::by_rule(End::Refused, detail);
        match self.directive {
            Directive::RoleKey => [
                works("as 0.x has it"),
                works("taken beside `protocol_version_compatibility 8`"),
                refused("the Mercure.rocks hub of 1.0 does not start: a key belongs to its issuer"),
            ],
            Directive::Gone => {
                let gone = "the Mercure.rocks hub of 1.0 does not know it, and does not start";
                [works("as 0.x has it"), refused(gone), refused(gone)]
            }
            Directive::Unknown => {
                let unknown = "the Mercure.rocks hub of 1.0 does not start with a directive that it does not know";
                [
                    works("passed over: 0.x does not know it either"),
                    refused(unknown),
                    refused(unknown),
                ]
            }
            Directive::CookieName => [
                works("as it is set"),
                works("as it is set"),
                works("as it is set; cookies of this name need no change"),
            ],
        }
    }
}
