//! What follows from the version of a resource that is deployed now.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

/// Keeps what was made of the resource until a newer version is sent.
pub(crate) struct Current<R, M> {
    resource: watch::Receiver<Arc<R>>,
    make: fn(Arc<R>) -> M,
    made: RwLock<(Arc<R>, Arc<M>)>,
}

impl<R, M> Current<R, M> {
    pub(crate) fn new(resource: watch::Receiver<Arc<R>>, make: fn(Arc<R>) -> M) -> Self {
        let first = resource.borrow().clone();
        let made = Arc::new(make(first.clone()));
        Self {
            resource,
            make,
            made: RwLock::new((first, made)),
        }
    }

    /// What is in force: made of the version that was last sent, not of the one
    /// that was last looked at.
    pub(crate) fn get(&self) -> Arc<M> {
        let resource = self.resource.borrow().clone();
        {
            let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&made.0, &resource) {
                return made.1.clone();
            }
        }
        let made = Arc::new((self.make)(resource.clone()));
        let mut known = self.made.write().unwrap_or_else(PoisonError::into_inner);
        *known = (resource, made.clone());
        made
    }
}
