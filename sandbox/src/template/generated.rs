//! Values of secrets: given in the template, or generated as
//! `GenerateSecretString` says.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::error::Problem;
use super::fields::Fields;
use super::node::Node;

/// What generated secrets are made from: random for each sandbox, so that no
/// two have the same secrets, and kept over its reloads, so that one keeps its
/// own.
#[derive(Clone, Copy)]
pub struct Seed(Uuid);

impl Seed {
    /// A seed like no other.
    #[must_use]
    pub fn fresh() -> Self {
        Self(Uuid::new_v4())
    }

    /// Random bytes, always the same for the same text.
    fn digest(&self, text: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0.as_bytes());
        hash.update(text.as_bytes());
        hash.finalize().into()
    }

    /// Id of the version of a secret that has this value.
    pub(crate) fn version_id(&self, id: &str, value: &str) -> String {
        let digest = self.digest(&format!("version/{id}/{value}"));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }
}

/// The value of the secret with this logical id and these properties.
pub(super) fn secret(seed: &Seed, id: &str, properties: &Node) -> Result<String, Problem> {
    let mut fields = Fields::new(properties, super::resources::SECRET)?;
    fields.accept(&["Description", "KmsKeyId", "Name", "Tags", "Type"]);
    fields.refuse(&[("ReplicaRegions", "leave it out: the sandbox has one region")])?;
    let given = fields.text("SecretString")?;
    let generate = fields.optional("GenerateSecretString");
    fields.finish()?;
    match (given, generate) {
        (Some(text), None) => Ok(text.to_owned()),
        (None, Some(generate)) => generated(seed, id, generate),
        (None, None) => Err(Problem::at(properties.at, "the secret has no value")
            .help("add GenerateSecretString: {} or a SecretString")),
        (Some(_), Some(generate)) => Err(Problem::at(
            generate.at,
            "GenerateSecretString and SecretString are two values for one secret",
        )
        .help("keep one of the two")),
    }
}

/// Kinds of characters of a password (AWS Secrets Manager API Reference,
/// `GetRandomPassword`), and what leaves each out.
const KINDS: [(&str, &str); 4] = [
    ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
    ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("ExcludeNumbers", "0123456789"),
    ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
];

fn generated(seed: &Seed, id: &str, node: &Node) -> Result<String, Problem> {
    let mut fields = Fields::new(node, "GenerateSecretString")?;
    let length = match fields.optional("PasswordLength") {
        Some(node) => node.integer("PasswordLength", 1..=4096)?,
        None => 32,
    };
    let length = usize::try_from(length).unwrap_or_default();
    let mut switch = |key, otherwise| match fields.optional(key) {
        Some(node) => node.boolean(key),
        None => Ok(otherwise),
    };
    let each = switch("RequireEachIncludedType", true)?;
    let space = switch("IncludeSpace", false)?;
    let mut kinds = Vec::new();
    for (key, characters) in KINDS {
        if !switch(key, false)? {
            kinds.push(characters.to_owned());
        }
    }
    if space {
        kinds.push(" ".to_owned());
    }
    let excluded = fields.text("ExcludeCharacters")?.unwrap_or_default();
    for kind in &mut kinds {
        kind.retain(|character| !excluded.contains(character));
    }
    kinds.retain(|kind| !kind.is_empty());
    let template = fields.text("SecretStringTemplate")?;
    let key = fields.text("GenerateStringKey")?;
    fields.finish()?;
    if kinds.is_empty() || (each && length < kinds.len()) {
        return Err(Problem::at(
            node.at,
            "no password can be made: too few characters are left, or PasswordLength is too small",
        )
        .help("exclude less, or make PasswordLength larger"));
    }
    let purpose = format!("secret/{id}/{}", node.json());
    let password = password(seed, &purpose, &kinds, each, length);
    match (template, key) {
        (None, None) => Ok(password),
        (Some(template), Some(key)) => {
            let object = serde_json::from_str::<serde_json::Map<_, _>>(template);
            // What serde says may quote the text.
            let mut object = object.map_err(|_| {
                Problem::at(node.at, "SecretStringTemplate is not a JSON object")
                    .help("write for example '{\"user\": \"me\"}'")
            })?;
            object.insert(key.to_owned(), password.into());
            Ok(serde_json::Value::Object(object).to_string())
        }
        _ => Err(Problem::at(
            node.at,
            "SecretStringTemplate and GenerateStringKey come together or not at all",
        )
        .help("add the other one")),
    }
}

/// `length` characters of all kinds together; one of each at least if `each`.
fn password(seed: &Seed, purpose: &str, kinds: &[String], each: bool, length: usize) -> String {
    let all: Vec<char> = kinds.iter().flat_map(|kind| kind.chars()).collect();
    let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
    // Large enough a number for the remainder to favour no character.
    let characters = |block: usize| {
        let digest = seed.digest(&format!("{purpose}/{block}"));
        let picked = digest.chunks_exact(8).map(|bytes| {
            let number = bytes
                .iter()
                .fold(0, |all, byte| (all << 8) | u64::from(*byte));
            usize::try_from(number % count).map_or('x', |index| all[index])
        });
        picked.collect::<Vec<char>>()
    };
    let mut stream = (0..).flat_map(characters);
    loop {
        let password: String = stream.by_ref().take(length).collect();
        let has = |kind: &String| kind.chars().any(|character| password.contains(character));
        if !each || kinds.iter().all(has) {
            return password;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_made_of_each_kind_and_nothing_else() {
        let kinds = ["ab".to_owned(), "01".to_owned(), "-".to_owned()];
        for _ in 0..100 {
            let password = password(&Seed::fresh(), "x", &kinds, true, 3);
            let mut sorted: Vec<char> = password.chars().collect();
            sorted.sort_unstable();
            assert!(sorted[0] == '-' && "01".contains(sorted[1]) && "ab".contains(sorted[2]));
        }
        assert_eq!(
            password(&Seed::fresh(), "x", &kinds, false, 4096).len(),
            4096
        );
    }

    #[test]
    fn a_seed_gives_the_same_secret_again_and_another_seed_another() {
        let kinds = ["abcdefghijklmnop".to_owned()];
        let seed = Seed::fresh();
        let first = password(&seed, "x", &kinds, true, 32);
        assert_eq!(first, password(&seed, "x", &kinds, true, 32));
        assert_ne!(first, password(&seed, "y", &kinds, true, 32));
        assert_ne!(first, password(&Seed::fresh(), "x", &kinds, true, 32));
    }
}
