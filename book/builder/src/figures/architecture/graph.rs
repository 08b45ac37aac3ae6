//! Nodes and edges of a stack, as far as requests and events go through them.

use sandbox::template::model::{Endpoint, Function, Stack};

/// Where a node stands: column and row of the grid.
pub type Place = (usize, usize);

/// A resource, or somebody outside.
#[derive(Debug)]
pub struct Node {
    /// Logical id, or who it is.
    pub name: String,
    /// The service, as AWS calls it; empty for somebody outside.
    pub service: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether only a parameter brings it in.
    pub on_request: bool,
    /// Names of a function's environment variables: what it is told of.
    pub told: Vec<String>,
}

/// Something goes from one node to another.
#[derive(Debug)]
pub struct Edge {
    /// Index of the node that starts it.
    pub from: usize,
    /// Index of the node that takes it.
    pub to: usize,
    /// What the one does to the other, for the description: `invokes`.
    pub verb: &'static str,
    /// Short text beside the line.
    pub label: String,
    /// Whether it is the way round, or what happens only when something fails.
    pub is_side: bool,
}

/// What is drawn.
#[derive(Debug, Default)]
pub struct Graph {
    /// Resources on the way of requests and events.
    pub nodes: Vec<Node>,
    /// Their connections.
    pub edges: Vec<Edge>,
    /// Types of the other resources, shortened: `Alarm`.
    pub aside: Vec<String>,
}

pub(super) const PROVIDER: &str = "payment provider";
pub(super) const CLIENTS: &str = "WebSocket clients";

impl Graph {
    /// The graph of `full`; what `plain` lacks is there on request only.
    pub fn of(full: &Stack, plain: &Stack) -> Self {
        let mut graph = Self::default();
        let known = identities(plain);
        graph.add_nodes(full, &|id| !known.contains(&id));
        graph.add_edges(full);
        graph.aside = aside(full);
        graph
    }

    /// Whether the same node is in this graph, too, and is told of the same.
    pub fn has(&self, node: &Node) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|own| own.name == node.name && own.told == node.told)
    }

    fn add_nodes(&mut self, stack: &Stack, on_request: &dyn Fn(&str) -> bool) {
        let mut add = |name: &str, service, place| {
            self.nodes.push(Node {
                name: name.to_owned(),
                service,
                place,
                on_request: on_request(name),
                told: told(stack, name),
            });
        };
        if !stack.rest_apis.is_empty() {
            add(PROVIDER, "", (0, 0));
        }
        for distribution in &stack.distributions {
            add(&distribution.logical_id, "CloudFront", (1, 0));
        }
        for acl in &stack.web_acls {
            add(&acl.logical_id, "WAF", (2, 0));
        }
        for api in &stack.rest_apis {
            add(&api.logical_id, "API Gateway REST API", (3, 0));
        }
        for topic in stack
            .topics
            .iter()
            .filter(|topic| is_on_the_way(stack, &topic.arn))
        {
            add(&topic.logical_id, "SNS topic", (2, 1));
        }
        for api in &stack.websocket_apis {
            add(&api.logical_id, "API Gateway WebSocket API", (1, 2));
            add(CLIENTS, "", (0, 2));
        }
        for function in &stack.functions {
            add(
                &function.logical_id,
                "Lambda",
                function_place(stack, function),
            );
        }
        for table in &stack.tables {
            add(&table.logical_id, "DynamoDB table", (2, 3));
        }
        for queue in &stack.queues {
            add(&queue.logical_id, "SQS queue", (3, 2));
        }
        for node in &mut self.nodes {
            // Somebody outside is never created.
            node.on_request &= !node.service.is_empty();
        }
        self.part();
    }

    /// Moves what stands where something else stands to the next free row.
    fn part(&mut self) {
        for index in 1..self.nodes.len() {
            while self.nodes[..index]
                .iter()
                .any(|other| other.place == self.nodes[index].place)
            {
                self.nodes[index].place.1 += 1;
            }
        }
    }

    fn add_edges(&mut self, stack: &Stack) {
        let acl = stack.web_acls.first().map(|acl| acl.logical_id.as_str());
        for api in &stack.rest_apis {
            let door = acl.unwrap_or(&api.logical_id);
            for distribution in &stack.distributions {
                self.edge(PROVIDER, &distribution.logical_id, "calls", "", false);
                self.edge(&distribution.logical_id, door, "forwards to", "", false);
            }
            let is_side = !stack.distributions.is_empty();
            let label = if is_side { "regional URL" } else { "" };
            self.edge(PROVIDER, door, "calls", label, is_side);
            if let Some(acl) = acl {
                self.edge(acl, &api.logical_id, "lets through to", "", false);
            }
            for route in &api.routes {
                let label = format!("{} {}", route.method, route.path);
                self.edge(&api.logical_id, &route.function, "invokes", &label, false);
            }
        }
        for api in &stack.websocket_apis {
            self.edge(CLIENTS, &api.logical_id, "connect to", "", false);
            for route in &api.routes {
                self.edge(
                    &api.logical_id,
                    &route.function,
                    "invokes",
                    &route.key,
                    false,
                );
            }
        }
        for subscription in &stack.subscriptions {
            let topic = stack
                .topics
                .iter()
                .find(|topic| topic.arn == subscription.topic);
            let Some(topic) = topic else { continue };
            if let Endpoint::Lambda(arn) = &subscription.endpoint
                && let Some(function) = stack.functions.iter().find(|function| function.arn == *arn)
            {
                self.edge(
                    &topic.logical_id,
                    &function.logical_id,
                    "invokes",
                    "",
                    false,
                );
            }
            self.failures(
                stack,
                &topic.logical_id,
                subscription.dead_letter.as_deref(),
            );
        }
        for function in &stack.functions {
            self.calls(stack, function);
            let asynchronous = &function.asynchronous;
            for arn in [&asynchronous.on_failure, &asynchronous.dead_letter] {
                self.failures(stack, &function.logical_id, arn.as_deref());
            }
        }
    }

    /// What a function calls, as its environment tells: names, ARNs and endpoints.
    fn calls(&mut self, stack: &Stack, function: &Function) {
        let id = &function.logical_id;
        let knows = |what: &str| {
            function
                .environment
                .values()
                .any(|value| value.contains(what))
        };
        for topic in stack.topics.iter().filter(|topic| knows(&topic.arn)) {
            self.edge(id, &topic.logical_id, "publishes to", "Publish", false);
        }
        for table in stack.tables.iter().filter(|table| knows(&table.name)) {
            self.edge(id, &table.logical_id, "reads or writes", "", false);
        }
        for api in &stack.websocket_apis {
            let is_routed = api.routes.iter().any(|route| route.function == *id);
            if knows(&format!("{}.execute-api", api.id)) && !is_routed {
                self.edge(id, &api.logical_id, "posts to", "@connections", false);
                self.edge(&api.logical_id, CLIENTS, "sends to", "", false);
            }
        }
        for queue in stack.queues.iter().filter(|queue| knows(&queue.url)) {
            self.failures(stack, id, Some(&queue.arn));
        }
    }

    fn failures(&mut self, stack: &Stack, from: &str, queue: Option<&str>) {
        let queue = stack
            .queues
            .iter()
            .find(|known| Some(known.arn.as_str()) == queue);
        if let Some(queue) = queue {
            self.edge(
                from,
                &queue.logical_id,
                "hands what failed to",
                "failed",
                true,
            );
        }
    }

    /// Adds an edge, or the label to one that is there.
    fn edge(&mut self, from: &str, to: &str, verb: &'static str, label: &str, is_side: bool) {
        let index = |name: &str| self.nodes.iter().position(|node| node.name == name);
        let (Some(from), Some(to)) = (index(from), index(to)) else {
            return;
        };
        let known = self
            .edges
            .iter_mut()
            .find(|edge| (edge.from, edge.to) == (from, to));
        match known {
            Some(edge) if edge.label.split(", ").all(|known| known != label) => {
                edge.label.push_str(", ");
                edge.label.push_str(label);
            }
            Some(_) => {}
            None => self.edges.push(Edge {
                from,
                to,
                verb,
                label: label.to_owned(),
                is_side,
            }),
        }
    }
}

/// Whether a function publishes to the topic, or gets its events: that of alarms is aside.
fn is_on_the_way(stack: &Stack, arn: &str) -> bool {
    let mut functions = stack.functions.iter();
    let published =
        functions.any(|function| function.environment.values().any(|value| value == arn));
    let subscribed = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Lambda(_));
    let mut subscriptions = stack.subscriptions.iter();
    published || subscriptions.any(|one| one.topic == arn && subscribed(&one.endpoint))
}

fn told(stack: &Stack, function: &str) -> Vec<String> {
    let mut functions = stack.functions.iter();
    let function = functions.find(|known| known.logical_id == function);
    function.map_or_else(Vec::new, |known| {
        known.environment.keys().cloned().collect()
    })
}

/// A function stands by what invokes it.
fn function_place(stack: &Stack, function: &Function) -> Place {
    let id = &function.logical_id;
    let of_socket = stack.websocket_apis.iter().flat_map(|api| &api.routes);
    let of_topic = |endpoint: &Endpoint| *endpoint == Endpoint::Lambda(function.arn.clone());
    if stack
        .subscriptions
        .iter()
        .any(|one| of_topic(&one.endpoint))
    {
        (2, 2)
    } else if of_socket.into_iter().any(|route| route.function == *id) {
        (1, 3)
    } else {
        (3, 1)
    }
}

/// Logical ids of all that can be a node.
fn identities(stack: &Stack) -> Vec<&str> {
    let functions = stack.functions.iter().map(|one| one.logical_id.as_str());
    let rest = stack.rest_apis.iter().map(|one| one.logical_id.as_str());
    let sockets = stack
        .websocket_apis
        .iter()
        .map(|one| one.logical_id.as_str());
    let edges = stack
        .distributions
        .iter()
        .map(|one| one.logical_id.as_str());
    let acls = stack.web_acls.iter().map(|one| one.logical_id.as_str());
    let tables = stack.tables.iter().map(|one| one.logical_id.as_str());
    let topics = stack.topics.iter().map(|one| one.logical_id.as_str());
    let queues = stack.queues.iter().map(|one| one.logical_id.as_str());
    let all = functions
        .chain(rest)
        .chain(sockets)
        .chain(edges)
        .chain(acls);
    all.chain(tables).chain(topics).chain(queues).collect()
}

/// Types of resources that no request passes through.
fn aside(stack: &Stack) -> Vec<String> {
    let inert = stack.inert.iter().map(|inert| inert.resource_type.as_str());
    let secrets = stack.secrets.iter().map(|_| "AWS::SecretsManager::Secret");
    let sets = stack.ip_sets.iter().map(|_| "AWS::WAFv2::IPSet");
    let all = inert.chain(secrets).chain(sets);
    all.map(|kind| kind.rsplit("::").next().unwrap_or(kind).to_owned())
        .collect()
}
