//! The step's stack in the sandbox, with a changed template or another program.

use std::path::PathBuf;

use sandbox::{Options, Sandbox};
use serde_json::Value;
use tempfile::TempDir;

const STEP: &str = "steps/01-webhook-echo";

/// The step's template with one text in place of another, both of which may be empty.
pub fn edited(old: &str, new: &str) -> String {
    let template = book_proofs::root().join(STEP).join("template.yaml");
    let template = std::fs::read_to_string(template)
        .unwrap()
        .replace("\r\n", "\n");
    assert!(template.contains(old), "the template has no {old:?}");
    template.replacen(old, new, 1)
}

/// What came back, and the hops that it took.
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub trail: Value,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn function(&self) -> Option<&Value> {
        let hops = self.trail["hops"].as_array().unwrap();
        hops.iter().find(|hop| hop["service"] == "lambda")
    }

    /// A field of the event that the function got.
    pub fn function_in(&self, field: &str) -> &Value {
        &self.function().unwrap()["in"][field]
    }
}

pub struct Stack {
    pub sandbox: Sandbox,
    _folder: TempDir,
}

impl Stack {
    /// Runs the template with the step's program, or with the one given.
    pub async fn start(template: &str, program: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.yaml");
        std::fs::write(&path, template).unwrap();
        let mut options: Options = book_proofs::options(path, STEP);
        if let Some(program) = program {
            let name = "step-01-webhook".to_owned();
            options.binaries.insert(name, program);
        }
        let sandbox = Sandbox::start(options).await.unwrap();
        Self {
            sandbox,
            _folder: folder,
        }
    }

    pub async fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        let url = self.sandbox.output("RestApiInvokeUrl").unwrap() + path;
        let request = ureq::post(url).config().http_status_as_error(false).build();
        let request = request.content_type("application/json");
        self.answer(request.send(body).unwrap()).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let url = self.sandbox.output("RestApiInvokeUrl").unwrap() + path;
        let request = ureq::get(url).config().http_status_as_error(false).build();
        self.answer(request.call().unwrap()).await
    }

    async fn answer(&self, mut response: ureq::http::Response<ureq::Body>) -> Answer {
        let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
        let trail = self.sandbox.trail(id).await.redacted();
        Answer {
            status: response.status().as_u16(),
            body: response.body_mut().read_to_string().unwrap(),
            trail,
        }
    }

    pub async fn stop(self) {
        self.sandbox.shutdown().await;
    }
}
