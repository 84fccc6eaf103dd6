//! A mutant: one rule of the protocol, and how the crooked hub breaks that rule alone.
//!
//! Data with small functions in it; the tables are under `mutants/`, ordered like the checks. What a mutant does to a
//! request or an answer is applied by `proxy`.

use std::time::Duration;

use crate::credential;
use crate::event::Event;
use crate::grant::{self, Matcher};
use crate::ledger::Publication;
use crate::message::{Answer, Request};
use crate::scene::Scene;
use crate::token::Token;

/// The protocol revision that a mutant breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `draft-dunglas-mercure-08`.
    V1,
    /// `draft-dunglas-mercure-07`, what is deployed nearly everywhere.
    V0,
}

impl Dialect {
    /// As the command line and the documents spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V0 => "0.x",
        }
    }
}

/// What the straight hub has to be for a mutant to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Any configuration will do.
    Anything,
    /// The hub refuses subscribers without a token.
    NoAnonymous,
    /// Its streams end after seconds.
    ShortLifetime,
    /// Its history keeps few updates.
    SmallHistory,
    /// It is at another path than the recommended one.
    CustomPath,
    /// It bears few streams of one address.
    FewStreamsPerAddress,
    /// It bears few streams.
    FewStreams,
    /// It trusts several issuers, one of them with a secret that can be guessed, and names one in its metadata.
    Issuers,
}

impl Needs {
    /// Each of them; the first are those on which every check runs.
    pub const ALL: [Self; 8] = [
        Self::Anything,
        Self::NoAnonymous,
        Self::ShortLifetime,
        Self::SmallHistory,
        Self::CustomPath,
        Self::FewStreamsPerAddress,
        Self::FewStreams,
        Self::Issuers,
    ];
}

/// One rule of the protocol and how to break it.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Short and unique in its dialect.
    pub name: &'static str,
    /// The revision whose rule it is.
    pub dialect: Dialect,
    /// The catalogue id of the rule, as the `requirement` of a check's row spells it.
    pub requirement: &'static str,
    /// What the hub does wrongly, in a sentence.
    pub violation: &'static str,
    /// The configuration of the straight hub behind.
    pub needs: Needs,
    pub(crate) rules: Rules,
}

/// A token presented, and where.
pub(crate) struct Deed<'a> {
    /// The request that presents the token.
    pub(crate) request: &'a Request,
    /// The hub.
    pub(crate) scene: &'a Scene,
}

/// A request and what became of it.
pub(crate) struct Exchange<'a> {
    /// As the client sent it.
    pub(crate) request: &'a Request,
    /// The hub.
    pub(crate) scene: &'a Scene,
}

/// An event on its way to a subscriber.
pub(crate) struct Delivery<'a> {
    /// The subscription, as the client sent it.
    pub(crate) request: &'a Request,
    /// The hub.
    pub(crate) scene: &'a Scene,
    /// The update, if it was published through the crooked hub.
    pub(crate) publication: Option<Publication>,
    /// How many updates came before on this stream.
    pub(crate) index: usize,
}

impl Delivery<'_> {
    /// What the subscriber's token lets it read.
    pub(crate) fn granted(&self) -> Vec<Matcher> {
        let granted = |token| grant::granted(&token, self.scene.dialect, "subscribe");
        credential::token(self.request)
            .map(granted)
            .unwrap_or_default()
    }

    /// Whether the update is private.
    pub(crate) fn is_private(&self) -> bool {
        self.publication
            .as_ref()
            .is_some_and(|publication| publication.private)
    }

    /// The topics of the update, the canonical one first.
    pub(crate) fn topics(&self) -> &[String] {
        self.publication
            .as_ref()
            .map_or(&[], |publication| &publication.topics)
    }
}

/// What becomes of an event.
pub(crate) enum Fate {
    /// It goes on, changed or not.
    Deliver(Event),
    /// The subscriber never sees it.
    Drop,
    /// It comes after the next one.
    AfterNext(Event),
}

impl Fate {
    /// Drops an event, or lets it go on.
    pub(crate) fn drop_if(unwanted: bool, event: Event) -> Self {
        if unwanted {
            Self::Drop
        } else {
            Self::Deliver(event)
        }
    }
}

/// Changes a token whose signature is right; it is signed again.
pub(crate) type Launder = fn(&mut Token, &Deed<'_>);
/// Changes a token whatever its signature; it is signed with the hub's key if the answer is yes.
pub(crate) type Forge = fn(&mut Token, &Deed<'_>) -> bool;
/// Tells whether a good token is to be refused.
pub(crate) type Refuse = fn(&Token, &Deed<'_>) -> bool;
/// Changes a request before the straight hub sees it.
pub(crate) type Rewrite = fn(&mut Request, &Scene);
/// A request which the straight hub gets beforehand, its answer unseen.
pub(crate) type Shadow = fn(&Request, &Scene) -> Option<Request>;
/// A second request, whose answer replaces that of the first.
pub(crate) type Retry = fn(&Exchange<'_>, &Answer) -> Option<Request>;
/// How long the hub hangs before it answers.
pub(crate) type Stall = fn(&Exchange<'_>) -> Duration;
/// Changes an answer before the client sees it.
pub(crate) type Spoil = fn(&mut Answer, &Exchange<'_>);
/// Decides what becomes of an event.
pub(crate) type Divert = fn(Event, &Delivery<'_>) -> Fate;

/// Where a mutant lays its hands on; the steps come in this order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) shadow: Option<Shadow>,
    pub(crate) request: Option<Rewrite>,
    pub(crate) launder: Option<Launder>,
    pub(crate) forge: Option<Forge>,
    pub(crate) refuse: Option<Refuse>,
    pub(crate) retry: Option<Retry>,
    pub(crate) stall: Option<Stall>,
    pub(crate) answer: Option<Spoil>,
    pub(crate) event: Option<Divert>,
    pub(crate) preamble: Option<&'static str>,
    pub(crate) endless: bool,
    pub(crate) mute: bool,
    pub(crate) unlimited: bool,
}

impl Rules {
    /// Breaks nothing.
    pub(crate) const NONE: Self = Self {
        shadow: None,
        request: None,
        launder: None,
        forge: None,
        refuse: None,
        retry: None,
        stall: None,
        answer: None,
        event: None,
        preamble: None,
        endless: false,
        mute: false,
        unlimited: false,
    };
}

impl Mutant {
    /// A mutant of 1.0 that does nothing wrong yet.
    pub(crate) const fn v1(
        name: &'static str,
        requirement: &'static str,
        violation: &'static str,
    ) -> Self {
        Self::new(Dialect::V1, name, requirement, violation)
    }

    /// A mutant of 0.x that does nothing wrong yet.
    pub(crate) const fn v0(
        name: &'static str,
        requirement: &'static str,
        violation: &'static str,
    ) -> Self {
        Self::new(Dialect::V0, name, requirement, violation)
    }

    const fn new(
        dialect: Dialect,
        name: &'static str,
        requirement: &'static str,
        violation: &'static str,
    ) -> Self {
        Self {
            name,
            dialect,
            requirement,
            violation,
            needs: Needs::Anything,
            rules: Rules::NONE,
        }
    }

    /// Shows only on a hub that refuses anonymous subscribers.
    pub(crate) const fn without_anonymous(self) -> Self {
        self.on(Needs::NoAnonymous)
    }

    /// Shows only on such a hub.
    pub(crate) const fn on(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    /// Never ends an event stream.
    pub(crate) const fn endless(mut self) -> Self {
        self.rules.endless = true;
        self
    }

    /// Sends another request beforehand.
    pub(crate) const fn shadow(mut self, shadow: Shadow) -> Self {
        self.rules.shadow = Some(shadow);
        self
    }

    /// Sends no comments on event streams.
    pub(crate) const fn mute(mut self) -> Self {
        self.rules.mute = true;
        self
    }

    /// Answers what the straight hub refuses as too much with an event stream on which nothing comes.
    pub(crate) const fn unlimited(mut self) -> Self {
        self.rules.unlimited = true;
        self
    }

    /// Changes requests.
    pub(crate) const fn request(mut self, rewrite: Rewrite) -> Self {
        self.rules.request = Some(rewrite);
        self
    }

    /// Changes tokens of the hub's own key.
    pub(crate) const fn launder(mut self, launder: Launder) -> Self {
        self.rules.launder = Some(launder);
        self
    }

    /// Signs tokens of other keys.
    pub(crate) const fn forge(mut self, forge: Forge) -> Self {
        self.rules.forge = Some(forge);
        self
    }

    /// Refuses good tokens.
    pub(crate) const fn refuse(mut self, refuse: Refuse) -> Self {
        self.rules.refuse = Some(refuse);
        self
    }

    /// Asks a second time.
    pub(crate) const fn retry(mut self, retry: Retry) -> Self {
        self.rules.retry = Some(retry);
        self
    }

    /// Hangs.
    pub(crate) const fn stall(mut self, stall: Stall) -> Self {
        self.rules.stall = Some(stall);
        self
    }

    /// Changes answers.
    pub(crate) const fn answer(mut self, spoil: Spoil) -> Self {
        self.rules.answer = Some(spoil);
        self
    }

    /// Changes, drops or reorders events.
    pub(crate) const fn event(mut self, divert: Divert) -> Self {
        self.rules.event = Some(divert);
        self
    }

    /// Begins each event stream with these bytes.
    pub(crate) const fn preamble(mut self, text: &'static str) -> Self {
        self.rules.preamble = Some(text);
        self
    }
}
