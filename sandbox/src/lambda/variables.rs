//! The environment variables of a function's process.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::files::Files;
use crate::addresses::DOOR;
use crate::aws;
use crate::template::model::Function;

/// Variables of the machine that a process may need and that say nothing about
/// its user: where programs are, and on Windows where the system is (sockets do
/// not work without `SystemRoot`). Everything else stays outside: `HOME` leads
/// to AWS credentials.
const PASSED_ON: [&str; 6] = ["PATH", "SystemRoot", "SystemDrive", "TEMP", "TMP", "TMPDIR"];

/// All variables of an environment: those of the machine that are harmless, the
/// function's own, Lambda's ("Working with Lambda environment variables"), and
/// the endpoints that keep every AWS call on this machine.
pub fn variables(
    function: &Function,
    address: SocketAddr,
    files: &Files,
    services: &[&str],
    log_stream: &str,
) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = PASSED_ON
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    let mut set = |name: &str, value: &str| all.insert(name.to_owned(), value.to_owned());
    let folder = files.folder().to_string_lossy();
    let empty = files.empty();
    let empty = empty.to_string_lossy();

    set("AWS_LAMBDA_RUNTIME_API", &address.to_string());
    set("_HANDLER", &function.handler);
    set("AWS_REGION", aws::REGION);
    set("AWS_DEFAULT_REGION", aws::REGION);
    set("AWS_LAMBDA_FUNCTION_NAME", &function.name);
    set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    set(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        &function.memory_size.to_string(),
    );
    set(
        "AWS_LAMBDA_LOG_GROUP_NAME",
        &format!("/aws/lambda/{}", function.name),
    );
    set("AWS_LAMBDA_LOG_STREAM_NAME", log_stream);
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    set("LAMBDA_TASK_ROOT", &folder);
    set("LAMBDA_RUNTIME_DIR", &folder);
    set("LANG", "en_US.UTF-8");
    set("TZ", ":UTC");

    // Made-up credentials, so that the SDK signs; nothing here checks them.
    set("AWS_ACCESS_KEY_ID", "SANDBOXACCESSKEY");
    set("AWS_SECRET_ACCESS_KEY", "sandbox");
    set("AWS_SESSION_TOKEN", "sandbox");
    // The places where an SDK would look for the user's own.
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_CONFIG_FILE", &empty);
    set("AWS_SHARED_CREDENTIALS_FILE", &empty);

    // Services that the sandbox lacks answer an error here too: no request may
    // leave the machine.
    set("AWS_ENDPOINT_URL", &format!("http://{address}/unknown"));
    for service in services {
        let path = service.to_ascii_lowercase();
        set(
            &format!("AWS_ENDPOINT_URL_{service}"),
            &format!("http://{address}/{path}"),
        );
    }
    let own = function.environment.iter();
    all.extend(own.map(|(name, value)| {
        let value = value.replace(DOOR, &address.to_string());
        (name.clone(), value)
    }));
    all
}
