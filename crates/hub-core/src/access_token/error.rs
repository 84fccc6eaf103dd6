//! Why a token is refused.

use crate::Dialect;

/// Why a token is refused. Never holds any part of the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}{}", match would_be_accepted_in {
    Some(dialect) => format!(" (it would be accepted in {dialect}, which is not enabled)"),
    None => String::new(),
})]
pub struct TokenError {
    fault: TokenFault,
    would_be_accepted_in: Option<Dialect>,
}

impl From<TokenFault> for TokenError {
    fn from(fault: TokenFault) -> Self {
        Self::new(fault, None)
    }
}

impl TokenError {
    pub(super) fn new(fault: TokenFault, would_be_accepted_in: Option<Dialect>) -> Self {
        Self {
            fault,
            would_be_accepted_in,
        }
    }

    /// What is wrong.
    pub fn fault(&self) -> TokenFault {
        self.fault
    }

    /// The reason code for logs.
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// Whether it is no JWT at all; draft-08 lets a hub answer 401 `invalid_token` or 400 `invalid_request` then.
    pub fn is_malformed(&self) -> bool {
        self.fault == TokenFault::Malformed
    }

    /// The dialect in which this token would have been accepted, had it been enabled: for the log line of the 401.
    pub fn would_be_accepted_in(&self) -> Option<Dialect> {
        self.would_be_accepted_in
    }
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three base64url parts with a JSON header. token.compact
    #[error("not a JWS in compact serialization")]
    Malformed,
    /// Longer than [`crate::Limits::token_bytes`].
    #[error("longer than the limit")]
    TooLong,
    /// The hub has no key for this role.
    #[error("the hub has no key for this role")]
    NoKey,
    /// `alg` is not that of the key. token.alg.not-allowed, token.alg.none
    #[error("`alg` is not the configured algorithm")]
    Algorithm,
    /// `kid` names no key of the issuer; a hub that fetches keys may look for it. token.key.kid-hint
    #[error("`kid` names none of the trusted keys")]
    UnknownKey,
    /// The keys of the issuer have not been fetched yet: the hub's trouble, not the token's.
    #[error("the keys of the issuer are not there yet")]
    KeysAwaited,
    /// `crit` demands what nobody here understands. token.crit
    #[error("`crit` header")]
    CriticalHeader,
    /// token.signature
    #[error("the signature does not verify with the configured key")]
    Signature,
    /// An HMAC secret under 32 bytes, in 1.0. token.alg.weak
    #[error("the secret is shorter than the 32 bytes that 1.0 needs")]
    WeakSecret,
    /// The claims are not what JWT says they are: no JSON object, a member twice, a wrong type.
    #[error("malformed claims")]
    Claims,
    /// token.typ.required
    #[error("`typ` is not at+jwt")]
    Type,
    /// token.iss.trusted
    #[error("`iss` is not a trusted issuer")]
    Issuer,
    /// token.aud.verified
    #[error("`aud` does not name this hub")]
    Audience,
    /// token.exp.required
    #[error("no `exp`")]
    ExpiryMissing,
    /// token.exp.enforced
    #[error("expired")]
    Expired,
    /// token.nbf
    #[error("not valid yet")]
    NotYetValid,
    /// details.invalid.rejected: what is wrong with an authorization detail, or with a selector of 0.x.
    #[error("{0}")]
    Details(&'static str),
    /// More Mercure details than [`crate::Limits::token_details`].
    #[error("too many authorization details")]
    TooManyDetails,
    /// More matchers in one array than [`crate::Limits::token_matchers`].
    #[error("too many topic matchers")]
    TooManyMatchers,
    /// A matcher longer than [`crate::Limits::matcher_bytes`].
    #[error("a topic matcher is too long")]
    MatcherTooLong,
    /// A token of 1.0 at a hub that answers 0.x alone.
    #[error("a token of 1.0 where only 0.x is enabled")]
    DialectDisabled,
}

impl TokenFault {
    /// The reason code for logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "token-malformed",
            Self::TooLong => "token-too-long",
            Self::NoKey => "token-no-key",
            Self::Algorithm => "token-algorithm",
            Self::UnknownKey => "token-unknown-key",
            Self::KeysAwaited => "token-keys-awaited",
            Self::CriticalHeader => "token-critical-header",
            Self::Signature => "token-signature",
            Self::WeakSecret => "token-weak-secret",
            Self::Claims => "token-claims",
            Self::Type => "token-type",
            Self::Issuer => "token-issuer",
            Self::Audience => "token-audience",
            Self::ExpiryMissing => "token-expiry-missing",
            Self::Expired => "token-expired",
            Self::NotYetValid => "token-not-yet-valid",
            Self::Details(_) => "token-details",
            Self::TooManyDetails => "token-too-many-details",
            Self::TooManyMatchers => "token-too-many-matchers",
            Self::MatcherTooLong => "token-matcher-too-long",
            Self::DialectDisabled => "token-dialect-disabled",
        }
    }
}
