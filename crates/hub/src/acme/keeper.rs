//! When to order: at once where there is no certificate, with a third of its time left where there is one, and after a
//! failure again and again, at growing intervals, for as long as the hub lives.

use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::order::OrderError;
use super::until;
use crate::certificate::{Certificate, Shelf};
use crate::limits::{ACME_CLOCK_CHECK, ACME_RETRY_FIRST, ACME_RETRY_LONGEST};

/// See the module.
pub(super) struct Keeper<'a, N> {
    pub(super) shelf: &'a Shelf,
    /// Ends the rest after a failure: a mistake may have been mended.
    pub(super) hurry: &'a Notify,
    pub(super) now: N,
}

impl<N: Fn() -> SystemTime> Keeper<'_, N> {
    /// Orders whenever it is time to, for ever. `order` is told how many attempts have failed since the last certificate.
    pub(super) async fn keep<F>(&self, order: impl Fn(usize) -> F, failed: impl Fn(&'static str))
    where
        F: Future<Output = Result<Certificate, OrderError>>,
    {
        loop {
            self.until_due().await;
            let mut rest = ACME_RETRY_FIRST;
            let mut attempts = 0;
            loop {
                let error = match order(attempts).await {
                    Ok(certificate) => {
                        tracing::info!(until = %until(&certificate), "certificate issued");
                        self.shelf.put(certificate);
                        break;
                    }
                    Err(error) => error,
                };
                attempts += 1;
                failed(error.code());
                self.log(&error, rest);
                tokio::select! {
                    () = sleep(rest) => rest = (rest * 2).min(ACME_RETRY_LONGEST),
                    () = self.hurry.notified() => rest = ACME_RETRY_FIRST,
                }
            }
            // A directory whose certificates are over as soon as they are issued is not asked all the time.
            sleep(ACME_RETRY_FIRST).await;
        }
    }

    /// Looks at the clock now and then: it may be set, and a machine that sleeps does not count.
    async fn until_due(&self) {
        loop {
            let certificate = self.shelf.certificate();
            let due = certificate.and_then(|it| it.validity());
            let left = due.and_then(|it| it.renew_at().duration_since((self.now)()).ok());
            match left {
                Some(left) if !left.is_zero() => sleep(left.min(ACME_CLOCK_CHECK)).await,
                _ => return,
            }
        }
    }

    fn log(&self, error: &OrderError, rest: Duration) {
        let reason = format_args!("certificate.{}", error.code());
        let next_in_s = rest.as_secs();
        match self.shelf.certificate() {
            None => {
                tracing::error!(%reason, next_in_s, "no certificate yet, nobody can connect: {error}");
            }
            Some(certificate) => {
                let until = until(&certificate);
                tracing::warn!(%reason, next_in_s, %until, "certificate not renewed: {error}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
