//! Fixtures in a temporary folder, and recorders that go wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use truename::golden::{Golden, Harness};

use crate::context::{Context, pythons};

/// A scenario with two modules, one of which raises.
pub const SCENARIO: &str = "# Two modules

`main.py`

```python
try:
    import acme
except ValueError:
    import spare
```

`acme.py`

```python
raise ValueError
```

`spare.py`

```python
```

```toml
[run]
arguments = [\"main.py\"]
```

```expect
required <acme> in acme.py
```
";

/// The golden of it.
pub const GOLDEN: &str = "\
<__main__> · main.py · file
  <acme> · acme.py · file · raised ValueError
  <spare> · spare.py · file
exit 0
";

/// A harness on the newest interpreter.
static HARNESS: LazyLock<Harness> = LazyLock::new(|| {
    let truename = PathBuf::from(env!("CARGO_BIN_EXE_truename"));
    let mut harness = Harness::on_all_interpreters(truename, Duration::from_secs(60)).unwrap();
    harness.interpreters = pythons()[..1].to_vec();
    harness
});

/// A harness on the newest interpreter, and a folder for its fixture.
pub struct Bench {
    pub harness: Harness,
    context: Context,
}

impl Bench {
    pub fn new() -> Self {
        let context = Context::new();
        let mut harness = HARNESS.clone();
        // What is kept of scenarios that fail goes with the bench.
        harness.folder = context.root();
        harness.kept = context.at("failed");
        Self { harness, context }
    }

    /// The recorder records, and then a Python program has its way with the trace folder,
    /// `sys.argv[1]`.
    pub fn recorder_then(self, program: &str) -> Self {
        let truename = self.harness.truename.display();
        let python = self.harness.interpreters[0].path.display();
        // `--python PYTHON --out FOLDER` follow `run`.
        let script = format!(
            "#!/bin/sh\nshift\n{truename} run --format json \"$@\"\nstatus=$?\n\
             {python} - \"$4\" <<'END' || exit 99\nimport os, sys\nfrom pathlib import Path\n\
             folder = Path(sys.argv[1])\n{program}\nEND\nexit $status\n"
        );
        self.recorder(&script)
    }

    /// The recorder is a script.
    pub fn recorder(mut self, script: &str) -> Self {
        self.harness.truename = self.script("recorder", script);
        self
    }

    /// The interpreter is a script.
    pub fn interpreter(mut self, script: &str) -> Self {
        self.harness.interpreters[0].path = self.script("python", script);
        self
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let file = self.context.write(name, text);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    pub fn examine(&self, fixture: &str) -> Result<Vec<Golden>, String> {
        let file = self.context.write("scenario.md", fixture);
        self.harness
            .examine(&file)
            .map_err(|failure| failure.to_string())
    }

    /// The report of a scenario that fails.
    #[track_caller]
    pub fn failure(&self, fixture: &str) -> String {
        match self.examine(fixture) {
            Err(report) => report,
            Ok(goldens) => panic!("it did not fail: {goldens:?}"),
        }
    }

    /// Fails unless the scenario fails and its report has all these texts.
    #[track_caller]
    pub fn fails_with(&self, fixture: &str, texts: &[&str]) {
        let report = self.failure(fixture);
        for text in texts {
            assert!(report.contains(text), "{text:?} is not in:\n{report}");
        }
    }
}
