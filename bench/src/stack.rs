//! The whole stack in the sandbox, with release binaries, under a steady load.

use std::thread;

use sandbox::{Options, Sandbox};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::building::{Binaries, root};
use crate::error::{Failure, Result, cannot, failed};
use crate::events::SECRET;
use crate::load::clients::Clients;
use crate::load::{Carried, Load, Place};

/// How many WebSocket clients listen.
const LISTENERS: usize = 10;

/// Has the stack of final carry a load.
///
/// # Errors
/// If it does not start, or breaks.
pub fn carry(binaries: &Binaries, load: Load) -> Result<Carried> {
    let runtime = tokio::runtime::Runtime::new().map_err(cannot("start threads"))?;
    let mut options = Options::new(root().join("final").join("template.yaml"));
    options.binaries = binaries.clone();
    options
        .parameters
        .insert("SigningSecret".to_owned(), SECRET.to_owned());
    let sandbox = runtime
        .block_on(Sandbox::start(options))
        .map_err(cannot("start the stack"))?;
    let place = |output: &str, path: &str| {
        let url = sandbox.output(output);
        let place = url.and_then(|url| Place::of(&url, path));
        place.ok_or_else(|| failed(format!("the stack has no output {output}")))
    };
    let places = (
        place("CloudFrontDomainName", "/webhook")?,
        place("WebSocketApiUrl", "")?,
    );
    let (webhook, api) = places;

    let (done, carried) = oneshot::channel();
    let sending = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(cannot("start the clients"))?;
        let carried = LocalSet::new().block_on(&runtime, async {
            let mut clients = Clients::default();
            clients.grow_to(LISTENERS, &api).await;
            load.carry(&webhook, SECRET, &clients).await
        });
        // Nobody waits for it only if the benchmark ends.
        let _ = done.send(carried);
        Ok::<(), Failure>(())
    });
    let carried = runtime.block_on(carried);
    runtime.block_on(sandbox.shutdown());
    match (sending.join(), carried) {
        (Ok(Ok(())), Ok(carried)) => Ok(carried),
        (Ok(Err(failure)), _) => Err(failure),
        (Err(_), _) | (_, Err(_)) => Err(failed("the stack broke under the load; see above")),
    }
}
