//! Where the key that verifies a token comes from: never from the token.

use assay_client::{Algorithm, SigningKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{SECTION, key_server::KeyServer};
use crate::{
    accept::{AcceptSet, Observation},
    check::{
        Check, Findings,
        v1::{
            datum::{header, role, signed},
            refusal::{coded, invalid_token},
            right::publication,
        },
    },
    lab::Lab,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
    token::{Signing, TokenDraft},
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "token/unknown-key",
                Sandwich::table(publication, unknown_keys()),
            )
            .judges("token.key.preconfigured", invalid_token()),
        SECTION
            .refusal("token/jwk", Sandwich::new(publication, with_jwk()))
            .judges("token.key.no-jwk", invalid_token()),
        SECTION
            .probe("token/jku", |lab| {
                Box::pin(lured(lab, |draft, server| {
                    draft.header["jku"] = json!(server.url("/jwks.json"));
                }))
            })
            .judges("token.key.no-jku", invalid_token()),
        SECTION
            .probe("token/x5u", |lab| {
                Box::pin(lured(lab, |draft, server| {
                    draft.header["x5u"] = json!(server.url("/certificate.pem"));
                }))
            })
            .judges("token.key.no-x5u", invalid_token()),
        SECTION
            .probe("token/enrolment", |lab| {
                Box::pin(lured(lab, |draft, server| {
                    draft.claims["iss"] = json!(server.url(""));
                }))
            })
            .judges("token.key.no-untrusted-discovery", invalid_token()),
        SECTION
            .allowance("token/kid", Accepted::table(publication, hints()))
            .judges(
                "token.key.kid-hint",
                // A hub that knows its keys by name may refuse a name that it does not know.
                AcceptSet::fact(WORKS).or_note(coded(&[401], "invalid_token").refused()),
            ),
    ]
}

fn unknown_keys() -> Vec<Change> {
    vec![
        signed("the token is signed with an unknown key", |lab, role| {
            lab.forged(role)
        }),
        Change::new(
            "the token is signed with an unknown key, which `kid` names",
            |request, lab| {
                let draft = request.draft()?;
                draft.header["kid"] = json!("unknown");
                draft.signing = lab.forged(role(draft)?)?;
                Ok(())
            },
        ),
    ]
}

fn hints() -> Vec<Change> {
    let kid = |says, value| header(says, "kid", json!(value));
    vec![
        kid("`kid` is `1`", "1"),
        kid("`kid` is a path", "../../../../dev/null"),
        kid("`kid` is a piece of SQL", "x' UNION SELECT 'assay"),
    ]
}

/// The attacker's secret, public as a JSON Web Key.
struct Attacker {
    secret: String,
}

impl Attacker {
    fn of(lab: &Lab<'_>) -> Self {
        Self {
            secret: lab.topic("a secret that the hub was never given"),
        }
    }

    fn jwk(&self) -> Value {
        let k = URL_SAFE_NO_PAD.encode(&self.secret);
        json!({ "kty": "oct", "kid": "assay", "alg": "HS256", "use": "sig", "k": k })
    }

    fn sign(&self, draft: &mut TokenDraft) -> Result<(), Stop> {
        let key = SigningKey::from_secret(Algorithm::Hs256, self.secret.as_bytes())
            .map_err(|error| Stop::Defect(error.to_string()))?;
        draft.header["alg"] = json!("HS256");
        draft.header["kid"] = json!("assay");
        draft.signing = Signing::Key(key);
        Ok(())
    }
}

fn with_jwk() -> Change {
    Change::new(
        "the token is signed with another key, which its header brings along as `jwk`",
        |request, lab| {
            let attacker = Attacker::of(lab);
            let draft = request.draft()?;
            draft.header["jwk"] = attacker.jwk();
            attacker.sign(draft)
        },
    )
}

// The token points at a server of ours, which holds the key that signed it, and sees whether the hub comes for it.
async fn lured(lab: &Lab<'_>, point: fn(&mut TokenDraft, &KeyServer)) -> Result<Findings, Stop> {
    let attacker = Attacker::of(lab);
    let server = KeyServer::start(attacker.jwk()).await?;
    let served = server.clone();
    let change = Change::new(
        "the token is signed with another key, and names a server that holds it",
        move |request, _| {
            let draft = request.draft()?;
            point(draft, &served);
            attacker.sign(draft)
        },
    );
    let refused = Sandwich::new(publication, change).run(lab).await?;
    if server.visits() == 0 {
        return Ok(refused);
    }
    let fetched = Observation::Other("the hub asked the server that the token names".to_owned());
    Ok(match refused {
        Findings::Cases(mut cases) => {
            cases.push(("the server is asked for visitors", fetched));
            Findings::Cases(cases)
        }
        _ => Findings::All(fetched),
    })
}
