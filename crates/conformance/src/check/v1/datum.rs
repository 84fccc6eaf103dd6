//! Changes of one datum of a right request's token. Not for the rows: they stand in the file of their section.

use serde_json::Value;

use crate::{
    lab::Lab,
    shape::Change,
    stop::Stop,
    token::{Role, Signing, TokenDraft},
};

/// A parameter of the protected header has this value.
pub(super) fn header(says: &'static str, name: &'static str, value: Value) -> Change {
    Change::new(says, move |request, _| {
        request.draft()?.header[name] = value.clone();
        Ok(())
    })
}

/// A parameter of the protected header is absent.
pub(super) fn no_header(says: &'static str, name: &'static str) -> Change {
    Change::new(says, move |request, _| {
        remove(&mut request.draft()?.header, name);
        Ok(())
    })
}

/// A claim has this value.
pub(super) fn claim(says: &'static str, name: &'static str, value: Value) -> Change {
    Change::new(says, move |request, _| {
        request.draft()?.claims[name] = value.clone();
        Ok(())
    })
}

/// A claim has a value that is made of the right one.
pub(super) fn altered_claim(
    says: &'static str,
    name: &'static str,
    alter: fn(&Value) -> Value,
) -> Change {
    Change::new(says, move |request, _| {
        let claims = &mut request.draft()?.claims;
        claims[name] = alter(&claims[name]);
        Ok(())
    })
}

/// A time claim is so many seconds from now.
pub(super) fn time_claim(says: &'static str, name: &'static str, offset_s: i64) -> Change {
    Change::new(says, move |request, lab| {
        let now_s = lab.now_unix_s();
        request.draft()?.claims[name] = now_s.saturating_add_signed(offset_s).into();
        Ok(())
    })
}

/// A claim is absent.
pub(super) fn no_claim(says: &'static str, name: &'static str) -> Change {
    Change::new(says, move |request, _| {
        remove(&mut request.draft()?.claims, name);
        Ok(())
    })
}

/// The token is signed in another way, which may depend on the role whose key should sign.
pub(super) fn signed(
    says: &'static str,
    signing: fn(&Lab<'_>, Role) -> Result<Signing, Stop>,
) -> Change {
    Change::new(says, move |request, lab| {
        let draft = request.draft()?;
        draft.signing = signing(lab, role(draft)?)?;
        Ok(())
    })
}

/// The role whose key signs a right token.
pub(super) fn role(draft: &TokenDraft) -> Result<Role, Stop> {
    match draft.signing {
        Signing::Role(role) => Ok(role),
        _ => Err(Stop::Defect(
            "the token is not one of a role any more".to_owned(),
        )),
    }
}

/// The authorization details are these.
pub(super) fn details(
    says: &'static str,
    make: impl Fn(&Lab<'_>) -> Value + Send + Sync + 'static,
) -> Change {
    Change::new(says, move |request, lab| {
        request.draft()?.claims["authorization_details"] = make(lab);
        Ok(())
    })
}

/// A further detail stands behind the right ones.
pub(super) fn detail_behind(says: &'static str, make: fn(&Lab<'_>) -> Value) -> Change {
    Change::new(says, move |request, lab| {
        right_details(request.draft()?)?.push(make(lab));
        Ok(())
    })
}

/// A further detail stands before the right ones.
pub(super) fn detail_before(says: &'static str, make: fn(&Lab<'_>) -> Value) -> Change {
    Change::new(says, move |request, lab| {
        right_details(request.draft()?)?.insert(0, make(lab));
        Ok(())
    })
}

/// A member of the only detail has this value.
pub(super) fn member(says: &'static str, name: &'static str, value: Value) -> Change {
    Change::new(says, move |request, _| {
        only_detail(request.draft()?)?[name] = value.clone();
        Ok(())
    })
}

/// A member of the only detail is absent.
pub(super) fn no_member(says: &'static str, name: &'static str) -> Change {
    Change::new(says, move |request, _| {
        remove(only_detail(request.draft()?)?, name);
        Ok(())
    })
}

fn right_details(draft: &mut TokenDraft) -> Result<&mut Vec<Value>, Stop> {
    draft.claims["authorization_details"]
        .as_array_mut()
        .ok_or_else(|| Stop::Defect("a right token has an array of details".to_owned()))
}

fn only_detail(draft: &mut TokenDraft) -> Result<&mut Value, Stop> {
    right_details(draft)?
        .first_mut()
        .ok_or_else(|| Stop::Defect("this token has no detail to change".to_owned()))
}

fn remove(object: &mut Value, name: &str) {
    if let Some(object) = object.as_object_mut() {
        object.remove(name);
    }
}
