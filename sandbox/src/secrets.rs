//! AWS Secrets Manager, as far as secrets are read and given new values: of each
//! there is the current version and the one before.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::aws_json;
use crate::clock::Clock;
use crate::template::model::{Secret, Stack};
use crate::trail::{Service, TrailContext};

/// The service's name in `X-Amz-Target`.
pub(crate) const TARGET: &str = "secretsmanager";

/// Label of the version that counts.
const CURRENT: &str = "AWSCURRENT";
/// Label of the one that counted before.
const PREVIOUS: &str = "AWSPREVIOUS";

/// The Secrets Manager of the sandbox. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Secrets {
    clock: Clock,
    secrets: Arc<RwLock<Vec<Kept>>>,
}

/// A secret with its versions.
#[derive(Clone)]
struct Kept {
    /// As it was made, with its first value.
    secret: Secret,
    current: Version,
    previous: Option<Version>,
}

#[derive(Clone)]
struct Version {
    id: String,
    value: String,
    created: SystemTime,
}

/// Error of a secret or version that is not there.
const NOT_FOUND: &str = "ResourceNotFoundException";

/// Why a request is refused: the type of the error and its message.
type Refusal = (&'static str, String);

impl Secrets {
    /// A service without secrets.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            secrets: Arc::default(),
        }
    }

    /// Takes over the secrets of a stack. One that is in the stack as it was
    /// keeps the values that it was given since.
    pub fn load(&self, stack: &Stack) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        let kept = stack.secrets.iter().map(|secret| {
            let known = secrets.iter().find(|known| known.secret == *secret);
            known.cloned().unwrap_or_else(|| Kept {
                secret: secret.clone(),
                current: Version {
                    id: secret.version_id.clone(),
                    value: secret.value.clone(),
                    created: self.clock.now(),
                },
                previous: None,
            })
        });
        let kept = kept.collect();
        *secrets = kept;
    }

    /// Answers a request of the JSON protocol. `context` is the place on the
    /// trail of whoever sent it; the trail never holds a secret.
    pub fn handle(&self, request: Request<Bytes>, context: &TrailContext) -> Response<Bytes> {
        let operation = match aws_json::target(&request) {
            Some((TARGET, operation)) => operation.to_owned(),
            _ => String::new(),
        };
        let body = request.into_body();
        let mut input: Value = serde_json::from_slice(&body).unwrap_or_default();
        let value = input.get_mut("SecretString").map(Value::take);
        let id = aws_json::text(&input, "SecretId").unwrap_or_default();
        let found = self.find(id);
        let name = found.as_ref().map_or(id, |kept| &kept.secret.logical_id);
        let mut hop = context.hop(Service::SecretsManager, name, &*operation);
        hop.input(&Bytes::from(input.to_string()));
        let exists = found.is_some();
        let answer = match found {
            _ if !OPERATIONS.contains(&&*operation) => Err((
                "UnknownOperationException",
                format!("the sandbox's Secrets Manager has no operation {operation:?}"),
            )),
            None => Err(missing("secret.")),
            Some(kept) => match &*operation {
                "DescribeSecret" => Ok(describe(&kept)),
                "GetSecretValue" => get(&kept, &input),
                _ => self.put(&kept, &input, value.as_ref().and_then(Value::as_str)),
            },
        };
        match answer {
            Ok(output) => {
                hop.finish("200");
                aws_json::respond(200, aws_json::JSON_1_1, output.to_string())
            }
            Err((error_type, message)) => {
                // A secret that was never changed has no previous version, and
                // whoever asks for that expects it.
                hop.end(error_type, exists && error_type == NOT_FOUND);
                // The member's name is as the service's model has it.
                let body = json!({"__type": error_type, "Message": message}).to_string();
                aws_json::respond(400, aws_json::JSON_1_1, body)
            }
        }
    }

    /// Makes a new version the current one, and the current one the previous.
    fn put(&self, kept: &Kept, input: &Value, value: Option<&str>) -> Result<Value, Refusal> {
        let Some(value) = value else {
            let message = "You must provide either SecretString or SecretBinary.";
            return Err(("InvalidRequestException", message.to_owned()));
        };
        if input.get("VersionStages").is_some() {
            let message =
                "the sandbox's PutSecretValue sets AWSCURRENT alone: leave VersionStages out";
            return Err(("InvalidParameterException", message.to_owned()));
        }
        let token = aws_json::text(input, "ClientRequestToken");
        let id = token.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let same = kept.versions().find(|(version, _)| version.id == id);
        match same {
            // The same request once more, as SDKs send it after a timeout.
            Some((version, _)) if version.value == value => {}
            Some(_) => {
                let message = format!(
                    "You can't use ClientRequestToken {id} because that value is already in use \
                     for a version of secret {}.",
                    kept.secret.arn
                );
                return Err(("ResourceExistsException", message));
            }
            None => {
                let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
                let found = secrets.iter_mut().find(|one| one.secret == kept.secret);
                if let Some(kept) = found {
                    let new = Version {
                        id: id.clone(),
                        value: value.to_owned(),
                        created: self.clock.now(),
                    };
                    kept.previous = Some(std::mem::replace(&mut kept.current, new));
                }
            }
        }
        Ok(json!({
            "ARN": kept.secret.arn,
            "Name": kept.secret.name,
            "VersionId": id,
            "VersionStages": [CURRENT],
        }))
    }

    /// The secret of this name or ARN.
    fn find(&self, id: &str) -> Option<Kept> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().find(|kept| kept.secret.is(id)).cloned()
    }
}

const OPERATIONS: [&str; 3] = ["DescribeSecret", "GetSecretValue", "PutSecretValue"];

impl Kept {
    /// The versions with their labels.
    fn versions(&self) -> impl Iterator<Item = (&Version, &'static str)> {
        let previous = self.previous.iter().map(|version| (version, PREVIOUS));
        std::iter::once((&self.current, CURRENT)).chain(previous)
    }
}

fn describe(kept: &Kept) -> Value {
    let stages = kept.versions();
    let stages = stages.map(|(version, label)| (version.id.clone(), json!([label])));
    json!({
        "ARN": kept.secret.arn,
        "Name": kept.secret.name,
        "CreatedDate": seconds(kept.versions().map(|(version, _)| version.created).min()),
        "VersionIdsToStages": stages.collect::<serde_json::Map<_, _>>(),
    })
}

fn get(kept: &Kept, input: &Value) -> Result<Value, Refusal> {
    let version_id = aws_json::text(input, "VersionId");
    // Without either it is the current one.
    let stage = aws_json::text(input, "VersionStage").or(match version_id {
        Some(_) => None,
        None => Some(CURRENT),
    });
    let mut versions = kept.versions();
    let found = versions.find(|(version, label)| {
        stage.is_none_or(|stage| stage == *label) && version_id.is_none_or(|id| id == version.id)
    });
    let (version, label) = found.ok_or_else(|| {
        missing(&match version_id {
            Some(id) => format!("secret value for VersionId: {id}"),
            None => format!(
                "secret value for staging label: {}",
                stage.unwrap_or(CURRENT)
            ),
        })
    })?;
    Ok(json!({
        "ARN": kept.secret.arn,
        "Name": kept.secret.name,
        "VersionId": version.id,
        "SecretString": version.value,
        "VersionStages": [label],
        "CreatedDate": seconds(Some(version.created)),
    }))
}

fn missing(what: &str) -> Refusal {
    let message = format!("Secrets Manager can't find the specified {what}");
    (NOT_FOUND, message)
}

/// A time as the protocol has it: seconds since 1970.
fn seconds(time: Option<SystemTime>) -> f64 {
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map_or(0.0, |since| since.as_secs_f64().round())
}
