//! A running sandbox: the stack of one template, on loopback.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::net::TcpListener;

mod backends;
mod listeners;
mod options;
mod services;

use backends::Backends;
use listeners::{Key, Listening, Public, Stages, services_key};
pub use options::{Error, Options, Ports};

use crate::addresses::Addresses;
use crate::clock::Clock;
use crate::dynamodb::{DynamoDb, SeedError};
use crate::faults::Faults;
use crate::lambda::{Deployment, Lambda, Reaper, Services};
use crate::secrets::Secrets;
use crate::sns::{Sns, SnsServices};
use crate::sqs::{Message, Queues};
use crate::template::model::{Output, Secret, Stack};
use crate::template::{self, Seed, TemplateError};
use crate::trail::{Recorder, Trail};
use crate::waf::Waf;
use crate::websocket;

/// A running sandbox. Dropped, it ends its functions; [`Sandbox::shutdown`] also
/// waits until they are gone.
pub struct Sandbox {
    options: Options,
    /// What the secrets of its templates are generated from.
    seed: Seed,
    recorder: Recorder,
    faults: Faults,
    lambda: Lambda,
    backends: Arc<Backends>,
    waf: Waf,
    stages: Stages,
    running: Mutex<Running>,
}

struct Running {
    stack: Arc<Stack>,
    addresses: Addresses,
    listening: HashMap<Key, Listening>,
}

impl Sandbox {
    /// Starts the stack of a template. When it returns, everything answers.
    ///
    /// # Errors
    /// [`Error`], in one clear message; nothing is left running.
    pub async fn start(options: Options) -> Result<Self, Error> {
        // A thousand clients are more than the usual limit of 256 or 1,024 open
        // files. If it cannot be raised, what fits is served.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        let seed = Seed::fresh();
        let stack = load(&options, &options.parameters, seed)?;
        let reaper = options
            .reaper
            .as_ref()
            .map(|(program, arguments)| Reaper::start(program, arguments));
        let reaper = reaper.transpose().map_err(system("start the reaper"))?;
        let faults = Faults::default();
        options
            .faults
            .iter()
            .cloned()
            .for_each(|fault| faults.add(fault));
        let clock = options.clock.clone();
        let recorder = Recorder::new(clock.clone(), options.console.clone());
        let lambda = Lambda::new(
            clock.clone(),
            options.console.clone(),
            faults.clone(),
            reaper,
        )?;
        let queues = Queues::new(clock.clone());
        let sns = Sns::new(SnsServices {
            functions: Arc::new(lambda.clone()),
            queues: queues.clone(),
            faults: faults.clone(),
            clock,
        });
        let dynamodb = DynamoDb::new(options.clock.clone(), faults.clone());
        dynamodb.set_page_bytes(options.scan_page_bytes);
        let waf = Waf::new(options.clock.clone());
        let stages = Stages::default();
        let backends = Arc::new(Backends {
            sns,
            queues,
            dynamodb,
            secrets: Secrets::new(&options.clock),
            lambda: lambda.clone(),
            stages: stages.clone(),
            faults: faults.clone(),
            console: options.console.clone(),
        });
        let as_services: Arc<dyn Services> = backends.clone();
        lambda.connect(Arc::downgrade(&as_services));
        let running = Running {
            stack: Arc::new(Stack::default()),
            addresses: Addresses::default(),
            listening: HashMap::new(),
        };
        let running = Mutex::new(running);
        let sandbox = Self {
            options,
            seed,
            recorder,
            faults,
            lambda,
            backends,
            waf,
            stages,
            running,
        };
        let binaries = sandbox.options.binaries.clone();
        sandbox.apply(stack, &binaries).await?;
        Ok(sandbox)
    }

    /// Reads the template again, after it was saved or with other parameters or
    /// binaries. Listeners keep their ports; on an error all stays as it was.
    ///
    /// # Errors
    /// As [`Sandbox::start`].
    pub async fn reload(
        &self,
        parameters: &BTreeMap<String, String>,
        binaries: &BTreeMap<String, PathBuf>,
    ) -> Result<(), Error> {
        let stack = load(&self.options, parameters, self.seed)?;
        self.apply(stack, binaries).await
    }

    /// Runs these binaries from now on; events that are under way finish with
    /// the old ones.
    ///
    /// # Errors
    /// If one is missing; then the old ones run on.
    pub async fn replace_binaries(
        &self,
        binaries: &BTreeMap<String, PathBuf>,
    ) -> Result<(), Error> {
        let (stack, addresses) = {
            let running = self.running();
            (running.stack.clone(), running.addresses.clone())
        };
        let deployments = deployments(&stack, &addresses, binaries)?;
        Ok(self.lambda.deploy(deployments).await?)
    }

    async fn apply(&self, stack: Stack, binaries: &BTreeMap<String, PathBuf>) -> Result<(), Error> {
        // Whatever can fail comes before whatever changes something.
        let publics = Public::of(&stack);
        let before = self.listening();
        let stays = |key: &Key| publics.iter().any(|public| public.key() == *key);
        // What was renamed keeps its port: it takes over a listener of its kind
        // that would close.
        let mut leaving: Vec<_> = before.iter().filter(|(key, _)| !stays(key)).collect();
        let mut renamed = Vec::new();
        let mut addresses = Addresses::default();
        let mut opened = Vec::new();
        for public in &publics {
            let key = public.key();
            let successor = leaving.iter().rposition(|((kind, _), _)| *kind == key.0);
            let address = if let Some(address) = before.get(&key) {
                *address
            } else if let Some(index) = successor {
                let (old, address) = leaving.remove(index);
                renamed.push((old.clone(), key));
                *address
            } else {
                let taken = before
                    .values()
                    .chain(opened.iter().map(|(_, address, _)| address));
                let listener = self.listen(taken, &key.1).await?;
                let address = listener
                    .local_addr()
                    .map_err(system("read a listener's port"))?;
                opened.push((public.clone(), address, listener));
                address
            };
            public.register(&mut addresses, address);
        }
        let deployments = deployments(&stack, &addresses, binaries)?;
        self.backends.sns.load(&stack)?;
        if let Err(error) = self.lambda.deploy(deployments).await {
            // It took the old topics before: it takes them again.
            self.backends.sns.load(&self.stack())?;
            return Err(error.into());
        }
        self.backends.queues.load(&stack);
        self.backends.dynamodb.load(&stack)?;
        self.waf.load(&stack);
        self.backends.secrets.load(&stack);
        let mut running = self.running();
        for (old, new) in renamed {
            if let Some(listening) = running.listening.remove(&old) {
                running.listening.insert(new, listening);
            }
        }
        let wanted: Vec<Key> = publics.iter().map(Public::key).collect();
        running.listening.retain(|key, _| wanted.contains(key));
        for public in publics {
            if let Some(listening) = running.listening.get(&public.key()) {
                listening.update(public);
            }
        }
        for (public, address, listener) in opened {
            let key = public.key();
            let listening = self.serve(public, address, listener);
            running.listening.insert(key, listening);
        }
        self.stages.renew(running.listening.values());
        running.stack = Arc::new(stack);
        running.addresses = addresses;
        Ok(())
    }

    /// Addresses of the listeners there are.
    fn listening(&self) -> BTreeMap<Key, SocketAddr> {
        let running = self.running();
        let listening = running.listening.iter();
        listening
            .map(|(key, listening)| (key.clone(), listening.address))
            .collect()
    }

    /// Listens for the resource `name`: on the first port that is not one of our
    /// own.
    async fn listen(
        &self,
        taken: impl Iterator<Item = &SocketAddr>,
        name: &str,
    ) -> Result<TcpListener, Error> {
        let taken: Vec<u16> = taken.map(SocketAddr::port).collect();
        let port = match self.options.ports {
            Ports::Free => 0,
            Ports::From(first) => (first..=u16::MAX)
                .find(|port| !taken.contains(port))
                .unwrap_or(0),
        };
        TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => Error::PortInUse {
                    port,
                    name: name.to_owned(),
                },
                _ => Error::System {
                    what: "listen on 127.0.0.1",
                    source,
                },
            })
    }

    /// Says good-bye to WebSocket clients, ends every function and waits until
    /// its process is gone.
    pub async fn shutdown(self) {
        for stage in self.stages.websockets() {
            stage.close().await;
        }
        self.running().listening.clear();
        self.lambda.shutdown().await;
    }

    /// The stack that runs.
    #[must_use]
    pub fn stack(&self) -> Arc<Stack> {
        self.running().stack.clone()
    }

    /// The outputs of the stack, with addresses of this machine.
    #[must_use]
    pub fn outputs(&self) -> Vec<Output> {
        let running = self.running();
        let localized = running.stack.outputs.iter().map(|output| Output {
            value: running.addresses.localize(&output.value),
            ..output.clone()
        });
        localized.collect()
    }

    /// The value of one output, if the template has it.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<String> {
        self.outputs()
            .into_iter()
            .find(|output| output.name == name)
            .map(|output| output.value)
    }

    /// URL at which DynamoDB, SQS, SNS, Secrets Manager and Lambda's Invoke
    /// answer, e.g. for `aws --endpoint-url`: there is one if the stack has a
    /// topic, a queue or a table.
    #[must_use]
    pub fn services_url(&self) -> Option<String> {
        let running = self.running();
        let listening = running.listening.get(&services_key())?;
        Some(format!("http://{}", listening.address))
    }

    /// Waits until the trail with this id has settled. Ids are the values of the
    /// response headers `x-amzn-RequestId` and, of a distribution, `X-Amz-Cf-Id`.
    pub async fn trail(&self, id: &str) -> Trail {
        self.recorder.wait_until_settled(id).await
    }

    /// What is in the queue with this logical id.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        self.backends.queues.messages(queue)
    }

    /// The items of the table with this logical id, as DynamoDB writes them, in
    /// a fixed order.
    #[must_use]
    pub fn items(&self, table: &str) -> Vec<Value> {
        self.backends.dynamodb.items(table)
    }

    /// Puts items into the table with this logical id, all at once and without a
    /// trail, e.g. `json!({"id": {"S": "x"}})`.
    ///
    /// # Errors
    /// [`SeedError`] if there is no such table or it does not take one of them.
    pub fn put_items(
        &self,
        table: &str,
        items: impl IntoIterator<Item = Value>,
    ) -> Result<(), SeedError> {
        self.backends.dynamodb.put_items(table, items)
    }

    /// Number of clients that are connected to the WebSocket APIs.
    #[must_use]
    pub fn connections(&self) -> usize {
        let stages = self.stages.websockets();
        stages.iter().map(websocket::Stage::connections).sum()
    }

    /// Waits until exactly `count` clients are connected to the WebSocket API with
    /// this logical id, and `$disconnect` has run for all that have left. Returns
    /// at once if there is no such API.
    pub async fn wait_until_connected(&self, api: &str, count: usize) {
        let stack = self.stack();
        let mut apis = stack.websocket_apis.iter();
        let id = apis
            .find(|known| known.logical_id == api)
            .map(|api| &api.id);
        if let Some(stage) = id.and_then(|id| self.stages.websocket(id)) {
            stage.wait_until_connected(count).await;
        }
    }

    /// The failures that are switched on.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The sandbox's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.options.clock
    }

    /// The functions.
    #[must_use]
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    /// The trails.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The template file that runs.
    #[must_use]
    pub fn template(&self) -> &Path {
        &self.options.template
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.lambda.close();
    }
}

/// The stack of the template, with the secrets that are there beside it.
fn load(
    options: &Options,
    parameters: &BTreeMap<String, String>,
    seed: Seed,
) -> Result<Stack, TemplateError> {
    let mut stack = template::load_with(&options.template, parameters, seed)?;
    let others = options.secrets.iter();
    stack.secrets.extend(
        others
            .map(|(arn, value)| Secret::beside_the_stack(arn, value, seed.version_id(arn, value))),
    );
    Ok(stack)
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { what, source }
}

/// The functions of a stack with their binaries, their variables localized.
fn deployments(
    stack: &Stack,
    addresses: &Addresses,
    binaries: &BTreeMap<String, PathBuf>,
) -> Result<Vec<Deployment>, Error> {
    let deployments = stack.functions.iter().map(|function| {
        let binary = binaries
            .get(&function.binary)
            .cloned()
            .ok_or_else(|| Error::NoBinary {
                template: stack.template.clone(),
                line: function.line,
                function: function.logical_id.clone(),
                binary: function.binary.clone(),
            })?;
        let mut function = function.clone();
        for value in function.environment.values_mut() {
            *value = addresses.localize_for_function(value);
        }
        Ok(Deployment { function, binary })
    });
    deployments.collect()
}
