//! The modules that a program would not import if all its imports were lazy (PEP 810).

use std::time::Duration;

use serde::Serialize;

use super::chain::{Place, place};
use super::difference::{Difference, Gain, Summary};
use super::process::ModuleSet;

/// The end and the output of a run of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The time after which it was ended, as it went on much longer than the program as it is.
    pub ended_after: Option<Duration>,
    /// The time from its start to its end.
    pub time: Duration,
    /// The bytes that it wrote to standard output.
    pub stdout: Vec<u8>,
    /// The bytes that it wrote to standard error.
    pub stderr: Vec<u8>,
    /// The lines that truename itself wrote there.
    pub warnings: Vec<String>,
}

/// The behaviour of a program as it is: what all its runs have in common.
#[derive(Clone, Debug)]
pub struct Baseline {
    first: Behaviour,
    is_stdout_alike: bool,
    is_stderr_alike: bool,
}

/// A difference in how a program behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Deviation {
    /// It ends in another way.
    Ending {
        /// The end of the program as it is: `exit status 0`, `signal 11`.
        before: String,
        /// The end of the other.
        after: String,
        /// The last line that the other wrote to standard error.
        last_line: Option<String>,
    },
    /// It writes something else.
    Output {
        /// `stdout` or `stderr`.
        stream: &'static str,
        /// The first line in which they differ, from 1.
        line: usize,
        /// That line of the program as it is; `None` after its end.
        before: Option<String>,
        /// That line of the other.
        after: Option<String>,
    },
}

/// The comparison of a program as it is with the same under lazy imports.
#[derive(Debug, Serialize)]
pub struct LazyReport {
    /// The program as it is.
    pub eager: Summary,
    /// The program under lazy imports, with [`kept_eager`](Self::kept_eager).
    pub lazy: Summary,
    /// The modules that it did not need, each with those that came with it, most expensive first.
    pub not_needed: Vec<Gain>,
    /// The first difference in how it behaves where all imports are lazy.
    pub deviation: Option<Deviation>,
    /// The imports that must stay eager for the program to behave as it is; `None` where they are not known.
    pub kept_eager: Option<Vec<EagerImport>>,
    /// The streams that the program writes differently from run to run, and that are not compared.
    pub not_compared: Vec<&'static str>,
}

/// An import that must stay eager.
#[derive(Debug, Serialize)]
pub struct EagerImport {
    /// The name of the module.
    pub name: String,
    /// The place that asks for it first.
    pub asked: Option<Place>,
}

impl Baseline {
    /// Compares the runs of the program as it is; `None` if they end in different ways, or if there is none.
    pub fn of(runs: &[Behaviour]) -> Option<Self> {
        let (first, others) = runs.split_first()?;
        let is_same_end = |it: &Behaviour| it.ending() == first.ending();
        others.iter().all(is_same_end).then(|| Self {
            first: first.clone(),
            is_stdout_alike: others.iter().all(|it| it.stdout == first.stdout),
            is_stderr_alike: others.iter().all(|it| it.stderr == first.stderr),
        })
    }

    /// Returns the first difference of a run; `None` if it behaves the same.
    pub fn deviation(&self, run: &Behaviour) -> Option<Deviation> {
        if run.ending() != self.first.ending() {
            return Some(Deviation::Ending {
                before: self.first.ending(),
                after: run.ending(),
                last_line: run.last_line(),
            });
        }
        let of_stream = |is_alike: bool, stream, before: &[u8], after: &[u8]| {
            (is_alike && before != after).then(|| output(stream, before, after))
        };
        let first = &self.first;
        of_stream(self.is_stdout_alike, "stdout", &first.stdout, &run.stdout)
            .or_else(|| of_stream(self.is_stderr_alike, "stderr", &first.stderr, &run.stderr))
    }

    /// Returns the streams that differ from run to run.
    pub fn not_compared(&self) -> Vec<&'static str> {
        let streams = [
            ("stdout", self.is_stdout_alike),
            ("stderr", self.is_stderr_alike),
        ];
        let differing = streams.into_iter().filter(|(_, is_alike)| !is_alike);
        differing.map(|(stream, _)| stream).collect()
    }
}

fn output(stream: &'static str, before: &[u8], after: &[u8]) -> Deviation {
    let [before, after] = [before, after].map(|it| String::from_utf8_lossy(it).into_owned());
    let alike = before
        .lines()
        .zip(after.lines())
        .take_while(|(before, after)| before == after);
    let line = alike.count();
    let of = |text: &str| text.lines().nth(line).map(str::to_owned);
    Deviation::Output {
        stream,
        line: line + 1,
        before: of(&before),
        after: of(&after),
    }
}

impl Behaviour {
    /// Returns the last line that it wrote to standard error, less empty ones.
    pub fn last_line(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.stderr);
        let mut lines = text.lines().rev().map(str::trim);
        lines.find(|it| !it.is_empty()).map(str::to_owned)
    }

    fn ending(&self) -> String {
        if let Some(limit) = self.ended_after {
            return format!("no end within {} s", limit.as_secs());
        }
        match (self.status, self.signal) {
            (Some(status), _) => format!("exit status {status}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "an unknown end".to_owned(),
        }
    }
}

impl LazyReport {
    /// Compares the imports of both. `kept_eager` has the names of the modules whose imports stayed eager in `lazy`.
    pub fn new(
        eager: &ModuleSet<'_>,
        lazy: &ModuleSet<'_>,
        baseline: &Baseline,
        deviation: Option<Deviation>,
        kept_eager: Option<&[String]>,
    ) -> Self {
        let difference = Difference::between(eager, lazy);
        let import = |name: &String| EagerImport {
            name: name.clone(),
            asked: eager
                .imported
                .get(name.as_str())
                .and_then(|it| place(eager.node(*it))),
        };
        Self {
            eager: difference.before,
            lazy: difference.after,
            not_needed: difference.lost,
            deviation,
            kept_eager: kept_eager.map(|names| names.iter().map(import).collect()),
            not_compared: baseline.not_compared(),
        }
    }

    /// Returns the time of imports that is saved, in nanoseconds.
    pub fn saved_ns(&self) -> u64 {
        self.eager.import_ns.saturating_sub(self.lazy.import_ns)
    }
}
