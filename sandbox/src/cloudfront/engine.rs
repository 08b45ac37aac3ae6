//! The JavaScript engine: runs a CloudFront Function for one event after the
//! other, each in a context of its own, so that nothing of one request is left
//! for the next.
//!
//! A Function can reach nothing of the machine: the engine knows the language
//! and `console` alone. Its time, memory and stack are bounded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rquickjs::context::EvalOptions;
use rquickjs::function::Rest;
use rquickjs::promise::MaybePromise;
use rquickjs::{
    CatchResultExt, CaughtError, Coerced, Context, Ctx, Exception, Function, Object, Runtime, Value,
};
use tokio::sync::oneshot;

/// How much a Function may do, in turns of the engine: each is ten thousand
/// jumps and calls. CloudFront gives it less than a millisecond of its
/// processor; this only ends what never ends, and the same on every machine.
const TURNS: u32 = 200;
/// How long a run is waited for, on the machine's clock: a few loops inside of
/// the engine have no turns.
const PATIENCE: Duration = Duration::from_secs(10);
/// Memory of the engine with the Function in it, in bytes. (CloudFront gives a
/// Function 2 MB.)
const MEMORY_LIMIT: usize = 4 * 1024 * 1024;
/// Stack of the engine, and of its thread.
const STACK_LIMIT: usize = 256 * 1024;
const THREAD_STACK: usize = 1024 * 1024;
/// How much a Function can log for one event.
const LOG_LINES: usize = 20;
const LOG_LINE: usize = 500;

const ENDLESS: &str = "the Function ran for too long";

/// A Function at work: a thread that ends when this is dropped.
pub(super) struct Engine {
    calls: Option<mpsc::Sender<Call>>,
}

struct Call {
    event: String,
    run: oneshot::Sender<Run>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The returned value as JSON, or why there is none.
    pub(super) returned: Result<String, String>,
    /// What the Function wrote to `console`.
    pub(super) log: Vec<String>,
}

impl Run {
    /// A run that came to nothing.
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self {
            returned: Err(reason.into()),
            log: Vec::new(),
        }
    }
}

impl Engine {
    /// Starts the engine of a Function with this code.
    pub(super) fn start(code: String) -> Self {
        let (calls, receiver) = mpsc::channel();
        let started = thread().spawn(move || work(&code, &receiver));
        Self {
            calls: started.is_ok().then_some(calls),
        }
    }

    /// Runs the Function for an event, which is JSON.
    pub(super) async fn run(&self, event: String) -> Run {
        let (run, answer) = oneshot::channel();
        let call = Call { event, run };
        let sent = self.calls.as_ref().map(|calls| calls.send(call));
        match sent {
            Some(Ok(())) => match tokio::time::timeout(PATIENCE, answer).await {
                Ok(Ok(run)) => run,
                Ok(Err(_)) => Run::failed("the engine stopped"),
                Err(_) => Run::failed(ENDLESS),
            },
            _ => Run::failed("the engine does not run"),
        }
    }
}

/// Whether this is code that has a handler, or why not.
pub(super) fn check(code: String) -> Result<(), String> {
    let (sender, verdict) = mpsc::channel();
    let work = move || {
        let checked = Instance::new(&code).and_then(|instance| instance.check());
        // Whoever asked may have lost patience.
        let _ = sender.send(checked);
    };
    thread()
        .spawn(work)
        .map_err(|error| format!("the engine does not start: {error}"))?;
    verdict
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| Err(ENDLESS.to_owned()))
}

fn thread() -> thread::Builder {
    thread::Builder::new()
        .name("cloudfront-function".to_owned())
        .stack_size(THREAD_STACK)
}

/// The engine's thread. The next context is made ready while nobody waits.
fn work(code: &str, calls: &mpsc::Receiver<Call>) {
    let mut ready = Instance::new(code);
    for call in calls {
        let run = match &ready {
            Ok(instance) => instance.run(&call.event),
            Err(reason) => Run::failed(reason.as_str()),
        };
        // Whoever asked may be gone.
        let _ = call.run.send(run);
        drop(ready);
        ready = Instance::new(code);
    }
}

/// A fresh engine with the Function's code in it.
struct Instance {
    context: Context,
    turns: Rc<Cell<u32>>,
    log: Rc<RefCell<Vec<String>>>,
}

impl Instance {
    fn new(code: &str) -> Result<Self, String> {
        let unavailable = |error: rquickjs::Error| format!("the engine does not start: {error}");
        let runtime = Runtime::new().map_err(unavailable)?;
        runtime.set_memory_limit(MEMORY_LIMIT);
        runtime.set_max_stack_size(STACK_LIMIT);
        let turns = Rc::new(Cell::new(0));
        let taken = turns.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            taken.set(taken.get() + 1);
            taken.get() > TURNS
        })));
        let context = Context::full(&runtime).map_err(unavailable)?;
        let instance = Self {
            context,
            turns,
            log: Rc::default(),
        };
        instance.context.with(|ctx| {
            instance.console(&ctx).map_err(unavailable)?;
            let mut options = EvalOptions::default();
            options.strict = false;
            options.filename = Some("function.js".to_owned());
            ctx.eval_with_options::<(), _>(code, options)
                .catch(&ctx)
                .map_err(|error| instance.told(&error))
        })?;
        Ok(instance)
    }

    fn console(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        let log = self.log.clone();
        let write = Function::new(ctx.clone(), move |words: Rest<Coerced<String>>| {
            let words: Vec<String> = words.0.into_iter().map(|word| word.0).collect();
            let mut log = log.borrow_mut();
            if log.len() < LOG_LINES {
                log.push(words.join(" ").chars().take(LOG_LINE).collect());
            }
        })?;
        let console = Object::new(ctx.clone())?;
        console.set("log", write.clone())?;
        console.set("error", write)?;
        ctx.globals().set("console", console)
    }

    fn run(&self, event: &str) -> Run {
        self.turns.set(0);
        let returned = self.context.with(|ctx| {
            Self::call(&ctx, event)
                .catch(&ctx)
                .map_err(|error| self.told(&error))
        });
        Run {
            returned,
            log: self.log.take(),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.context.with(|ctx| {
            let handler = Self::handler(&ctx).catch(&ctx);
            handler.map(drop).map_err(|error| self.told(&error))
        })
    }

    fn handler<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
        let handler: Value = ctx.eval("typeof handler === 'function' ? handler : null")?;
        handler
            .into_function()
            .ok_or_else(|| Exception::throw_type(ctx, "it has no function named handler"))
    }

    /// The value that the handler returns, or its promise keeps, as JSON.
    fn call(ctx: &Ctx<'_>, event: &str) -> rquickjs::Result<String> {
        let handler = Self::handler(ctx)?;
        let event = ctx.json_parse(event)?;
        let returned: MaybePromise = handler.call((event,))?;
        let value: Value = returned.finish()?;
        // `undefined` has no JSON.
        match ctx.json_stringify(value)? {
            Some(json) => json.to_string(),
            None => Ok("null".to_owned()),
        }
    }

    /// An error in words.
    fn told(&self, error: &CaughtError<'_>) -> String {
        if self.turns.get() > TURNS {
            return ENDLESS.to_owned();
        }
        let text = match error {
            CaughtError::Error(rquickjs::Error::WouldBlock) => {
                "the promise of the Function is never kept".to_owned()
            }
            CaughtError::Error(error) => error.to_string(),
            CaughtError::Exception(exception) => {
                let message = exception.message().unwrap_or_default();
                let stack = exception.stack().unwrap_or_default();
                match stack.lines().next() {
                    Some(place) => format!("{message} ({})", place.trim()),
                    None => message,
                }
            }
            // Without memory there is none for an exception either.
            CaughtError::Value(value) if value.is_null() => {
                format!("the Function needs more than {MEMORY_LIMIT} bytes of memory")
            }
            CaughtError::Value(value) => match value.as_string().map(rquickjs::String::to_string) {
                Some(Ok(text)) => text,
                _ => "the Function threw what is no error".to_owned(),
            },
        };
        text.chars().take(LOG_LINE).collect()
    }
}
