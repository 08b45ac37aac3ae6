//! The tools that the doctor asks for.

/// A tool.
pub struct Tool {
    /// What people call it.
    pub name: &'static str,
    /// Commands that print the version; the first that is there counts.
    pub ask: &'static [(&'static str, &'static [&'static str])],
    /// What it is for.
    pub purpose: &'static str,
    /// How to get it on Linux, macOS and Windows.
    pub get: [&'static str; 3],
}

/// How nearly every tool is asked.
pub const VERSION: &[&str] = &["--version"];

/// For `sam build` and `sam deploy`. The last two are not always needed.
pub const DEPLOY: [Tool; 5] = [
    Tool {
        name: "SAM CLI",
        ask: &[("sam", VERSION)],
        purpose: "sam build, sam deploy",
        get: [
            "pipx install aws-sam-cli, or the installer in the AWS SAM guide",
            "brew install aws-sam-cli",
            "winget install Amazon.SAM-CLI",
        ],
    },
    Tool {
        name: "cargo-lambda",
        ask: &[("cargo-lambda", &["lambda", "--version"])],
        purpose: "builds the functions for Lambda, called by sam build",
        get: [
            "pipx install cargo-lambda, or see cargo-lambda.info",
            "brew install cargo-lambda/tap/cargo-lambda",
            "winget install CargoLambda.CargoLambda",
        ],
    },
    Tool {
        name: "Zig",
        // As cargo-lambda looks for it. What pipx installs it does not find.
        ask: &[
            ("zig", &["version"]),
            ("python3", &["-m", "ziglang", "version"]),
        ],
        purpose: "the linker for Lambda's Linux, called by cargo-lambda",
        get: [
            "python3 -m pip install ziglang, or your package manager",
            "brew install zig",
            "winget install zig.zig",
        ],
    },
    Tool {
        name: "rustup",
        ask: &[("rustup", VERSION)],
        purpose: "fetches Rust's library for another processor, called by cargo-lambda",
        get: [
            "see rustup.rs",
            "see rustup.rs",
            "winget install Rustlang.Rustup",
        ],
    },
    Tool {
        name: "AWS CLI",
        ask: &[("aws", VERSION)],
        purpose: "aws configure, aws login; sam works without it",
        get: [
            "see the AWS CLI guide, \"Installing\"",
            "brew install awscli",
            "winget install Amazon.AWSCLI",
        ],
    },
];

/// What a few lines of the book use.
pub const EXTRAS: [Tool; 3] = [
    Tool {
        name: "npx",
        ask: &[("npx", VERSION)],
        purpose: "npx wscat, a WebSocket client; cargo workbook listen is one too",
        get: [
            "install Node.js with your package manager",
            "brew install node",
            "winget install OpenJS.NodeJS.LTS",
        ],
    },
    Tool {
        name: "Stripe CLI",
        ask: &[("stripe", VERSION)],
        purpose: "stripe listen, stripe trigger: real test events",
        get: [
            "see docs.stripe.com/stripe-cli",
            "brew install stripe/stripe-cli/stripe",
            "scoop bucket add stripe https://github.com/stripe/scoop-stripe-cli.git && scoop install stripe",
        ],
    },
    Tool {
        name: "OpenSSL",
        ask: &[("openssl", &["version"])],
        purpose: "signs by hand, for the curl lines",
        get: [
            "install openssl with your package manager",
            "part of macOS",
            "winget install ShiningLight.OpenSSL.Light",
        ],
    },
];
