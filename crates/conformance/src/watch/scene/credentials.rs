//! How a request proves its rights: each mechanism that it uses, with its token. The texts stay in the scene, which is dropped once
//! it was judged.

use crate::watch::{exchange::Asked, jwt::Jwt};

use super::{Pair, Site};

/// A way to present a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::watch) enum Mechanism {
    /// `Authorization`.
    Header,
    /// A cookie of this name.
    Cookie(String),
    /// A parameter of the query.
    Query(String),
    /// A field of the body.
    Body(String),
}

/// A credential as it came.
#[derive(Debug, Clone)]
pub(in crate::watch) struct Presented {
    pub(in crate::watch) mechanism: Mechanism,
    /// The whole value: secret.
    pub(in crate::watch) text: String,
    /// What it says, when it is a token that can be read.
    pub(in crate::watch) token: Option<Jwt>,
}

/// Parameters that carry a token: of 0.x, and of RFC 6750.
const PARAMETERS: [&str; 2] = ["authorization", "access_token"];

/// All credentials of a request, that of the header first.
pub(super) fn presented(
    asked: &Asked,
    query: &[Pair],
    form: Option<&[Pair]>,
    site: &Site,
) -> Vec<Presented> {
    let header = asked.values("authorization").map(|value| Presented {
        mechanism: Mechanism::Header,
        token: Jwt::read(
            value
                .split_once(' ')
                .map_or(value, |(_, token)| token.trim()),
        ),
        text: value.to_owned(),
    });
    let of_pairs = |pairs: &[Pair], mechanism: fn(String) -> Mechanism| {
        let tokens = pairs
            .iter()
            .filter(|pair| PARAMETERS.contains(&pair.name.as_str()));
        let presented = tokens.map(|pair| Presented {
            mechanism: mechanism(pair.name.clone()),
            token: Jwt::read(&pair.value),
            text: pair.value.clone(),
        });
        presented.collect::<Vec<_>>()
    };
    let mut all: Vec<_> = header.collect();
    all.extend(of_pairs(query, Mechanism::Query));
    all.extend(of_pairs(form.unwrap_or_default(), Mechanism::Body));
    all.extend(
        asked
            .values("cookie")
            .flat_map(|value| cookies(value, site)),
    );
    all
}

fn cookies(field: &str, site: &Site) -> Vec<Presented> {
    let pairs = field
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter_map(|(name, value)| {
            let token = Jwt::read(value);
            let is_ours = site.cookie_names().any(|it| it == name)
                || token.as_ref().is_some_and(Jwt::is_mercure);
            is_ours.then(|| Presented {
                mechanism: Mechanism::Cookie(name.to_owned()),
                text: value.to_owned(),
                token,
            })
        })
        .collect()
}
