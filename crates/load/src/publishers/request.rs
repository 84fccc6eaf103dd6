//! The POST by which an update is published: head and form body as one piece of bytes, so that one write carries them.

use url::form_urlencoded;

use crate::plan::{Plan, PlannedPublication, PlannedTopic};
use crate::stamp::Stamp;
use crate::target::Target;

/// Everything that the requests of a run have in common.
///
/// No `Debug`: it holds the token and the user's headers.
pub(crate) struct Requests {
    /// Request line and fields, up to the digits of `Content-Length`.
    head: Vec<u8>,
    data: Vec<u8>,
    form: String,
}

impl Requests {
    /// What publishers send to `target`.
    pub(crate) fn to(target: &Target) -> Self {
        let destination = target.endpoint.publish();
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: */*\r\n",
            destination.request_target(),
            destination.host_header(),
        )
        .into_bytes();
        if let Some(token) = &target.publisher_token {
            push_field(
                &mut head,
                "Authorization",
                format!("Bearer {}", token.expose()).as_bytes(),
            );
        }
        for (name, value) in target.endpoint.headers() {
            push_field(&mut head, name.as_str(), value.as_bytes());
        }
        head.extend_from_slice(b"Content-Length: ");
        Self {
            head,
            data: Vec::new(),
            form: String::new(),
        }
    }

    /// Writes the request of an update into `out`, which is emptied first.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, plan: &Plan, update: &PlannedPublication) {
        self.data.clear();
        let stamp = Stamp {
            run_id: plan.run_id,
            publisher: update.publisher,
            sequence: update.sequence,
            planned_at: update.at,
        };
        stamp.write(&mut self.data, update.payload_bytes as usize);
        self.write_form(out, &plan.topics[update.topic as usize]);
    }

    /// Writes a publish to the first topic whose data is no stamp: to ask whether publishers are let in.
    pub(crate) fn write_unstamped(&mut self, out: &mut Vec<u8>, plan: &Plan) {
        self.data.clear();
        self.data
            .extend_from_slice(b"assay asks whether publishers are let in");
        self.write_form(out, &plan.topics[0]);
    }

    /// // publish.form.topic, publish.form.data, publish.form.private
    fn write_form(&mut self, out: &mut Vec<u8>, topic: &PlannedTopic) {
        self.form.clear();
        self.form.push_str("topic=");
        self.form
            .extend(form_urlencoded::byte_serialize(topic.iri.as_bytes()));
        if topic.private {
            self.form.push_str("&private=on");
        }
        self.form.push_str("&data=");
        self.form
            .extend(form_urlencoded::byte_serialize(&self.data));
        out.clear();
        out.extend_from_slice(&self.head);
        out.extend_from_slice(self.form.len().to_string().as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(self.form.as_bytes());
    }
}

fn push_field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
