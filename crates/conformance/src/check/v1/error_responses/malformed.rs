//! A malformed request, whether its token is at fault or not.

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    answer::Answer,
    check::{
        Check, Shape,
        v1::{
            refusal::coded,
            right::{publication, subscription},
        },
    },
    shape::{Change, sandwich::Sandwich},
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        malformed("errors/malformed").judges(
            "auth.error.malformed-400",
            AcceptSet::pass(Outcome::Status(&[400])),
        ),
        malformed("errors/malformed-code").judges(
            "auth.error.unrelated-400-no-code",
            AcceptSet::pass(Outcome::Shows(
                "400 with no code but, in a Bearer challenge, `error=\"invalid_request\"`",
                |answer| answer.status == 400 && no_code_but_invalid_request(answer),
            )),
        ),
        malformed("errors/problem-details").judges(
            "auth.error.problem-details",
            AcceptSet::pass(Outcome::Shows(
                "400 with any body; a problem document is JSON, and its `status` is 400",
                |answer| answer.status == 400 && sound_if_problem(answer),
            )),
        ),
        SECTION
            .refusal(
                "errors/malformed-presentation",
                Sandwich::table(publication, presentations()),
            )
            .judges(
                "auth.error.invalid-request",
                // Whether such a request is malformed, has an invalid token or none is left open; the code has to fit.
                AcceptSet::pass(coded(&[400], "invalid_request"))
                    .or_pass(coded(&[401], "invalid_token"))
                    .or_pass(Outcome::All(vec![
                        Outcome::Status(&[401]),
                        Outcome::NoChallengeParameter("error"),
                    ])),
            ),
    ]
}

fn malformed(id: &'static str) -> Check {
    let publications = vec![
        Change::new("there is no topic", |request, _| {
            request.remove_field("topic");
            Ok(())
        }),
        Change::new("`retry` is no number", |request, _| {
            request.set_field("retry", "x");
            Ok(())
        }),
    ];
    let subscription_of_unknown_type = Change::new(
        "a matcher parameter of an unknown type is there",
        |request, _| {
            *request = request.clone().param("match_assay", "x");
            Ok(())
        },
    );
    SECTION
        .refusal(id, Sandwich::table(publication, publications))
        .also(Shape::Sandwich(Sandwich::new(
            subscription,
            subscription_of_unknown_type,
        )))
}

fn no_code_but_invalid_request(answer: &Answer) -> bool {
    answer.bearer_challenge().is_none_or(|challenge| {
        matches!(challenge.parameter("error"), None | Some("invalid_request"))
    })
}

fn sound_if_problem(answer: &Answer) -> bool {
    if answer.media_type().as_deref() != Some("application/problem+json") {
        return true;
    }
    answer.json().is_some_and(|problem| {
        let status = &problem["status"];
        problem.is_object() && (status.is_null() || *status == answer.status)
    })
}

fn presentations() -> Vec<Change> {
    let presented = |says, values: &'static [&'static str]| {
        Change::new(says, move |request, _| {
            request.credentials.clear();
            for value in values {
                *request = request.clone().header("Authorization", *value);
            }
            Ok(())
        })
    };
    vec![
        presented("`Authorization: Bearer` has no token", &["Bearer"]),
        presented(
            "`Authorization: Bearer` has two words behind it",
            &["Bearer a b"],
        ),
        presented("`Authorization` is there twice", &["Bearer a", "Bearer b"]),
        presented("`Authorization` is a list", &["Bearer, Bearer x"]),
    ]
}
