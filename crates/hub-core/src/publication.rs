//! A publish request's form as a checked [`Publication`]; every refusal is a variant of [`PublicationError`].
//!
//! Not here: whether the publisher may, see [`crate::access_token::AccessToken::may_publish`].

use crate::event_id::{EventId, EventIdError};
use crate::form;
use crate::text::{self, TextFault};
use crate::topic::{Topic, TopicError};
use crate::{Dialect, HubUrl, Limits};

/// Who may read an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Each subscriber that listens to it.
    Public,
    /// Only those whose token says so.
    Private,
}

/// What a publisher asked for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Never empty; the first is the canonical topic, the others are alternates.
    topics: Vec<Topic>,
    data: String,
    visibility: Visibility,
    id: Option<EventId>,
    event_type: Option<Box<str>>,
    retry: Option<Box<str>>,
}

impl Publication {
    /// Reads the body of a publish request. Of a repeated single-valued field the first counts; unknown fields are ignored.
    pub fn from_form(
        body: &[u8],
        dialect: Dialect,
        hub_url: &HubUrl,
        limits: &Limits,
    ) -> Result<Self, PublicationError> {
        Fields::read(body, limits)?.check(dialect, hub_url, limits)
    }

    /// What the hub itself publishes on one topic, for some to read: a private update.
    pub(crate) fn of_hub(topic: Topic, event_type: Option<&str>, data: String) -> Self {
        Self {
            topics: vec![topic],
            data,
            visibility: Visibility::Private,
            id: None,
            event_type: event_type.map(Into::into),
            retry: None,
        }
    }

    /// The canonical topic and then the alternates; never empty.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The content; empty if the publisher sent none.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Who may read it.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// The id that the publisher supplied.
    pub fn id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// The SSE `event` field, without line breaks or NUL.
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// The SSE `retry` field: ASCII digits, in milliseconds.
    pub fn retry(&self) -> Option<&str> {
        self.retry.as_deref()
    }

    pub(crate) fn into_topics(self) -> Vec<Topic> {
        self.topics
    }
}

/// The fields as they were sent.
#[derive(Default)]
struct Fields {
    topics: Vec<String>,
    data: Option<String>,
    private: bool,
    id: Option<String>,
    event_type: Option<String>,
    retry: Option<String>,
}

impl Fields {
    fn read(body: &[u8], limits: &Limits) -> Result<Self, PublicationError> {
        if body.len() > limits.publish_body_bytes {
            return Err(PublicationError::BodyTooLong {
                limit_bytes: limits.publish_body_bytes,
            });
        }
        let mut fields = Self::default();
        for (index, pair) in form::pairs(body).enumerate() {
            if index >= limits.form_pairs {
                return Err(PublicationError::TooManyFields {
                    limit: limits.form_pairs,
                });
            }
            let not_utf8 = |field| PublicationError::NotUtf8 { field };
            let name = pair.name();
            let (field, slot) = match name.as_ref() {
                "topic" => {
                    if fields.topics.len() >= limits.topics {
                        return Err(PublicationError::TooManyTopics {
                            limit: limits.topics,
                        });
                    }
                    let value = pair.value().map_err(|_| not_utf8("topic"))?;
                    fields.topics.push(value.to_owned());
                    continue;
                }
                // publish.private.presence-only: the value is never looked at.
                "private" => {
                    fields.private = true;
                    continue;
                }
                "data" => ("data", &mut fields.data),
                "id" => ("id", &mut fields.id),
                "type" => ("type", &mut fields.event_type),
                "retry" => ("retry", &mut fields.retry),
                _ => continue,
            };
            let value = pair.value().map_err(|_| not_utf8(field))?;
            slot.get_or_insert_with(|| value.to_owned());
        }
        Ok(fields)
    }

    fn check(
        self,
        dialect: Dialect,
        hub_url: &HubUrl,
        limits: &Limits,
    ) -> Result<Publication, PublicationError> {
        if self.topics.is_empty() {
            return Err(PublicationError::MissingTopic);
        }
        let topics: Result<Vec<_>, _> = self
            .topics
            .iter()
            .map(|name| Topic::supplied(name, dialect, hub_url, limits))
            .collect();
        let data = self.data.unwrap_or_default();
        if data.len() > limits.data_bytes {
            return Err(PublicationError::DataTooLong {
                limit_bytes: limits.data_bytes,
            });
        }
        let written = |field: Option<String>| field.filter(|value| !value.is_empty());
        Ok(Publication {
            topics: topics?,
            data,
            visibility: if self.private {
                Visibility::Private
            } else {
                Visibility::Public
            },
            id: written(self.id)
                .map(|id| EventId::supplied(&id, dialect, limits))
                .transpose()?,
            event_type: written(self.event_type)
                .map(|event_type| check_event_type(event_type, dialect, limits))
                .transpose()?,
            retry: written(self.retry)
                .map(|retry| check_retry(retry, limits))
                .transpose()?,
        })
    }
}

/// publish.type.*: `mercure` is kept for the hub in both dialects, since 1.0 subscribers share the updates of 0.x publishers.
fn check_event_type(
    event_type: String,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Box<str>, PublicationError> {
    if event_type.len() > limits.event_type_bytes {
        return Err(PublicationError::TypeTooLong {
            limit_bytes: limits.event_type_bytes,
        });
    }
    match dialect {
        Dialect::V1 => text::check_v1(&event_type),
        Dialect::V0 => text::check_line_safe(&event_type),
    }
    .map_err(PublicationError::TypeText)?;
    if event_type == "mercure" {
        return Err(PublicationError::ReservedType);
    }
    Ok(event_type.into())
}

/// publish.retry.digits, publish.retry.large
fn check_retry(retry: String, limits: &Limits) -> Result<Box<str>, PublicationError> {
    if !retry.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PublicationError::Retry);
    }
    if retry.len() > limits.retry_digits {
        return Err(PublicationError::RetryTooLong {
            limit_digits: limits.retry_digits,
        });
    }
    Ok(retry.into())
}

/// How a refused publication is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusClass {
    /// 400
    BadRequest,
    /// 413: a limit was exceeded. limits.publish.reject-413
    ContentTooLarge,
}

/// Why a publication is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicationError {
    /// Longer than [`Limits::publish_body_bytes`].
    #[error("body longer than {limit_bytes} bytes")]
    BodyTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// More pairs than [`Limits::form_pairs`].
    #[error("more than {limit} fields")]
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// More topics than [`Limits::topics`].
    #[error("more than {limit} topics")]
    TooManyTopics {
        /// The limit.
        limit: usize,
    },
    /// publish.topic-required
    #[error("no `topic` field")]
    MissingTopic,
    /// A known field is no UTF-8. publish.utf8
    #[error("field `{field}` is not UTF-8")]
    NotUtf8 {
        /// Its name.
        field: &'static str,
    },
    /// One topic, canonical or alternate, is refused.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The id is refused.
    #[error(transparent)]
    Id(#[from] EventIdError),
    /// Longer than [`Limits::data_bytes`].
    #[error("data longer than {limit_bytes} bytes")]
    DataTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// Longer than [`Limits::event_type_bytes`].
    #[error("type longer than {limit_bytes} bytes")]
    TypeTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// publish.type.c0, .del, .c1, .cf
    #[error("type contains {0}")]
    TypeText(TextFault),
    /// publish.type.mercure
    #[error("type `mercure` is reserved for the hub")]
    ReservedType,
    /// publish.retry.digits
    #[error("retry is not made of ASCII digits")]
    Retry,
    /// Longer than [`Limits::retry_digits`].
    #[error("retry longer than {limit_digits} digits")]
    RetryTooLong {
        /// The limit.
        limit_digits: usize,
    },
}

impl PublicationError {
    /// How it is answered.
    pub fn status_class(&self) -> StatusClass {
        match self {
            Self::BodyTooLong { .. }
            | Self::TooManyFields { .. }
            | Self::TooManyTopics { .. }
            | Self::Topic(TopicError::TooLong { .. })
            | Self::Id(EventIdError::TooLong { .. })
            | Self::DataTooLong { .. }
            | Self::TypeTooLong { .. }
            | Self::RetryTooLong { .. } => StatusClass::ContentTooLarge,
            Self::MissingTopic
            | Self::NotUtf8 { .. }
            | Self::Topic(_)
            | Self::Id(_)
            | Self::TypeText(_)
            | Self::ReservedType
            | Self::Retry => StatusClass::BadRequest,
        }
    }

    /// The reason code for logs: short, stable, without anything that the peer sent.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BodyTooLong { .. } => "body-too-long",
            Self::TooManyFields { .. } => "too-many-fields",
            Self::TooManyTopics { .. } => "too-many-topics",
            Self::MissingTopic => "missing-topic",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::Topic(TopicError::TooLong { .. }) => "topic-too-long",
            Self::Topic(TopicError::Wildcard) => "topic-wildcard",
            Self::Topic(TopicError::Text(_)) => "topic-character",
            Self::Topic(TopicError::ReservedNamespace) => "topic-reserved",
            Self::Id(EventIdError::TooLong { .. }) => "id-too-long",
            Self::Id(_) => "id-invalid",
            Self::DataTooLong { .. } => "data-too-long",
            Self::TypeTooLong { .. } => "type-too-long",
            Self::TypeText(_) => "type-character",
            Self::ReservedType => "type-reserved",
            Self::Retry => "retry-invalid",
            Self::RetryTooLong { .. } => "retry-too-long",
        }
    }
}

#[cfg(test)]
mod tests;
