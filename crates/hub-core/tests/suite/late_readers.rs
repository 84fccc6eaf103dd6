//! Readers of an archive that execute an order when they are told to, and which.

use std::sync::{Arc, Mutex};

use assay_hub_core::history::{ReadOrder, Readers};

/// Clones are the same readers.
#[derive(Clone, Default)]
pub(crate) struct LateReaders(Arc<Mutex<Vec<ReadOrder>>>);

impl Readers for LateReaders {
    fn take(&self, order: ReadOrder) {
        self.0.lock().unwrap().push(order);
    }
}

impl LateReaders {
    /// Orders that wait, those included that nobody waits for any more.
    pub(crate) fn waiting(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Takes one of those that wait, by its place.
    pub(crate) fn pick(&self, place: usize) -> ReadOrder {
        self.0.lock().unwrap().swap_remove(place)
    }

    /// Executes those that wait, and those that are ordered meanwhile.
    pub(crate) fn execute_all(&self) {
        while self.waiting() > 0 {
            self.pick(0).execute();
        }
    }

    /// Gives up what waits, as those who are gone do.
    pub(crate) fn forget(&self) {
        let orders = std::mem::take(&mut *self.0.lock().unwrap());
        drop(orders);
    }
}
