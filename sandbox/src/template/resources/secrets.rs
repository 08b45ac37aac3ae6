//! AWS Secrets Manager, as far as secrets of the template are read.

use super::super::error::Problem;
use super::super::generated;
use super::super::model::Secret;
use super::super::references;
use super::{Builder, Effect, Kind, Naming, Resolved};

pub(in super::super) const SECRET: &str = "AWS::SecretsManager::Secret";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: SECRET,
    name_property: Some("Name"),
    naming: Naming::Stack { longest: 512 },
    reference: "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{six}",
    attributes: &[(
        "Id",
        "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{six}",
    )],
    effect: Effect::Simulated(build),
}];

fn build(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let (id, near) = (&resource.source.id, &resource.properties);
    let value = generated::secret(&builder.scope.seed, id, near)?;
    let secret = Secret {
        logical_id: id.clone(),
        name: references::secret_name(builder.scope, id)?,
        arn: builder.reference(id, near)?,
        version_id: builder.scope.seed.version_id(id, &value),
        value,
    };
    builder.stack.secrets.push(secret);
    Ok(())
}
