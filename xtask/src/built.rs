//! What one build made: programs and tests, as cargo named them. Cargo chooses the features of crates for all packages
//! that it is asked for together, so that whoever asks for fewer of them afterwards builds most crates again.

use crate::run::{cargo, output, root};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What `cargo xtask test` builds once. The SDK is tested by itself: its crates keep the features of the browser.
pub(crate) const WORKSPACE: &[&str] = &["--workspace", "--exclude", "attune-sdk-wasm"];

/// An executable.
#[derive(Debug, PartialEq, Eq)]
struct Artefact {
    /// Of its package.
    folder: PathBuf,
    /// `bin`, `test`, `example` …
    kind: String,
    name: String,
    /// Whether it runs tests.
    tests: bool,
    path: PathBuf,
}

/// The executables of one build.
#[derive(Debug)]
pub(crate) struct Built(Vec<Artefact>);

impl Built {
    /// Builds what `cargo test` with these arguments runs.
    ///
    /// # Errors
    /// If it does not build: the compiler has said why.
    pub(crate) fn new(selection: &[&str]) -> Result<Self> {
        let messages = output(
            cargo()
                .arg("test")
                .args(selection)
                .args(["--no-run", "--message-format=json-render-diagnostics"])
                .stderr(Stdio::inherit()),
        )?;
        Self::read(&messages)
    }

    /// From cargo's messages, a line each.
    fn read(messages: &str) -> Result<Self> {
        let mut made = Vec::new();
        for line in messages.lines().filter(|line| line.starts_with('{')) {
            let message: Value = serde_json::from_str(line).with_context(|| format!("cargo said {line}"))?;
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let (target, executable) = (&message["target"], text(&message["executable"]));
            let (Some(path), Some(manifest)) = (executable, text(&message["manifest_path"])) else {
                continue;
            };
            made.push(Artefact {
                folder: Path::new(&manifest).parent().map_or_else(PathBuf::new, Path::to_path_buf),
                kind: text(&target["kind"][0]).unwrap_or_default(),
                name: text(&target["name"]).unwrap_or_default(),
                tests: message["profile"]["test"] == true,
                path: PathBuf::from(path),
            });
        }
        Ok(Self(made))
    }

    /// The program called `name`.
    ///
    /// # Errors
    /// If it was not built.
    pub(crate) fn program(&self, name: &str) -> Result<&Path> {
        let found = self.0.iter().find(|made| !made.tests && made.kind == "bin" && made.name == name);
        Ok(&found.with_context(|| format!("no program `{name}` was built"))?.path)
    }

    /// The tests of the file `tests/NAME.rs` in `folder` of the workspace, as cargo would run them.
    ///
    /// # Errors
    /// If they were not built.
    pub(crate) fn test(&self, folder: &str, name: &str) -> Result<Command> {
        let folder = root().join(folder);
        let found =
            self.0.iter().find(|made| made.kind == "test" && made.name == name && made.folder == folder);
        let found = found.with_context(|| format!("no tests `{name}` were built in {}", folder.display()))?;
        let mut command = Command::new(&found.path);
        // INSTA_WORKSPACE_ROOT as in .cargo/config.toml.
        command.current_dir(&folder).env("CARGO_MANIFEST_DIR", &folder).env("INSTA_WORKSPACE_ROOT", root());
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_tests_are_found_by_what_cargo_says_of_them() {
        let folder = root().join("collector").display().to_string();
        let artefact = |kind: &str, name: &str, tests: bool, path: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{folder}/Cargo.toml","target":{{"kind":["{kind}"],"name":"{name}"}},"profile":{{"test":{tests}}},"executable":{path}}}"#
            )
        };
        let messages = [
            artefact("lib", "attune_collector", false, "null"),
            artefact("bin", "attune", true, r#""/t/deps/attune-1""#),
            artefact("bin", "attune", false, r#""/t/attune""#),
            artefact("test", "several", true, r#""/t/deps/several-1""#),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let built = Built::read(&messages.join("\n")).unwrap();
        assert_eq!(built.program("attune").unwrap(), Path::new("/t/attune"));
        let test = built.test("collector", "several").unwrap();
        assert_eq!(test.get_program(), "/t/deps/several-1");
        assert_eq!(test.get_current_dir().unwrap(), Path::new(&folder));
        assert_eq!(built.program("several").unwrap_err().to_string(), "no program `several` was built");
        assert!(built.test("control", "several").is_err(), "another package's");
        assert!(Built::read("{").is_err());
    }
}
