//! Lines that sign and send an event, for the shell they are pasted into.

/// Body that they send.
pub const BODY: &str = r#"{"id":"evt_local_1","type":"test.payment.succeeded"}"#;

/// The shell that lines to paste are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// Any POSIX shell.
    Posix,
    /// Windows `PowerShell` 5.1 or later.
    PowerShell,
}

impl Shell {
    /// The one that people of this operating system have.
    #[must_use]
    pub fn here() -> Self {
        match cfg!(windows) {
            true => Self::PowerShell,
            false => Self::Posix,
        }
    }
}

/// Where a line gets the secret to sign with.
pub enum Secret {
    /// Printed, since it guards nothing.
    MadeUp(String),
    /// Never printed: the line takes it from the environment.
    OfUser,
}

/// The line that signs and sends, or only sends without a secret.
#[must_use]
pub fn line(shell: Shell, url: &str, secret: Option<&Secret>) -> String {
    match shell {
        Shell::Posix => posix(url, secret),
        Shell::PowerShell => power_shell(url, secret),
    }
}

fn posix(url: &str, secret: Option<&Secret>) -> String {
    let send = format!("curl -sS '{url}' -H 'Content-Type: application/json'");
    let key = match secret {
        None => return format!("{send} --data-raw '{BODY}'"),
        Some(Secret::MadeUp(secret)) => format!("'{secret}'"),
        Some(Secret::OfUser) => "\"$SIGNING_SECRET\"".to_owned(),
    };
    // openssl prints a label before the digest, which label depends on its
    // version: the last word is the digest.
    let digest = format!("printf %s \"$body\" | openssl dgst -sha256 -hmac {key} | sed 's/^.* //'");
    format!("body='{BODY}'; {send} -H \"X-Signature: $({digest})\" --data-raw \"$body\"")
}

fn power_shell(url: &str, secret: Option<&Secret>) -> String {
    let send = format!(
        "Invoke-WebRequest -UseBasicParsing -Method Post -Uri '{url}' \
         -ContentType 'application/json' -Body $body"
    );
    let key = match secret {
        None => return format!("$body='{BODY}'; {send}"),
        Some(Secret::MadeUp(secret)) => format!("'{secret}'"),
        Some(Secret::OfUser) => "$env:SIGNING_SECRET".to_owned(),
    };
    format!(
        "$body='{BODY}'; $utf8=[Text.Encoding]::UTF8; \
         $mac=New-Object Security.Cryptography.HMACSHA256 (,$utf8.GetBytes({key})); \
         $hex=[BitConverter]::ToString($mac.ComputeHash($utf8.GetBytes($body))).Replace('-','').ToLower(); \
         {send} -Headers @{{'X-Signature'=$hex}}"
    )
}
