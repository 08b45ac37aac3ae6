//! Finds the resource and the method that a path and a method mean.

use crate::rest::identity::stable_id;
use crate::template::model::{RestApi, Route};

/// The resources of an API, nearest match first.
#[derive(Debug)]
pub(crate) struct Router {
    resources: Vec<Resource>,
}

/// A path template with its methods.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) path: String,
    pub(crate) id: String,
    segments: Vec<Segment>,
    routes: Vec<Route>,
}

/// A segment of a path template; a greater one is tried later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Static(String),
    /// `{name}`
    Parameter(String),
    /// `{name+}`: this segment and all after it.
    Proxy(String),
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Match<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) route: &'a Route,
    pub(crate) parameters: Vec<(&'a str, &'a str)>,
}

impl Router {
    pub(crate) fn new(api: &RestApi) -> Self {
        let mut resources: Vec<Resource> = Vec::new();
        for route in &api.routes {
            match resources
                .iter_mut()
                .find(|resource| resource.path == route.path)
            {
                Some(resource) => resource.routes.push(route.clone()),
                None => resources.push(Resource {
                    path: route.path.clone(),
                    id: stable_id(&[&api.id, &route.path]),
                    segments: segments(&route.path).map(Segment::new).collect(),
                    routes: vec![route.clone()],
                }),
            }
        }
        resources.sort_by_cached_key(|resource| {
            resource
                .segments
                .iter()
                .map(Segment::rank)
                .collect::<Vec<_>>()
        });
        Self { resources }
    }

    /// The method on the resource that matches best; segment by segment, text
    /// beats a parameter and a parameter beats a proxy. A trailing slash does
    /// not matter. The error is the reason in plain words.
    ///
    /// Parameters keep their percent-encoding: so recorded from AWS.
    pub(crate) fn find<'a>(&'a self, method: &str, path: &'a str) -> Result<Match<'a>, String> {
        let path = path.trim_end_matches('/');
        let found = self
            .resources
            .iter()
            .find_map(|resource| Some((resource, resource.parameters(path)?)));
        let Some((resource, parameters)) = found else {
            return Err(format!(
                "no resource of the API matches the path {}",
                or_root(path)
            ));
        };
        let has = |wanted: &str| resource.routes.iter().find(|route| route.method == wanted);
        let Some(route) = has(method).or_else(|| has("ANY")) else {
            let methods: Vec<_> = resource
                .routes
                .iter()
                .map(|route| route.method.as_str())
                .collect();
            return Err(format!(
                "the resource {} has no method {method}; it has {}",
                resource.path,
                methods.join(", ")
            ));
        };
        Ok(Match {
            resource,
            route,
            parameters,
        })
    }
}

fn or_root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

/// The segments of a path without its trailing slash; the root has none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_end_matches('/').split('/').skip(1)
}

impl Segment {
    fn new(text: &str) -> Self {
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        match inner {
            None => Self::Static(text.to_owned()),
            Some(name) => match name.strip_suffix('+') {
                None => Self::Parameter(name.to_owned()),
                Some(name) => Self::Proxy(name.to_owned()),
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Static(_) => 0,
            Self::Parameter(_) => 1,
            Self::Proxy(_) => 2,
        }
    }
}

impl Resource {
    /// The parameters if `path` matches; it has no trailing slash.
    fn parameters<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut found = Vec::new();
        let mut rest = path;
        for segment in &self.segments {
            rest = rest.strip_prefix('/')?;
            let (head, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            match segment {
                Segment::Static(text) if text == head => {}
                Segment::Parameter(name) if !head.is_empty() => found.push((name.as_str(), head)),
                Segment::Proxy(name) if !head.is_empty() => {
                    found.push((name.as_str(), rest));
                    return Some(found);
                }
                _ => return None,
            }
            rest = tail;
        }
        rest.is_empty().then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn api(routes: &[(&str, &str)]) -> RestApi {
        let routes = routes.iter().map(|(method, path)| Route {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
            function: format!("{method} {path}"),
            timeout: Duration::from_secs(29),
        });
        RestApi {
            logical_id: "Api".to_owned(),
            id: "a1b2c3d4e5".to_owned(),
            stage: "prod".to_owned(),
            binary_media_types: Vec::new(),
            stage_variables: std::collections::BTreeMap::new(),
            routes: routes.collect(),
            throttles: Vec::new(),
        }
    }

    fn found(routes: &[(&str, &str)], method: &str, path: &str) -> String {
        let router = Router::new(&api(routes));
        match router.find(method, path) {
            Ok(found) => format!("{} {:?}", found.route.function, found.parameters),
            Err(reason) => reason,
        }
    }

    #[test]
    fn text_beats_a_parameter_and_a_parameter_a_proxy() {
        let routes = [
            ("GET", "/{proxy+}"),
            ("GET", "/a/{id}"),
            ("GET", "/a/{proxy+}"),
            ("GET", "/a/b"),
            ("GET", "/{x}/b/{proxy+}"),
            ("GET", "/"),
        ];
        for (path, expected) in [
            ("/", "GET / []"),
            ("", "GET / []"),
            ("/a", r#"GET /{proxy+} [("proxy", "a")]"#),
            ("/a/b", "GET /a/b []"),
            ("/a/b/", "GET /a/b []"),
            ("/a/c", r#"GET /a/{id} [("id", "c")]"#),
            ("/a/c/d", r#"GET /a/{proxy+} [("proxy", "c/d")]"#),
            (
                "/z/b/c",
                r#"GET /{x}/b/{proxy+} [("x", "z"), ("proxy", "c")]"#,
            ),
            ("/z/b", r#"GET /{proxy+} [("proxy", "z/b")]"#),
        ] {
            assert_eq!(found(&routes, "GET", path), expected, "{path}");
        }
    }

    #[test]
    fn the_method_is_looked_for_on_the_best_resource_only() {
        let routes = [
            ("GET", "/a"),
            ("ANY", "/{proxy+}"),
            ("ANY", "/b"),
            ("POST", "/b"),
        ];
        assert_eq!(
            found(&routes, "POST", "/a"),
            "the resource /a has no method POST; it has GET"
        );
        assert_eq!(
            found(&routes, "DELETE", "/c"),
            r#"ANY /{proxy+} [("proxy", "c")]"#
        );
        assert_eq!(found(&routes, "POST", "/b"), "POST /b []");
        assert_eq!(found(&routes, "PUT", "/b"), "ANY /b []");
        assert_eq!(
            found(&routes, "GET", "/"),
            "no resource of the API matches the path /"
        );
    }

    #[test]
    fn parameters_are_as_the_client_sent_them() {
        let routes = [("GET", "/{proxy+}")];
        assert_eq!(
            found(&routes, "GET", "/a%2Bb@c//d+e/"),
            r#"GET /{proxy+} [("proxy", "a%2Bb@c//d+e")]"#
        );
    }

    fn template() -> impl Strategy<Value = String> {
        let segment = prop_oneof![Just("a"), Just("b"), Just("{x}"), Just("{y}")];
        let end = prop_oneof![Just(""), Just("/{proxy+}")];
        (proptest::collection::vec(segment, 0..4), end)
            .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")).replace("//", "/"))
    }

    proptest! {
        #[test]
        fn any_path_is_judged_without_a_panic(
            templates in proptest::collection::vec(template(), 0..6),
            path in "(/[ab%/{}]{0,4}){0,5}",
        ) {
            let routes: Vec<_> = templates.iter().map(|path| ("GET", path.as_str())).collect();
            let api = api(&routes);
            let router = Router::new(&api);
            if let Ok(found) = router.find("GET", &path) {
                // Put back into the template, the parameters give the path again.
                let mut rebuilt = found.resource.path.clone();
                for (name, value) in &found.parameters {
                    for placeholder in [format!("{{{name}}}"), format!("{{{name}+}}")] {
                        if let Some(at) = rebuilt.find(&placeholder) {
                            rebuilt.replace_range(at..at + placeholder.len(), value);
                            break;
                        }
                    }
                }
                prop_assert_eq!(rebuilt.trim_end_matches('/'), path.trim_end_matches('/'));
            }
        }

        #[test]
        fn the_order_of_the_template_does_not_matter(
            templates in proptest::collection::hash_set(template(), 0..6),
            path in "(/[ab]){0,4}",
        ) {
            let mut routes: Vec<_> = templates.iter().map(|path| ("GET", path.as_str())).collect();
            // Two templates that differ only in a parameter's name are one
            // resource on AWS, which refuses the second.
            let shape = |path: &str| path.replace("{y}", "{x}");
            routes.dedup_by_key(|route| shape(route.1));
            prop_assume!(routes.iter().map(|route| shape(route.1)).collect::<std::collections::HashSet<_>>().len() == routes.len());
            let forward = found(&routes, "GET", &path);
            routes.reverse();
            prop_assert_eq!(found(&routes, "GET", &path), forward);
        }
    }
}
