use std::fmt;

/// A secret of AWS Secrets Manager. `Debug` leaves its value out.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Logical id.
    pub logical_id: String,
    /// Name in the account.
    pub name: String,
    /// ARN, which ends in six characters more than the name.
    pub arn: String,
    /// Id of its first version.
    pub version_id: String,
    /// The secret itself, in that version: never for a message, a trail or a
    /// terminal.
    pub value: String,
}

impl Secret {
    /// A secret that no template made. An ARN that is none is only found as it
    /// stands.
    #[must_use]
    pub(crate) fn beside_the_stack(arn: &str, value: &str, version_id: String) -> Self {
        let name = arn.split(":secret:").nth(1).unwrap_or(arn);
        let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
        Self {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            arn: arn.to_owned(),
            version_id,
            value: value.to_owned(),
        }
    }

    /// Whether `id` means this secret: its name, or its ARN with or without the
    /// six characters at the end.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        let partial = self.arn.rsplit_once('-').map(|(partial, _)| partial);
        id == self.name || id == self.arn || Some(id) == partial
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("logical_id", &self.logical_id)
            .field("name", &self.name)
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}
