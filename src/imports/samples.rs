//! The times of one thing in several runs of a program.

use serde::Serialize;

/// Time that is a node's own, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnTime {
    /// The time in which the module was looked for.
    pub finding: u64,
    /// The time in which its code was read.
    pub loading: u64,
    /// The time in which its code ran.
    pub running: u64,
}

/// The times of one thing in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The number of imports in it.
    pub imports: usize,
    /// The time with all that was imported within, in nanoseconds; `None` when it never ended.
    pub total: Option<u64>,
    /// The parts of it that are its own.
    pub own: OwnTime,
}

/// The times of one thing, by run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples(Vec<Option<Sample>>);

/// The least and the greatest of the times of several runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The least, in nanoseconds.
    pub min_ns: u64,
    /// The greatest, in nanoseconds.
    pub max_ns: u64,
}

/// The differences of the times of several runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Of the total.
    pub total: Range,
    /// Of the own time.
    pub own: Range,
    /// Of the time in which its own code ran.
    pub running: Range,
}

/// The median of the times of several runs, and how far they lie apart. Of an even number, the lower of the two middle
/// ones is the median, so that it is a time that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The median, in nanoseconds.
    pub median: u64,
    /// The least and the greatest.
    pub range: Range,
    /// The number of runs.
    pub runs: usize,
}

impl OwnTime {
    /// Returns the sum of the parts.
    pub fn sum(self) -> u64 {
        self.finding
            .saturating_add(self.loading)
            .saturating_add(self.running)
    }

    /// Returns these times and others together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            finding: self.finding.saturating_add(other.finding),
            loading: self.loading.saturating_add(other.loading),
            running: self.running.saturating_add(other.running),
        }
    }
}

impl Sample {
    /// Adds the times of another thing in the same run. One that never ended counts for nothing beside one that did.
    fn plus(self, other: Self) -> Self {
        let totals = [self.total, other.total].into_iter().flatten();
        Self {
            imports: self.imports + other.imports,
            total: totals.reduce(u64::saturating_add),
            own: self.own.plus(other.own),
        }
    }
}

impl Samples {
    /// Adds the times of a thing in a run.
    pub fn add(&mut self, run: usize, sample: Sample) {
        if self.0.len() <= run {
            self.0.resize(run + 1, None);
        }
        let it = &mut self.0[run];
        *it = Some(it.unwrap_or_default().plus(sample));
    }

    /// Adds the times of another thing, run by run.
    pub fn add_all(&mut self, other: &Self) {
        for (run, sample) in other.by_run() {
            self.add(run, sample);
        }
    }

    /// Returns the times with the number of the run, from 0.
    pub fn by_run(&self) -> impl Iterator<Item = (usize, Sample)> + '_ {
        let samples = self.0.iter().enumerate();
        samples.filter_map(|(run, sample)| Some((run, (*sample)?)))
    }

    /// Returns the number of runs that have it.
    pub fn runs(&self) -> usize {
        self.by_run().count()
    }

    /// Returns the median total, and the own time of the run whose own time is the median: its parts add up.
    pub fn typical(&self) -> Sample {
        let mut samples: Vec<_> = self.by_run().map(|(_, sample)| sample).collect();
        samples.sort_by_key(|it| it.own.sum());
        let middle = samples.len().saturating_sub(1) / 2;
        Sample {
            imports: samples.iter().map(|it| it.imports).max().unwrap_or(0),
            total: Measured::of(samples.iter().filter_map(|it| it.total)).map(|it| it.median),
            own: samples.get(middle).map_or(OwnTime::default(), |it| it.own),
        }
    }

    /// Returns how far the times of several runs lie apart; `None` where but one run has it.
    pub fn spread(&self) -> Option<Spread> {
        if self.runs() < 2 {
            return None;
        }
        let own = |it: &Sample| it.total.map(|_| it.own.sum());
        Some(Spread {
            total: self.range(|it| it.total)?,
            own: self.range(own)?,
            running: self.range(|it| it.total.map(|_| it.own.running))?,
        })
    }

    fn range(&self, time: impl Fn(&Sample) -> Option<u64>) -> Option<Range> {
        let times = self.by_run().filter_map(|(_, sample)| time(&sample));
        Measured::of(times).map(|it| it.range)
    }

    /// Returns the own time, measured; zero in no run where it has none.
    pub fn own(&self) -> Measured {
        let times = self.by_run().map(|(_, sample)| sample.own.sum());
        Measured::of(times).unwrap_or_else(|| Measured::once(0))
    }
}

impl Range {
    /// Returns the time between the two.
    pub fn width(self) -> u64 {
        self.max_ns - self.min_ns
    }
}

impl Measured {
    /// Measures by times; `None` where there are none.
    pub fn of(times: impl Iterator<Item = u64>) -> Option<Self> {
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        Some(Self {
            median: *times.get(times.len().checked_sub(1)? / 2)?,
            range: Range {
                min_ns: *times.first()?,
                max_ns: *times.last()?,
            },
            runs: times.len(),
        })
    }

    /// Returns a time that was measured once.
    pub fn once(time: u64) -> Self {
        Self {
            median: time,
            range: Range {
                min_ns: time,
                max_ns: time,
            },
            runs: 1,
        }
    }

    /// Returns the range of several runs; `None` of one.
    pub fn spread(self) -> Option<Range> {
        Some(self.range).filter(|_| self.runs > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(total: u64, running: u64) -> Sample {
        let own = OwnTime {
            finding: 1,
            loading: 0,
            running,
        };
        Sample {
            imports: 1,
            total: Some(total),
            own,
        }
    }

    #[test]
    fn the_median_is_a_time_that_was_measured() {
        let median = |times: &[u64]| Measured::of(times.iter().copied()).map(|it| it.median);
        assert_eq!(median(&[30, 10, 20]), Some(20));
        assert_eq!(median(&[40, 10, 30, 20]), Some(20));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn times_of_a_run_are_added_and_times_of_runs_are_compared() {
        let mut samples = Samples::default();
        samples.add(0, sample(10, 3));
        samples.add(2, sample(50, 9));
        samples.add(2, sample(1, 1));
        samples.add(3, sample(20, 4));
        assert_eq!(samples.runs(), 3);
        let typical = samples.typical();
        assert_eq!((typical.total, typical.own.sum()), (Some(20), 5));
        let spread = samples.spread().unwrap();
        let bounds = |it: Range| (it.min_ns, it.max_ns);
        assert_eq!(bounds(spread.total), (10, 51));
        assert_eq!(bounds(spread.own), (4, 12));
    }

    #[test]
    fn one_run_has_no_spread() {
        for run in [0, 2] {
            let mut samples = Samples::default();
            samples.add(run, sample(10, 3));
            assert_eq!(samples.spread(), None);
        }
    }
}
