//! The `actions` of an authorization detail.

use serde_json::{Value, json};

use crate::mutant::Mutant;

use super::malformed::{actions, is_malformed};

const ACTIONS: [&str; 2] = ["publish", "subscribe"];

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "actions-optional",
        "details.actions.required",
        "missing actions mean all of them",
    )
    .launder(|token, _| {
        for detail in token
            .details()
            .filter(|detail| detail.get("actions").is_none())
        {
            detail["actions"] = json!(ACTIONS);
        }
    }),
    Mutant::v1(
        "actions-empty",
        "details.actions.nonempty",
        "an empty `actions` grants nothing",
    )
    .launder(|token, _| {
        for detail in token
            .details()
            .filter(|detail| detail["actions"] == json!([]))
        {
            detail["actions"] = json!(["crooked"]);
        }
    }),
    Mutant::v1(
        "actions-of-any-type",
        "details.actions.array",
        "`actions` need not be an array",
    )
    .launder(|token, _| {
        for detail in token.details() {
            let actions = match detail.get("actions") {
                None | Some(Value::Array(_)) => continue,
                Some(Value::String(action)) if action != "*" => json!([action]),
                Some(_) => json!(ACTIONS),
            };
            detail["actions"] = actions;
        }
    }),
    Mutant::v1(
        "actions-not-strings",
        "details.actions.strings",
        "entries of `actions` that are not strings are ignored",
    )
    .launder(|token, _| {
        for detail in token.details() {
            if let Some(actions) = detail.get_mut("actions").and_then(Value::as_array_mut) {
                for action in actions.iter_mut().filter(|action| !action.is_string()) {
                    *action = "crooked".into();
                }
            }
        }
    }),
    Mutant::v1(
        "unknown-action-refused",
        "details.actions.unknown-ignored",
        "an unknown action gives 401",
    )
    .refuse(|token, _| {
        let mut token = token.clone();
        token
            .details()
            .any(|detail| actions(detail).any(|action| !ACTIONS.contains(&action)))
    }),
    Mutant::v1(
        "unknown-action-grants",
        "details.actions.unknown-grants-nothing",
        "actions are compared in any letter case, and unknown ones are wildcards",
    )
    .launder(|token, _| {
        for detail in token.details() {
            let known = actions(detail).any(|action| ACTIONS.contains(&action));
            if actions(detail).count() > 0 && !known {
                detail["actions"] = json!(ACTIONS);
            }
        }
    }),
    Mutant::v1(
        "actions-pooled",
        "details.actions.separate",
        "the union of the actions is applied to the union of the topics",
    )
    .launder(|token, _| {
        for detail in token.details().filter(|detail| !is_malformed(detail)) {
            detail["actions"] = json!(ACTIONS);
        }
    }),
];
