//! Tokens of a check, right ones and forged ones. Not for verifying.

use assay_client::{SigningKey, TokenSpec, TopicMatcher};

use super::Lab;
use crate::{
    features::OptionalFeature,
    request::Credential,
    stop::Stop,
    target::RoleCredential,
    token::{Role, Signing, Token, TokenDraft},
};

impl Lab<'_> {
    /// A signature by somebody who does not have the key of the role.
    pub(crate) fn forged(&self, role: Role) -> Result<Signing, Stop> {
        let Some(key) = self.hub.credential(role).key() else {
            return Err(Stop::NotMeasurable(format!("needs a {role:?} key")));
        };
        // Another secret is at hand for HMAC only; otherwise the signature is spoilt, which no other key would make right either.
        let secret = format!("not the key {}{}{}", self.space, self.space, self.space);
        Ok(SigningKey::from_secret(key.algorithm(), secret.as_bytes())
            .map_or(Signing::Flipped(role), Signing::Key))
    }

    /// A token that grants publishing on these topics.
    pub(crate) fn publisher(&self, grants: &[TopicMatcher]) -> Result<Token, Stop> {
        self.token(Role::Publisher, grants)
    }

    /// A token that grants receiving private updates on these topics; none of them for a token that grants nothing.
    pub(crate) fn subscriber(&self, grants: &[TopicMatcher]) -> Result<Token, Stop> {
        self.token(Role::Subscriber, grants)
    }

    fn token(&self, role: Role, grants: &[TopicMatcher]) -> Result<Token, Stop> {
        match self.hub.credential(role) {
            RoleCredential::Absent => Err(Stop::NotMeasurable(format!(
                "no {role:?} key or token given"
            ))),
            RoleCredential::Token(token) if grants == [TopicMatcher::Any] => {
                Ok(Token::Ready(token.clone()))
            }
            RoleCredential::Token(_) => Err(Stop::NotMeasurable(format!(
                "needs a {role:?} key: a ready token cannot be given other grants"
            ))),
            RoleCredential::Key(key) => {
                let target = &self.hub.target;
                let mut spec = TokenSpec::new(
                    self.hub.dialect,
                    &target.issuer,
                    &target.audience,
                    self.hub.now_unix_s,
                );
                match role {
                    Role::Publisher => spec.publish = grants.to_vec(),
                    Role::Subscriber => spec.subscribe = grants.to_vec(),
                }
                let claims = spec
                    .claims()
                    .map_err(|error| Stop::Defect(error.to_string()))?;
                let header = spec.header(key);
                Ok(Token::Draft(TokenDraft {
                    header,
                    claims,
                    signing: Signing::Role(role),
                }))
            }
        }
    }

    /// What a subscriber presents who wants public updates only: nothing, or where that is refused a token without grants.
    pub(crate) fn anyone(&self) -> Result<Vec<Credential>, Stop> {
        if self.hub.features.has(OptionalFeature::Anonymous) {
            return Ok(Vec::new());
        }
        let grants: &[TopicMatcher] = match self.hub.target.subscriber {
            RoleCredential::Key(_) => &[],
            // The only token there is.
            RoleCredential::Token(_) | RoleCredential::Absent => &[TopicMatcher::Any],
        };
        Ok(vec![Credential::Bearer(self.subscriber(grants)?)])
    }
}
