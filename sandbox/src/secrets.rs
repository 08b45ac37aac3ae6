//! AWS Secrets Manager, as far as secrets of the template are read: each has
//! one version.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::aws_json;
use crate::clock::Clock;
use crate::template::model::{Secret, Stack};
use crate::trail::{Service, TrailContext};

/// The service's name in `X-Amz-Target`.
pub(crate) const TARGET: &str = "secretsmanager";

/// Label of the version that counts; here of the only one.
const CURRENT: &str = "AWSCURRENT";

/// The Secrets Manager of the sandbox. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Secrets {
    created: SystemTime,
    secrets: Arc<RwLock<Vec<Secret>>>,
}

/// Why a request is refused: the type of the error and its message.
type Refusal = (&'static str, String);

impl Secrets {
    /// A service without secrets.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            created: clock.now(),
            secrets: Arc::default(),
        }
    }

    /// Takes over the secrets of a stack.
    pub fn load(&self, stack: &Stack) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.clone_from(&stack.secrets);
    }

    /// Answers a request of the JSON protocol. `context` is the place on the
    /// trail of whoever sent it; the trail never holds a secret.
    pub fn handle(&self, request: Request<Bytes>, context: &TrailContext) -> Response<Bytes> {
        let operation = match aws_json::target(&request) {
            Some((TARGET, operation)) => operation.to_owned(),
            _ => String::new(),
        };
        let body = request.into_body();
        let input: Value = serde_json::from_slice(&body).unwrap_or_default();
        let found = self.find(&input);
        let id = aws_json::text(&input, "SecretId").unwrap_or_default();
        let name = found.as_ref().map_or(id, |secret| &secret.logical_id);
        let mut hop = context.hop(Service::SecretsManager, name, &*operation);
        hop.input(&body);
        match self.answer(&operation, &input, found.as_ref()) {
            Ok(output) => {
                hop.finish("200");
                aws_json::respond(200, aws_json::JSON_1_1, output.to_string())
            }
            Err((error_type, message)) => {
                hop.fail(error_type);
                let body = aws_json::error(error_type, &message);
                aws_json::respond(400, aws_json::JSON_1_1, body)
            }
        }
    }

    fn answer(
        &self,
        operation: &str,
        input: &Value,
        found: Option<&Secret>,
    ) -> Result<Value, Refusal> {
        if !matches!(operation, "GetSecretValue" | "DescribeSecret") {
            let message = format!("the sandbox's Secrets Manager has no operation {operation:?}");
            return Err(("UnknownOperationException", message));
        }
        let missing = |what: &str| {
            let message = format!("Secrets Manager can't find the specified {what}.");
            ("ResourceNotFoundException", message)
        };
        let secret = found.ok_or_else(|| missing("secret"))?;
        let since = self.created.duration_since(SystemTime::UNIX_EPOCH);
        let created = since.map_or(0.0, |since| since.as_secs_f64().round());
        if operation == "DescribeSecret" {
            let mut versions = serde_json::Map::new();
            versions.insert(secret.version_id.clone(), json!([CURRENT]));
            return Ok(json!({
                "ARN": secret.arn,
                "Name": secret.name,
                "CreatedDate": created,
                "VersionIdsToStages": versions,
            }));
        }
        let stage = aws_json::text(input, "VersionStage").unwrap_or(CURRENT);
        let version = aws_json::text(input, "VersionId").unwrap_or(&secret.version_id);
        if stage != CURRENT {
            return Err(missing(&format!("secret value for staging label: {stage}")));
        }
        if version != secret.version_id {
            return Err(missing(&format!("secret value for VersionId: {version}")));
        }
        Ok(json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "VersionId": secret.version_id,
            "SecretString": secret.value,
            "VersionStages": [CURRENT],
            "CreatedDate": created,
        }))
    }

    /// The secret that a request names, by name or ARN.
    fn find(&self, input: &Value) -> Option<Secret> {
        let id = aws_json::text(input, "SecretId")?;
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().find(|secret| secret.is(id)).cloned()
    }
}
