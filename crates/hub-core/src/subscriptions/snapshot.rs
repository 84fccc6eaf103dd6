//! The subscriptions of one moment, as the document that a path of the API asks for.
//!
//! Not here: how the moment is taken, see `hub`.

use std::sync::Arc;

use super::Announcer;
use super::document::{CONTEXT, Presence, Setting, json};
use super::namespace::{Namespace, Wanted};
use crate::limits::SUBSCRIPTIONS_DOCUMENT_BYTES;
use crate::{Dialect, ResponseCursor};

/// What is at one path of the API at one moment.
#[derive(Debug)]
pub struct ActiveSubscriptions {
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    pub(crate) wanted: Wanted,
    /// Those that have such a subscription, and maybe others.
    pub(crate) present: Vec<Arc<Presence>>,
    pub(crate) cursor: ResponseCursor,
    pub(crate) announcer: Arc<Announcer>,
}

impl ActiveSubscriptions {
    /// The newest event of the whole hub at that moment: who resumes from it misses nothing and sees nothing twice.
    /// subscriptions.api.cursor-value, subscriptions.last-event-id-value
    pub fn cursor(&self) -> &ResponseCursor {
        &self.cursor
    }

    /// The dialect of the document.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether there is a document: not if one subscription was asked for that is not active.
    pub(crate) fn exists(&self) -> bool {
        !matches!(self.wanted, Wanted::One { .. }) || !self.present.is_empty()
    }

    /// The document, in JSON. Long lists take a while: not under a lock.
    pub fn document(&self) -> String {
        let namespace = self.announcer.namespace();
        match &self.wanted {
            Wanted::All | Wanted::Matcher(_) => self.list(namespace),
            Wanted::One { .. } => {
                let setting = Setting::Alone(self.cursor.as_str());
                self.members(namespace, setting).next().unwrap_or_default()
            }
        }
    }

    /// The documents of all subscriptions that are wanted.
    fn members<'a>(
        &'a self,
        namespace: &'a Namespace,
        setting: Setting<'a>,
    ) -> impl Iterator<Item = String> + 'a {
        let selection = match &self.wanted {
            Wanted::All => None,
            Wanted::Matcher(selection) | Wanted::One { selection, .. } => Some(selection),
        };
        self.present.iter().flat_map(move |presence| {
            let subscriptions = presence.subscriptions().iter();
            subscriptions
                .filter(move |it| {
                    selection.is_none_or(|selection| selection.includes(it.matcher()))
                })
                .map(move |it| {
                    it.document(
                        namespace,
                        self.dialect,
                        presence.subscriber(),
                        true,
                        setting,
                    )
                    .1
                })
        })
    }

    /// A list. One that would be too long ends early, and says so. subscriptions.api.pagination, .pagination-valid
    fn list(&self, namespace: &Namespace) -> String {
        let id = json(&self.path);
        let mut list = match self.dialect {
            Dialect::V0 => {
                let cursor = json(&self.cursor.as_str());
                format!(
                    r#"{{"@context":"{CONTEXT}","id":{id},"type":"Subscriptions","lastEventID":{cursor},"subscriptions":["#
                )
            }
            Dialect::V1 => format!(r#"{{"id":{id},"type":"subscriptions","subscriptions":["#),
        };
        let mut truncated = false;
        for (index, member) in self.members(namespace, Setting::Member).enumerate() {
            if list.len() + member.len() > SUBSCRIPTIONS_DOCUMENT_BYTES {
                truncated = true;
                break;
            }
            if index > 0 {
                list.push(',');
            }
            list.push_str(&member);
        }
        list.push(']');
        if truncated {
            list.push_str(r#","truncated":true"#);
        }
        list.push('}');
        list
    }
}
