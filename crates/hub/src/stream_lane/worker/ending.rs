//! How streams of a lane end: their peer stalls, their time is over, or the hub closes.

use std::io;
use std::time::{Duration, Instant};

use assay_hub_core::CloseReason;

use super::{LAST_CHUNK, Worker, chunk};
use crate::stream_lane::alarms::Alarm;
use crate::stream_lane::ends::{log_end, log_gone};

impl Worker {
    /// Cuts a stream whose peer has not read for too long.
    pub(super) fn check_stall(&mut self, key: usize, now: Instant) {
        let stream = &mut self.streams[key];
        stream.is_watched = false;
        if !stream.is_blocked() {
            return;
        }
        let stalled_for = now.saturating_duration_since(stream.last_sent);
        if self
            .settings
            .write_timeout
            .is_some_and(|timeout| stalled_for >= timeout)
        {
            log_gone(
                &self.shared.counts,
                stream,
                Some(io::ErrorKind::TimedOut.into()),
            );
            self.remove(key);
        } else {
            self.watch(key);
        }
    }

    /// Ends a stream: its peer gets what is already on the way and the end, if it reads them before `cut_at`.
    pub(super) fn finish(&mut self, key: usize, reason: &'static str, cut_at: Option<Instant>) {
        let stream = &mut self.streams[key];
        let Some(subscriber) = stream.subscriber.take() else {
            return;
        };
        self.lane.leave(subscriber);
        log_end(&self.shared.counts, stream, reason);
        stream.forget_unsent();
        stream.enqueue(LAST_CHUNK);
        self.alarms.set(cut_at, Alarm::Cut, stream.id(key));
        let written = stream.flush(Instant::now());
        self.wrote(key, written);
    }

    /// Ends all streams, each in its turn, and as soon as its peer has taken what waits for it.
    pub(super) fn close(&mut self, reason: CloseReason) {
        self.is_closing = true;
        let now = Instant::now();
        let streams: Vec<_> = self.streams.iter().map(|(key, it)| it.id(key)).collect();
        for id in streams {
            let subscriber = self.streams[id.key].subscriber.as_ref();
            let delay = match subscriber {
                Some(subscriber) if subscriber.is_live() => self.settings.farewell.delay(),
                _ => Duration::ZERO,
            };
            if delay.is_zero() {
                self.bid_farewell(id.key, reason);
            } else {
                self.alarms.set(now.checked_add(delay), Alarm::Farewell, id);
            }
        }
    }

    pub(super) fn bid_farewell(&mut self, key: usize, reason: CloseReason) {
        let stream = &mut self.streams[key];
        if let Some(subscriber) = stream.subscriber.take() {
            self.lane.leave(subscriber);
            log_end(&self.shared.counts, stream, reason.code());
            if let Some(retry) = self.settings.farewell.retry() {
                stream.enqueue(chunk(&retry));
            }
            stream.enqueue(LAST_CHUNK);
        }
        let written = stream.flush(Instant::now());
        self.wrote(key, written);
    }

    pub(super) fn remove(&mut self, key: usize) {
        let mut stream = self.streams.remove(key);
        stream.hang_up();
        if let Some(subscriber) = stream.subscriber.take() {
            self.lane.leave(subscriber);
        }
        let streams = &self.streams;
        self.alarms.sweep(streams.len(), |id| {
            streams
                .get(id.key)
                .is_some_and(|stream| stream.serial == id.serial)
        });
    }
}
