//! Bytes of a function: what is downloaded and unpacked at each cold start.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Deserialize;

use crate::building::{Binaries, root};
use crate::error::{Result, cannot, failed};

/// A processor that Lambda has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`
    X86,
    /// `arm64`
    Arm,
}

/// A binary for Lambda.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// What it runs on.
    pub architecture: Architecture,
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes when it is packed as the SAM CLI does it.
    pub packed: usize,
}

impl Architecture {
    /// As templates call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "arm64",
        }
    }
}

impl Size {
    /// Measures a file; nothing if it is no program for Lambda.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(file: &Path) -> Result<Option<Self>> {
        let program =
            std::fs::read(file).map_err(cannot(format_args!("read {}", file.display())))?;
        let Some(architecture) = architecture(&program) else {
            return Ok(None);
        };
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&program).map_err(cannot("pack"))?;
        let packed = packed.finish().map_err(cannot("pack"))?;
        Ok(Some(Self {
            architecture,
            bytes: program.len(),
            packed: packed.len(),
        }))
    }
}

/// What an ELF file is for: its field `e_machine`.
fn architecture(program: &[u8]) -> Option<Architecture> {
    match (program.get(..4)?, program.get(18..20)?) {
        (b"\x7fELF", [0x3e, 0]) => Some(Architecture::X86),
        (b"\x7fELF", [0xb7, 0]) => Some(Architecture::Arm),
        _ => None,
    }
}

/// What the functions may be, as `budgets.toml` has it.
#[derive(Debug, Deserialize)]
pub struct Budgets {
    /// Bytes of each binary.
    pub bytes: BTreeMap<String, Bytes>,
    /// What each package may depend on.
    pub dependencies: BTreeMap<String, Dependencies>,
}

/// The most bytes that a binary may have.
#[derive(Debug, Deserialize)]
pub struct Bytes {
    /// For x86_64.
    pub x86_64: usize,
    /// For arm64.
    pub arm64: usize,
}

/// What a package may depend on.
#[derive(Debug, Deserialize)]
pub struct Dependencies {
    /// The most packages, itself among them.
    pub packages: usize,
    /// Those that bring a second TLS stack, and none of which may be there.
    pub without: Vec<String>,
}

impl Budgets {
    /// Reads `budgets.toml`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read() -> Result<Self> {
        let file = root().join("bench").join("budgets.toml");
        let text = std::fs::read_to_string(&file)
            .map_err(cannot(format_args!("read {}", file.display())))?;
        toml_edit::de::from_str(&text).map_err(cannot(format_args!("read {}", file.display())))
    }

    /// Checks binaries by their names; returns one line for each.
    ///
    /// # Errors
    /// If one is larger than it may be.
    pub fn check(&self, binaries: &Binaries) -> Result<Vec<String>> {
        let (mut lines, mut over) = (Vec::new(), Vec::new());
        for (name, budget) in &self.bytes {
            let file = binaries
                .get(name)
                .ok_or_else(|| failed(format!("budgets.toml: there is no binary {name}")))?;
            let Some(size) = Size::of(file)? else {
                lines.push(format!("{name}: no program for Lambda, so not judged"));
                continue;
            };
            let most = match size.architecture {
                Architecture::X86 => budget.x86_64,
                Architecture::Arm => budget.arm64,
            };
            let line = format!(
                "{name} ({}): {} bytes of {most}, {} packed",
                size.architecture.name(),
                size.bytes,
                size.packed
            );
            if size.bytes > most {
                over.push(line.clone());
            }
            lines.push(line);
        }
        match over.is_empty() {
            true => Ok(lines),
            false => Err(failed(format!(
                "larger than bench/budgets.toml allows:\n  {}\n  find what brought the bytes, or raise \
                 the budget there and say why",
                over.join("\n  ")
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_program_tells_its_processor() {
        let mut program = [0; 64];
        program[..4].copy_from_slice(b"\x7fELF");
        program[18] = 0x3e;
        assert_eq!(architecture(&program), Some(Architecture::X86));
        program[18] = 0xb7;
        assert_eq!(architecture(&program), Some(Architecture::Arm));
        program[0] = b'M';
        assert_eq!(architecture(&program), None);
        assert_eq!(architecture(b""), None);
    }
}
