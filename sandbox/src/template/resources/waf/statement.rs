//! `Statement`: what a rule looks for.

use std::time::Duration;

use regex::bytes::{Regex, RegexBuilder};

use super::super::super::error::Problem;
use super::super::super::fields::Fields;
use super::super::super::model::{
    AclScope, Comparison, ForwardedIp, Hidden, Position, PositionalConstraint, RateKey, RateLimit,
    Statement,
};
use super::super::super::node::Node;
use super::super::Builder;
use super::actions::one_of;
use super::component::{component, search_string};

/// Most memory that a compiled pattern may take.
const REGEX_LIMIT: usize = 1 << 20;
/// Longest pattern (AWS WAF Developer Guide, "AWS WAF quotas").
const LONGEST_REGEX: usize = 512;

const GROUPS: &[&str] = &["ManagedRuleGroupStatement", "RuleGroupReferenceStatement"];
const STATEMENTS: &[&str] = &[
    "AndStatement",
    "AsnMatchStatement",
    "ByteMatchStatement",
    "GeoMatchStatement",
    "IPSetReferenceStatement",
    "LabelMatchStatement",
    "ManagedRuleGroupStatement",
    "NotStatement",
    "OrStatement",
    "RateBasedStatement",
    "RegexMatchStatement",
    "RegexPatternSetReferenceStatement",
    "RuleGroupReferenceStatement",
    "SizeConstraintStatement",
    "SqliMatchStatement",
    "XssMatchStatement",
];

/// Reads the statement of one rule.
pub(super) struct Reader<'b, 's, 't> {
    builder: &'b Builder<'s, 't>,
    scope: AclScope,
    /// Web ACL capacity units so far.
    pub(super) capacity: u32,
    /// Why the rule cannot be judged here, if it cannot.
    pub(super) not_simulated: Option<&'static str>,
}

/// `None` stands for what is not simulated, at any depth.
type Read = Result<Option<Statement>, Problem>;

impl<'b, 's, 't> Reader<'b, 's, 't> {
    pub(super) fn new(builder: &'b Builder<'s, 't>, scope: AclScope) -> Self {
        Self {
            builder,
            scope,
            capacity: 0,
            not_simulated: None,
        }
    }

    /// Reads the statement of a rule; `overrides` if it has an `OverrideAction`.
    pub(super) fn rule(&mut self, node: &Node, overrides: bool) -> Read {
        let (kind, content) = one_of(node, "Statement", STATEMENTS)?;
        match (GROUPS.contains(&kind), overrides) {
            (true, true) => {
                Ok(self.skip("rule groups are not simulated: the rule never matches here"))
            }
            (true, false) => Err(Problem::at(
                node.at,
                format!("a rule with {kind} needs OverrideAction in place of Action"),
            )
            .help("write OverrideAction: {None: {}} to keep the group's own actions")),
            (false, true) => Err(Problem::at(
                node.at,
                format!("OverrideAction is for rule groups; a rule with {kind} needs Action"),
            )),
            (false, false) if kind == "RateBasedStatement" => self.rate(content),
            (false, false) => self.content(kind, content),
        }
    }

    /// Reads a statement within another one.
    fn nested(&mut self, node: &Node) -> Read {
        let (kind, content) = one_of(node, "Statement", STATEMENTS)?;
        if kind == "RateBasedStatement" || GROUPS.contains(&kind) {
            return Err(Problem::at(
                node.at,
                format!("{kind} cannot be within another statement"),
            )
            .help("make it a rule of its own"));
        }
        self.content(kind, content)
    }

    fn content(&mut self, kind: &str, node: &Node) -> Read {
        let not_simulated = match kind {
            "AndStatement" => return Ok(self.several(kind, node)?.map(Statement::And)),
            "OrStatement" => return Ok(self.several(kind, node)?.map(Statement::Or)),
            "NotStatement" => {
                let mut fields = Fields::new(node, kind)?;
                let inner = fields.required("Statement")?;
                fields.finish()?;
                let inner = self.nested(inner)?;
                return Ok(inner.map(|inner| Statement::Not(Box::new(inner))));
            }
            "ByteMatchStatement" => return self.byte_match(node).map(Some),
            "RegexMatchStatement" => return self.regex_match(node).map(Some),
            "SizeConstraintStatement" => return self.size_constraint(node).map(Some),
            "IPSetReferenceStatement" => return self.ip_set(node).map(Some),
            "GeoMatchStatement" | "AsnMatchStatement" => {
                "nobody knows countries or networks of addresses on one machine: the rule never \
                 matches here"
            }
            "LabelMatchStatement" => {
                "matching labels is not simulated: the rule never matches here"
            }
            "RegexPatternSetReferenceStatement" => {
                "sets of patterns are not simulated: the rule never matches here"
            }
            _ => {
                "AWS's detection of SQL injection and cross-site scripting is not simulated: the \
                 rule never matches here"
            }
        };
        Ok(self.skip(not_simulated))
    }

    fn skip(&mut self, reason: &'static str) -> Option<Statement> {
        self.not_simulated = Some(reason);
        None
    }

    /// `Statements` of And and Or; `None` as soon as one is not simulated.
    fn several(&mut self, kind: &str, node: &Node) -> Result<Option<Vec<Statement>>, Problem> {
        let mut fields = Fields::new(node, kind)?;
        let list = fields.required("Statements")?;
        fields.finish()?;
        let items = list.list("Statements")?;
        if items.len() < 2 {
            return Err(Problem::at(
                list.at,
                format!("{kind} has {} statements; it needs 2 or more", items.len()),
            )
            .help("with one statement, write that statement alone"));
        }
        let statements: Vec<Option<Statement>> = items
            .iter()
            .map(|item| self.nested(item))
            .collect::<Result<_, _>>()?;
        Ok(statements.into_iter().collect())
    }

    fn byte_match(&mut self, node: &Node) -> Result<Statement, Problem> {
        let mut fields = Fields::new(node, "ByteMatchStatement")?;
        let (component, capacity) = component(&mut fields)?;
        let constraint_node = fields.required("PositionalConstraint")?;
        let (constraint, units) = match constraint_node.scalar("PositionalConstraint")? {
            "EXACTLY" => (PositionalConstraint::Exactly, 2),
            "STARTS_WITH" => (PositionalConstraint::StartsWith, 2),
            "ENDS_WITH" => (PositionalConstraint::EndsWith, 2),
            "CONTAINS" => (PositionalConstraint::Contains, 10),
            "CONTAINS_WORD" => (PositionalConstraint::ContainsWord, 10),
            _ => {
                return Err(constraint_node.expected(
                    "PositionalConstraint",
                    "EXACTLY, STARTS_WITH, ENDS_WITH, CONTAINS or CONTAINS_WORD",
                ));
            }
        };
        let search = search_string(&mut fields, node, constraint)?;
        fields.finish()?;
        self.capacity += capacity + units;
        Ok(Statement::ByteMatch {
            component,
            constraint,
            search: Hidden(search),
        })
    }

    fn regex_match(&mut self, node: &Node) -> Result<Statement, Problem> {
        let mut fields = Fields::new(node, "RegexMatchStatement")?;
        let (component, capacity) = component(&mut fields)?;
        let pattern = fields.required("RegexString")?;
        fields.finish()?;
        self.capacity += capacity + 3;
        Ok(Statement::RegexMatch {
            component,
            regex: Hidden(regex(pattern)?),
        })
    }

    fn size_constraint(&mut self, node: &Node) -> Result<Statement, Problem> {
        let mut fields = Fields::new(node, "SizeConstraintStatement")?;
        let (component, capacity) = component(&mut fields)?;
        let operator = fields.required("ComparisonOperator")?;
        let size = fields.required("Size")?;
        fields.finish()?;
        let comparison = match operator.scalar("ComparisonOperator")? {
            "EQ" => Comparison::Equal,
            "NE" => Comparison::NotEqual,
            "LE" => Comparison::LessOrEqual,
            "LT" => Comparison::Less,
            "GE" => Comparison::GreaterOrEqual,
            "GT" => Comparison::Greater,
            _ => return Err(operator.expected("ComparisonOperator", "EQ, NE, LE, LT, GE or GT")),
        };
        let number = size.scalar("Size")?.parse().ok();
        let number = number.filter(|size| *size <= 21_474_836_480);
        self.capacity += capacity + 1;
        Ok(Statement::SizeConstraint {
            component,
            comparison,
            size: number
                .ok_or_else(|| size.expected("Size", "a whole number from 0 to 21474836480"))?,
        })
    }

    fn ip_set(&mut self, node: &Node) -> Result<Statement, Problem> {
        let mut fields = Fields::new(node, "IPSetReferenceStatement")?;
        let arn = fields.required("Arn")?;
        let forwarded = fields.optional("IPSetForwardedIPConfig");
        fields.finish()?;
        let set = self.builder.target("Arn", arn, &["AWS::WAFv2::IPSet"])?;
        let text = arn.scalar("Arn")?;
        let own = match self.scope {
            AclScope::Regional => ":regional/",
            AclScope::CloudFront => ":global/",
        };
        if !text.contains(own) {
            return Err(
                Problem::at(arn.at, format!("{set} has another Scope than the web ACL"))
                    .help("give both the same Scope, REGIONAL or CLOUDFRONT"),
            );
        }
        let forwarded = forwarded
            .map(|node| {
                let mut fields = Fields::new(node, "IPSetForwardedIPConfig")?;
                let position = fields.required("Position")?;
                let position = match position.scalar("Position")? {
                    "FIRST" => Position::First,
                    "LAST" => Position::Last,
                    "ANY" => Position::Any,
                    _ => return Err(position.expected("Position", "FIRST, LAST or ANY")),
                };
                forwarded_ip(fields, position)
            })
            .transpose()?;
        let any = forwarded
            .as_ref()
            .is_some_and(|forwarded| forwarded.position == Position::Any);
        self.capacity += if any { 5 } else { 1 };
        Ok(Statement::IpSet {
            arn: text.to_owned(),
            forwarded,
        })
    }

    fn rate(&mut self, node: &Node) -> Read {
        let mut fields = Fields::new(node, "RateBasedStatement")?;
        let limit = fields
            .required("Limit")?
            .integer("Limit", 10..=2_000_000_000)?;
        let window = match fields.optional("EvaluationWindowSec") {
            None => 300,
            Some(node) => match node.scalar("EvaluationWindowSec")? {
                "60" => 60,
                "120" => 120,
                "300" => 300,
                "600" => 600,
                _ => return Err(node.expected("EvaluationWindowSec", "60, 120, 300 or 600")),
            },
        };
        let kind = fields.required("AggregateKeyType")?;
        let forwarded = fields.optional("ForwardedIPConfig");
        let scope_down = fields.optional("ScopeDownStatement");
        fields.accept(&["CustomKeys"]);
        fields.finish()?;
        let key = match (kind.scalar("AggregateKeyType")?, forwarded) {
            ("IP", None) => Some(RateKey::Ip),
            ("CONSTANT", None) if scope_down.is_some() => Some(RateKey::Constant),
            ("CONSTANT", None) => {
                return Err(Problem::at(
                    kind.at,
                    "AggregateKeyType CONSTANT needs ScopeDownStatement",
                ));
            }
            ("FORWARDED_IP", Some(node)) => {
                let fields = Fields::new(node, "ForwardedIPConfig")?;
                Some(RateKey::ForwardedIp(forwarded_ip(fields, Position::First)?))
            }
            ("FORWARDED_IP", None) => {
                return Err(Problem::at(
                    kind.at,
                    "AggregateKeyType FORWARDED_IP needs ForwardedIPConfig",
                ));
            }
            ("CUSTOM_KEYS", _) => {
                self.skip("counting by custom keys is not simulated: the rule never matches here");
                None
            }
            ("IP" | "CONSTANT", Some(node)) => {
                return Err(Problem::at(
                    node.at,
                    "ForwardedIPConfig is for AggregateKeyType FORWARDED_IP",
                ));
            }
            _ => {
                return Err(kind.expected(
                    "AggregateKeyType",
                    "IP, FORWARDED_IP, CONSTANT or CUSTOM_KEYS",
                ));
            }
        };
        self.capacity += 2;
        let scope_down = match scope_down {
            None => None,
            Some(node) => match self.nested(node)? {
                None => return Ok(None),
                Some(statement) => Some(Box::new(statement)),
            },
        };
        Ok(key.map(|key| {
            Statement::RateBased(RateLimit {
                limit,
                window: Duration::from_secs(window),
                key,
                scope_down,
            })
        }))
    }
}

/// Reads the rest of `IPSetForwardedIPConfig` or `ForwardedIPConfig`.
fn forwarded_ip(mut fields: Fields<'_>, position: Position) -> Result<ForwardedIp, Problem> {
    let header = fields.required("HeaderName")?;
    let fallback = fields.required("FallbackBehavior")?;
    fields.finish()?;
    let name = header.scalar("HeaderName")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > 255 || !name.chars().all(allowed) {
        return Err(header.expected("HeaderName", "1 to 255 letters, digits and `-`"));
    }
    Ok(ForwardedIp {
        header: name.to_owned(),
        position,
        fallback: match fallback.scalar("FallbackBehavior")? {
            "MATCH" => true,
            "NO_MATCH" => false,
            _ => return Err(fallback.expected("FallbackBehavior", "MATCH or NO_MATCH")),
        },
    })
}

/// Compiles a pattern. The engine knows no look-around and no back-references,
/// and neither does WAF.
fn regex(node: &Node) -> Result<Regex, Problem> {
    let pattern = node.scalar("RegexString")?;
    if pattern.is_empty() || pattern.len() > LONGEST_REGEX {
        let found = format!(
            "RegexString has {} bytes; it must be 1 to 512",
            pattern.len()
        );
        return Err(Problem::at(node.at, found));
    }
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(REGEX_LIMIT)
        .build()
        // The engine's own message shows the pattern.
        .map_err(|_| {
            node.expected("RegexString", "a regular expression")
                .help("brackets must close; look-around and back-references do not exist in WAF")
        })
}
