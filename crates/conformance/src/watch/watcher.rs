//! Sees all that passes: reads each exchange, judges it by the rules, remembers what bears on later ones, and tells the first of each
//! finding. Not for bytes: that is [`super::proxy`].

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use assay_client::Dialect;

use crate::{
    answer::{Answer, media_type},
    wire::event_stream::Event,
};

use super::{
    Sighting, excerpt,
    exchange::{Asked, EndedBy, Exchange},
    memory::Memory,
    rules,
    scene::{Place, Scene, Site, When, token_cookies},
    tally::Tally,
};

pub(super) use super::memory::StreamId;

type Tell = Box<dyn FnMut(Sighting) + Send>;

/// Shared by all connections.
pub(super) struct Watcher {
    began: Instant,
    site: Arc<Site>,
    inner: Mutex<Inner>,
}

struct Inner {
    memory: Memory,
    tally: Tally,
    exchanges: u64,
    /// What went wrong between client and hub: how often, and the first sentence.
    troubles: BTreeMap<String, (u64, String)>,
    /// Status → answers of the hub that refused a publication or a subscription.
    refused: BTreeMap<u16, u64>,
    tell: Tell,
}

/// What is left when the watch is over.
pub(super) struct Observed {
    pub(super) tally: Tally,
    pub(super) exchanges: u64,
    pub(super) troubles: BTreeMap<String, (u64, String)>,
    pub(super) refused: BTreeMap<u16, u64>,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

impl Watcher {
    pub(super) fn new(site: Site, tell: Tell) -> Self {
        Self {
            began: Instant::now(),
            site: Arc::new(site),
            inner: Mutex::new(Inner {
                memory: Memory::default(),
                tally: Tally::default(),
                exchanges: 0,
                troubles: BTreeMap::new(),
                refused: BTreeMap::new(),
                tell,
            }),
        }
    }

    /// Since the watch began.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// An exchange whose answer has begun, or will not; the stream that it opened, if it did.
    pub(super) fn exchanged(&self, exchange: Exchange) -> Option<StreamId> {
        let mut inner = self.lock();
        inner.exchanges += 1;
        let scene = self.scene(&inner, exchange);
        let status = scene.answer().map(|it| it.status);
        let refused = status.filter(|it| *it >= 400 && scene.place == Place::Hub);
        if let Some(status) = refused {
            *inner.refused.entry(status).or_default() += 1;
        }
        inner.judge(&scene);
        let stream = inner.memory.learn(&scene);
        inner.tell_counts();
        stream
    }

    /// Whether the body of an answer is to be read along.
    pub(super) fn wants_page(&self, asked: &Asked, answer: &Answer) -> bool {
        let is_text = answer
            .header("content-type")
            .map(media_type)
            .is_some_and(|it| {
                it == "text/html" || it == "application/json" || it.ends_with("+json")
            });
        let names_hub = answer
            .header_values("link")
            .any(|link| link.contains("mercure"));
        let below_hub = asked.target.starts_with(self.site.hub.path());
        let takes_part = names_hub || !token_cookies(answer, &self.site).is_empty();
        is_text && !below_hub && takes_part && (200..300).contains(&answer.status)
    }

    /// The body of such an answer.
    pub(super) fn page(&self, exchange: Exchange, text: &[u8]) {
        let mut inner = self.lock();
        let mut scene = self.scene(&inner, exchange);
        scene.page = Some(String::from_utf8_lossy(text).into_owned());
        inner.judge(&scene);
    }

    /// An event of a stream.
    pub(super) fn event(&self, stream: StreamId, event: &Event) {
        if event.count("id") > 0 {
            self.lock().memory.event(stream, event.id());
        }
    }

    /// The end of a stream.
    pub(super) fn stream_ended(&self, stream: StreamId, by: EndedBy) {
        let at = self.elapsed();
        let mut inner = self.lock();
        inner.memory.ended(stream, by, at);
        inner.tell_counts();
    }

    /// Something that kept client and hub apart.
    pub(super) fn trouble(&self, kind: &str, sentence: &str) {
        let mut inner = self.lock();
        let entry = inner.troubles.entry(kind.to_owned());
        let (count, _) = entry.or_insert_with(|| (0, sentence.to_owned()));
        *count += 1;
        if *count == 1 {
            (inner.tell)(Sighting::Trouble(format!("{kind}: {sentence}")));
        }
    }

    /// What was seen; nothing is afterwards.
    pub(super) fn take(&self) -> Observed {
        let mut inner = self.lock();
        Observed {
            tally: std::mem::take(&mut inner.tally),
            exchanges: inner.exchanges,
            troubles: std::mem::take(&mut inner.troubles),
            refused: std::mem::take(&mut inner.refused),
        }
    }

    fn scene(&self, inner: &Inner, exchange: Exchange) -> Scene {
        let now_s = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let last = |client: &_| -> Option<Dialect> { inner.memory.dialect_of(client) };
        let mut scene = Scene::read(exchange, &self.site, now_s.as_secs_f64(), last);
        scene.before = inner.memory.before(&scene);
        scene
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn judge(&mut self, scene: &Scene) {
        // What a page shows was judged when its head came.
        let is_due = |when: When| scene.is(when) && (scene.page.is_none() || when == When::Page);
        for rule in rules::of(scene.dialect).filter(|rule| is_due(rule.when)) {
            let sight = (rule.judge)(scene);
            let finding = self
                .tally
                .count(scene.dialect, rule, sight, || excerpt::of(scene));
            if let Some(finding) = finding {
                (self.tell)(Sighting::Finding(finding));
            }
        }
    }

    fn tell_counts(&mut self) {
        let (findings, times) = self.tally.findings();
        (self.tell)(Sighting::Counts {
            exchanges: self.exchanges,
            streams: self.memory.open_streams(),
            findings,
            times,
        });
    }
}
