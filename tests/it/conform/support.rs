//! A recorder in Python that can be broken in many ways, and a scenario for it.

use std::process::{Command, Output};

use serde_json::Value;

use crate::context::{Context, out, pythons, show};

const RECORDER: &str = include_str!("recorder.py");

/// A package, a module that has the name of another, and code of an `exec`.
const FIXTURE: &str = "# A package, and code of an exec

`main.py`

```python
import sys

import acme.till

exec(compile('total = 1', '<text>', 'exec'), {'__name__': 'ghost'})
print('done')
sys.exit(3)
```

`acme/__init__.py`

```python
```

`acme/till.py`

```python
```

```toml
[run]
arguments = [\"main.py\"]
```

```expect
required <acme.till> in acme/till.py
bare <text>: code of an exec
exit 3
```
";

const GOLDEN: &str = "\
---
source: tests/golden/compare.rs
---
<__main__> · main.py · file
  <acme> · acme/__init__.py · file
  <acme.till> · acme/till.py · file
  <module> · <text> · nested
exit 3
";

/// A folder with the recorder, its profile and the scenario.
pub struct Bench {
    pub context: Context,
}

impl Bench {
    /// A recorder that is broken in a way.
    pub fn new(way: &str) -> Self {
        let context = Context::of([
            ("recorder.py", RECORDER),
            ("fixtures/shop/exec.md", FIXTURE),
            ("snapshots/shop/exec.snap", GOLDEN),
        ]);
        let bench = Self { context };
        bench.profile(&format!(
            "name = \"mine\"\n\
             command = [\"{{python}}\", \"{{profile}}/recorder.py\", \"{way}\", \"{{out}}\", \"{{program}}\"]\n\
             reader = {{ kind = \"lines\", file = \"bodies.jsonl\" }}\n"
        ));
        bench
    }

    /// Replaces the profile.
    pub fn profile(&self, text: &str) {
        self.context.write("mine.toml", text);
    }

    /// Runs `truename conform` on the newest Python, with some options more.
    pub fn conform(&self, options: &[&str]) -> Output {
        self.command(options).output().unwrap()
    }

    /// Returns the command that does.
    pub fn command(&self, options: &[&str]) -> Command {
        let (major, minor, _) = pythons()[0].version;
        let mut command =
            self.context
                .truename(&["conform", "mine.toml", "--fixtures", "fixtures"]);
        command
            .args(["--python", &format!("{major}.{minor}")])
            .args(options);
        // What is kept for a session that goes on is the bench's own.
        command.env("XDG_CACHE_HOME", self.context.at("cache"));
        command
    }

    /// Returns the verdict on the scenario, the texts of its findings, and the exit status.
    #[track_caller]
    pub fn verdict(&self, options: &[&str]) -> (String, Vec<String>, i32) {
        let mut options = options.to_vec();
        options.push("--json");
        let output = self.conform(&options);
        let report: Value = serde_json::from_str(&out(&output))
            .unwrap_or_else(|error| panic!("{error}: {}", show(&output)));
        let outcome = &report["outcomes"][0];
        let findings = outcome["findings"].as_array().unwrap();
        let texts = findings
            .iter()
            .map(|it| it["text"].as_str().unwrap().to_owned());
        (
            outcome["verdict"].as_str().unwrap().to_owned(),
            texts.collect(),
            output.status.code().unwrap(),
        )
    }
}
