use std::collections::BTreeMap;
use std::time::Duration;

/// An API Gateway WebSocket API with its stage.
#[derive(Clone, Debug)]
pub struct WebSocketApi {
    /// Logical id.
    pub logical_id: String,
    /// Id of the API (`Ref`).
    pub id: String,
    /// Name of the stage.
    pub stage: String,
    /// `RouteSelectionExpression`, e.g. `$request.body.action`.
    pub route_selection: String,
    /// Routes and their functions.
    pub routes: Vec<WebSocketRoute>,
    /// Variables of the stage.
    pub stage_variables: BTreeMap<String, String>,
    /// Who decides on `$connect` before its function runs.
    pub authorizer: Option<WebSocketAuthorizer>,
    /// How many connections are accepted, where the template says it.
    pub connect_throttle: Option<Rate>,
}

/// A route of a WebSocket API, answered by a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketRoute {
    /// `$connect`, `$disconnect`, `$default` or a key of the route selection.
    pub key: String,
    /// Logical id of the function.
    pub function: String,
    /// Integration timeout; 29 s unless the template says less.
    pub timeout: Duration,
    /// Whether the function's body goes back to the client: the route has a
    /// route response and asks for it.
    pub responds: bool,
}

/// A REQUEST authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketAuthorizer {
    /// Logical id of the function.
    pub function: String,
    /// What a client must send, e.g. `route.request.querystring.token`.
    pub identity_sources: Vec<String>,
}

/// A limit of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests per second.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}
