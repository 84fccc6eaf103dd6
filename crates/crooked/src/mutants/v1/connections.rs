//! Limits on how many streams there are: none at all, or a wrong refusal.

use crate::message::Body;
use crate::mutant::{Mutant, Needs};

pub(super) const MUTANTS: &[Mutant] = &[
    // Each crooked hub is so.
    Mutant::v1("http-1-only", "subscribe.http2", "HTTP/1.1 alone is spoken"),
    Mutant::v1(
        "streams-per-address-unbounded",
        "limits.connections.per-client",
        "one address may have any number of streams",
    )
    .on(Needs::FewStreamsPerAddress)
    .unlimited(),
    Mutant::v1(
        "streams-unbounded",
        "limits.connections.total",
        "there may be any number of streams",
    )
    .on(Needs::FewStreams)
    .unlimited(),
    Mutant::v1(
        "surplus-opened-and-closed",
        "limits.connections.429",
        "the stream beyond the limit is opened and ended at once",
    )
    .on(Needs::FewStreams)
    .answer(|answer, _| {
        if answer.status == 429 {
            answer.status = 200;
            answer.headers.set("Content-Type", "text/event-stream");
            answer.body = Body::Whole(Vec::new());
        }
    }),
];
