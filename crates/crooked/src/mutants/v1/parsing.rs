//! How a query component is taken apart: each mutant does it as some other parser would.

use crate::form::{self, edit_raw_query};
use crate::message::Request;
use crate::mutant::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "raw-names",
        "subscribe.parse.decoded-names",
        "names are not decoded, so an encoded one is unknown",
    )
    .request(|request, _| {
        edit_raw_query(request, |pair| {
            (!name(pair).contains('%')).then(|| pair.to_owned())
        });
    }),
    Mutant::v1(
        "plus-is-plus",
        "subscribe.parse.plus-is-space",
        "`+` stays what it is",
    )
    .request(|request, _| edit_raw_query(request, |pair| Some(pair.replace('+', "%2B")))),
    Mutant::v1(
        "semicolon-separates",
        "subscribe.parse.raw-semicolon",
        "`;` separates pairs",
    )
    .request(|request, _| edit_raw_query(request, |pair| Some(pair.replace(';', "&")))),
    Mutant::v1(
        "stray-percent-refused",
        "subscribe.parse.stray-percent",
        "a `%` without two hexadecimal digits is answered 400",
    )
    .answer(|answer, exchange| {
        let is_subscription = exchange.request.is_subscription(&exchange.scene.path);
        if is_subscription && has_stray_percent(exchange.request) {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "second-equals-ends",
        "subscribe.parse.first-equals",
        "a value ends at the second `=`",
    )
    .request(|request, _| {
        edit_raw_query(request, |pair| {
            Some(pair.splitn(3, '=').take(2).collect::<Vec<_>>().join("="))
        });
    }),
    Mutant::v1(
        "bare-names-dropped",
        "subscribe.parse.bare-name",
        "a name without `=` is dropped",
    )
    .request(|request, _| {
        edit_raw_query(request, |pair| pair.contains('=').then(|| pair.to_owned()));
    }),
];

fn name(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn has_stray_percent(request: &Request) -> bool {
    let mut parts = form::raw_query(request).split('%').skip(1);
    parts.any(|after| {
        let mut digits = after.bytes().take(2);
        let hexadecimal = digits.by_ref().filter(u8::is_ascii_hexdigit).count();
        hexadecimal < 2
    })
}
