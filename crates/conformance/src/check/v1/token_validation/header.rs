//! What the protected header must say of the token's type, and what it may not demand.

use serde_json::json;

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{
        Check, Shape,
        v1::{
            datum::{header, no_header},
            refusal::invalid_token,
            right::{publication, subscription},
        },
    },
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("token/typ", Sandwich::table(publication, other_types()))
            .judges("token.typ.required", invalid_token()),
        SECTION
            .refusal(
                "token/typ-absent",
                Sandwich::new(publication, no_header("the header has no `typ`", "typ")),
            )
            .also(Shape::Sandwich(Sandwich::new(
                subscription,
                no_header("the header has no `typ`", "typ"),
            )))
            .judges("token.typ.absent", invalid_token()),
        SECTION
            .allowance(
                "token/typ-prefix",
                Accepted::new(
                    publication,
                    header(
                        "`typ` is `application/at+jwt`",
                        "typ",
                        json!("application/at+jwt"),
                    ),
                ),
            )
            .judges("token.typ.prefix", AcceptSet::fact(WORKS)),
        SECTION
            .allowance(
                "token/typ-case",
                Accepted::table(publication, other_cases()),
            )
            .judges("token.typ.case", AcceptSet::fact(WORKS)),
        SECTION
            .refusal("token/crit", Sandwich::table(publication, critical()))
            .also(Shape::Sandwich(Sandwich::table(subscription, critical())))
            .judges("token.crit", invalid_token()),
    ]
}

fn other_types() -> Vec<Change> {
    let typ = |says, value| header(says, "typ", value);
    vec![
        typ("`typ` is `JWT`", json!("JWT")),
        typ("`typ` is `jwt`", json!("jwt")),
        typ("`typ` is `id_token`", json!("id_token")),
        typ("`typ` is `at`", json!("at")),
        typ("`typ` is `at+jwt2`", json!("at+jwt2")),
        typ("`typ` is `application/jwt`", json!("application/jwt")),
        typ("`typ` is `text/at+jwt`", json!("text/at+jwt")),
        typ("`typ` is `at+JWT;v=1`", json!("at+JWT;v=1")),
        typ("`typ` is an array", json!(["at+jwt"])),
        typ("`typ` is null", json!(null)),
    ]
}

fn other_cases() -> Vec<Change> {
    let typ = |says, value| header(says, "typ", json!(value));
    vec![
        typ("`typ` is `AT+JWT`", "AT+JWT"),
        typ("`typ` is `At+Jwt`", "At+Jwt"),
        typ("`typ` is `Application/AT+JWT`", "Application/AT+JWT"),
    ]
}

fn critical() -> Vec<Change> {
    vec![
        Change::new(
            "`crit` names an extension that nobody knows, which is there",
            |request, _| {
                let header = &mut request.draft()?.header;
                header["crit"] = json!(["x-assay-unknown"]);
                header["x-assay-unknown"] = json!(true);
                Ok(())
            },
        ),
        header("`crit` is empty", "crit", json!([])),
        header("`crit` names `alg`", "crit", json!(["alg"])),
        header("`crit` is a text", "crit", json!("exp")),
    ]
}
