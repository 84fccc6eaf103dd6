//! Which client a request is from, as far as that shows: the same address, program and origin. Two tabs of one browser are one
//! client.

use std::net::IpAddr;

use crate::watch::exchange::Exchange;

/// What tells one client from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::watch) struct ClientKey {
    peer: IpAddr,
    program: String,
    origin: String,
}

impl ClientKey {
    pub(in crate::watch) fn of(exchange: &Exchange) -> Self {
        let asked = &exchange.asked;
        let field = |name| asked.field(name).unwrap_or_default().to_owned();
        Self {
            peer: exchange.peer,
            program: field("user-agent"),
            // A page and its streams name no origin within their own site, and both are then empty.
            origin: field("origin"),
        }
    }

    /// The same without the origin, which the request of a page does not have.
    pub(in crate::watch) fn without_origin(&self) -> Self {
        Self {
            origin: String::new(),
            ..self.clone()
        }
    }
}
