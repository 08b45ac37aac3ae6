//! What does the same as `redrive` for a deployed stack.

use crate::up::paste::Shell;

/// Commands for one message, as they are pasted. They hand the event over in a
/// file: one argument of a command cannot be as long as an event.
#[must_use]
pub fn on_aws(shell: Shell, queue: &str, function: &str) -> String {
    let receive = format!(
        "aws sqs receive-message --queue-url {queue} --visibility-timeout 900 \
         --query \"Messages[0].[[ReceiptHandle],[Body]]\" --output text"
    );
    // A second try would reach everyone twice, so the CLI is to wait for the first.
    let invoke = format!(
        "aws lambda invoke --function-name {function} --cli-read-timeout 900 \
         --payload fileb://event.json answer.json"
    );
    let delete = format!("aws sqs delete-message --queue-url {queue} --receipt-handle");
    match shell {
        Shell::Posix => format!(
            "  {receive} > message.txt\n  \
             sed 1d message.txt > event.json\n  \
             {invoke}\n  \
             {delete} \"$(head -n 1 message.txt)\"\n"
        ),
        Shell::PowerShell => format!(
            "  $message = @({receive}); $message[0]\n  \
             [IO.File]::WriteAllLines(\"$PWD/event.json\", [string[]]($message | Select-Object -Skip 1))\n  \
             {invoke}\n  \
             {delete} $message[0]\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_gets_commands_that_need_no_other_tool() {
        let both = [Shell::Posix, Shell::PowerShell].map(|shell| on_aws(shell, "URL", "NAME"));
        insta::assert_snapshot!(both.join("\n"));
    }

    /// Runs the lines in a shell, with an `aws` that gives a message and shows
    /// what it was given.
    #[cfg(unix)]
    #[test]
    fn the_lines_hand_over_a_large_event_and_delete_its_message() {
        let dir = tempfile::tempdir().unwrap();
        let event = format!("{{\"a\":\n \"{}\"}}", "x".repeat(300_000));
        let received = format!("handle+/=\n{event}\n");
        std::fs::write(dir.path().join("received"), received).unwrap();
        let script = format!(
            "aws() {{ case $2 in receive-message) cat received;; *) echo \"$@\";; esac; }}\n{}",
            on_aws(Shell::Posix, "URL", "NAME")
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let sent = std::fs::read_to_string(dir.path().join("event.json")).unwrap();
        assert_eq!(sent, format!("{event}\n"));
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(
            told.ends_with("delete-message --queue-url URL --receipt-handle handle+/=\n"),
            "{told}"
        );
    }
}
