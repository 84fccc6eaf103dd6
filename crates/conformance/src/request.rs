//! A request under construction: fields as data, encoded and signed only when it is written, so that a check can change one
//! datum of a right request. Not for sending.

use form_urlencoded::Serializer;

use crate::{
    stop::Stop,
    target::HttpVersion,
    token::{Keys, Token, TokenDraft},
};

/// Which URL a request goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The hub URL, as subscribers use it.
    Hub,
    /// The hub URL, as publishers use it.
    Publish,
    /// Another absolute path on the subscribers' server.
    Path(String),
}

/// How a token is presented.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// `Authorization: Bearer …`
    Bearer(Token),
    /// `Authorization` with another spelling of the scheme.
    Scheme(&'static str, Token),
    /// A cookie of this name.
    Cookie(String, Token),
    /// The `authorization` query parameter of 0.x, or `access_token`: the name is given.
    Query(&'static str, Token),
    /// A field of the form that is the body, behind all others (RFC 6750, section 2.2): the name is given.
    Field(&'static str, Token),
}

impl Credential {
    /// The token that is presented.
    pub(crate) fn token(&self) -> &Token {
        match self {
            Self::Bearer(token)
            | Self::Scheme(_, token)
            | Self::Cookie(_, token)
            | Self::Query(_, token)
            | Self::Field(_, token) => token,
        }
    }

    /// The same, to be changed.
    pub(crate) fn token_mut(&mut self) -> &mut Token {
        match self {
            Self::Bearer(token)
            | Self::Scheme(_, token)
            | Self::Cookie(_, token)
            | Self::Query(_, token)
            | Self::Field(_, token) => token,
        }
    }
}

/// What follows the head.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Nothing.
    None,
    /// Fields, form-encoded.
    Form(Vec<(String, String)>),
    /// Text as it is, of this media type.
    Text(&'static str, String),
}

/// What has to work for a request to count as a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Opens a stream.
    Subscribe {
        /// A topic that the subscription matches.
        topic: String,
        /// Which updates on it show that the stream is as it should be.
        proof: Proof,
    },
    /// Publishes; an exact subscription to the first `topic` field sees it.
    Publish,
    /// Asks for a document.
    Ask,
}

/// Which updates show that a stream is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Public ones: the subscription works.
    Public,
    /// Private ones: the token works too.
    Private,
}

/// A field that no hub knows, whose value is as long as a check wants it.
pub(crate) const PADDING_FIELD: &str = "assay-padding";

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) place: Place,
    /// Parameters, encoded when written.
    pub(crate) query: Vec<(String, String)>,
    /// Appended to the query as it is.
    pub(crate) raw_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) content: Content,
    /// Appended to a form as it is.
    pub(crate) raw_form: String,
    /// So many bytes more follow the content, in the value of [`PADDING_FIELD`]; nobody keeps them.
    pub(crate) padding_bytes: usize,
    pub(crate) purpose: Purpose,
    /// The version of HTTP, if it is not that of the run.
    pub(crate) http: Option<HttpVersion>,
}

impl Request {
    /// A request for a document at a path.
    pub(crate) fn ask(method: &'static str, place: Place) -> Self {
        Self {
            method,
            place,
            query: Vec::new(),
            raw_query: String::new(),
            headers: Vec::new(),
            credentials: Vec::new(),
            content: Content::None,
            raw_form: String::new(),
            padding_bytes: 0,
            purpose: Purpose::Ask,
            http: None,
        }
    }

    /// Over this version of HTTP, whatever the run speaks.
    pub(crate) fn over(mut self, http: HttpVersion) -> Self {
        self.http = Some(http);
        self
    }

    /// With a query parameter more.
    pub(crate) fn param(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// With a form field more; any other content gives way.
    pub(crate) fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        let field = (name.to_owned(), value.into());
        match &mut self.content {
            Content::Form(fields) => fields.push(field),
            content => *content = Content::Form(vec![field]),
        }
        self
    }

    /// Larger by a field of so many bytes.
    pub(crate) fn padded(mut self, bytes: usize) -> Self {
        self.padding_bytes = bytes;
        self.field(PADDING_FIELD, "")
    }

    /// By QUERY (RFC 10008), the parameters so far in the body instead of the query component.
    pub(crate) fn by_query_method(mut self) -> Self {
        self.method = "QUERY";
        self.content = Content::Form(std::mem::take(&mut self.query));
        self
    }

    /// With a header more.
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With this credential and no other.
    pub(crate) fn with(mut self, credential: Credential) -> Self {
        self.credentials = vec![credential];
        self
    }

    /// With this token in `Authorization` and no other credential.
    pub(crate) fn bearer(self, token: Token) -> Self {
        self.with(Credential::Bearer(token))
    }

    /// Without credential.
    pub(crate) fn anonymous(mut self) -> Self {
        self.credentials.clear();
        self
    }

    /// The first form field of a name.
    pub(crate) fn form_field(&self, name: &str) -> Option<&str> {
        match &self.content {
            Content::Form(fields) => fields
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value.as_str()),
            Content::None | Content::Text(..) => None,
        }
    }

    /// Replaces the form fields of a name by one; adds it when there is none.
    pub(crate) fn set_field(&mut self, name: &str, value: &str) {
        let Content::Form(fields) = &mut self.content else {
            return;
        };
        // In its place, so that nothing else differs.
        let at = fields.iter().position(|(field, _)| field == name);
        fields.retain(|(field, _)| field != name);
        let at = at.unwrap_or(fields.len());
        fields.insert(at, (name.to_owned(), value.to_owned()));
    }

    /// Puts a form field before all others.
    pub(crate) fn prepend_field(&mut self, name: &str, value: &str) {
        if let Content::Form(fields) = &mut self.content {
            fields.insert(0, (name.to_owned(), value.to_owned()));
        }
    }

    /// Takes away the form fields of a name.
    pub(crate) fn remove_field(&mut self, name: &str) {
        if let Content::Form(fields) = &mut self.content {
            fields.retain(|(field, _)| field != name);
        }
    }

    /// Replaces the header of a name (any case) by one; adds it when there is none.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        self.remove_header(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Whether there is a header of a name (any case).
    pub(crate) fn has_header(&self, name: &str) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(header, _)| header.eq_ignore_ascii_case(name))
    }

    /// Takes a header away.
    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers
            .retain(|(header, _)| !header.eq_ignore_ascii_case(name));
    }

    /// The draft of the first credential, to be changed.
    pub(crate) fn draft(&mut self) -> Result<&mut TokenDraft, Stop> {
        self.credentials
            .first_mut()
            .and_then(|credential| credential.token_mut().draft_mut())
            .ok_or_else(|| {
                Stop::NotMeasurable("needs a key to mint tokens with, not a ready token".to_owned())
            })
    }

    /// The topic and the kind of update that show that the stream is alive.
    pub(crate) fn proof(&self) -> Result<(&str, Proof), Stop> {
        match &self.purpose {
            Purpose::Subscribe { topic, proof } => Ok((topic, *proof)),
            Purpose::Publish | Purpose::Ask => Err(Stop::Defect(
                "only a subscription can be found alive".to_owned(),
            )),
        }
    }

    /// Path and query, the base being that of the URL.
    pub(crate) fn target(&self, base: &str, keys: Keys<'_>) -> Result<String, Stop> {
        let mut target = match &self.place {
            Place::Hub | Place::Publish => base.to_owned(),
            Place::Path(path) => path.clone(),
        };
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&self.query);
        for credential in &self.credentials {
            if let Credential::Query(name, token) = credential {
                query.append_pair(name, &token.compact(keys).map_err(Stop::Defect)?);
            }
        }
        for part in [query.finish(), self.raw_query.clone()] {
            if !part.is_empty() {
                target.push(if target.contains('?') { '&' } else { '?' });
                target.push_str(&part);
            }
        }
        Ok(target)
    }

    /// The header fields that carry credentials.
    pub(crate) fn credential_headers(
        &self,
        keys: Keys<'_>,
    ) -> Result<Vec<(&'static str, String)>, Stop> {
        let mut headers = Vec::new();
        let mut cookies = Vec::new();
        for credential in &self.credentials {
            let token = credential.token().compact(keys).map_err(Stop::Defect)?;
            match credential {
                Credential::Bearer(_) => headers.push(("Authorization", format!("Bearer {token}"))),
                Credential::Scheme(scheme, _) => {
                    headers.push(("Authorization", format!("{scheme} {token}")));
                }
                Credential::Cookie(name, _) => cookies.push(format!("{name}={token}")),
                Credential::Query(..) | Credential::Field(..) => {}
            }
        }
        if !cookies.is_empty() {
            headers.push(("Cookie", cookies.join("; ")));
        }
        Ok(headers)
    }

    /// Content type and bytes of the content; none when there is none. The type is empty where the headers have one.
    pub(crate) fn content_bytes(&self, keys: Keys<'_>) -> Result<Option<(String, Vec<u8>)>, Stop> {
        match &self.content {
            Content::None => Ok(None),
            Content::Text(media_type, text) => {
                Ok(Some(((*media_type).to_owned(), text.clone().into_bytes())))
            }
            Content::Form(fields) => {
                let form = self.form_text(fields, keys)?;
                let media_type = if self.has_header("Content-Type") {
                    ""
                } else {
                    "application/x-www-form-urlencoded"
                };
                Ok(Some((media_type.to_owned(), form.into_bytes())))
            }
        }
    }

    fn form_text(&self, fields: &[(String, String)], keys: Keys<'_>) -> Result<String, Stop> {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        for credential in &self.credentials {
            if let Credential::Field(name, token) = credential {
                form.append_pair(name, &token.compact(keys).map_err(Stop::Defect)?);
            }
        }
        let mut form = form.finish();
        if !form.is_empty() && !self.raw_form.is_empty() {
            form.push('&');
        }
        form.push_str(&self.raw_form);
        Ok(form)
    }
}
