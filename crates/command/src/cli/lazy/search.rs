//! The search for the imports that must stay eager.

/// Finds a smallest part of `candidates` with which a test passes: it passes with all of them and not without any, and fails
/// as soon as one of the part is taken away. `None` where more than `most` tests would be needed.
///
/// This is QuickXplain (Junker, 2004): few tests where the part is small.
pub fn smallest<T: Clone, E>(
    candidates: &[T],
    most: usize,
    test: &mut dyn FnMut(&[T]) -> Result<bool, E>,
) -> Result<Option<Vec<T>>, E> {
    let mut search = Search { test, left: most };
    search.part(candidates, &[])
}

struct Search<'a, T, E> {
    test: &'a mut dyn FnMut(&[T]) -> Result<bool, E>,
    left: usize,
}

impl<T: Clone, E> Search<'_, T, E> {
    fn part(&mut self, candidates: &[T], kept: &[T]) -> Result<Option<Vec<T>>, E> {
        if candidates.len() < 2 {
            return Ok(Some(candidates.to_vec()));
        }
        let (first, second) = candidates.split_at(candidates.len() / 2);
        for half in [first, second] {
            match self.passes(&[kept, half].concat())? {
                None => return Ok(None),
                Some(true) => return self.part(half, kept),
                Some(false) => {}
            }
        }
        let Some(mut part) = self.part(first, &[kept, second].concat())? else {
            return Ok(None);
        };
        // The first half alone can be enough with what was kept of it.
        let with_first = [kept, &part].concat();
        match self.passes(&with_first)? {
            None => return Ok(None),
            Some(true) => return Ok(Some(part)),
            Some(false) => {}
        }
        let Some(rest) = self.part(second, &with_first)? else {
            return Ok(None);
        };
        part.extend(rest);
        Ok(Some(part))
    }

    fn passes(&mut self, kept: &[T]) -> Result<Option<bool>, E> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        (self.test)(kept).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the part of the first `count` numbers that all of `needed` are, and the number of tests.
    fn found(count: u32, needed: &[u32], most: usize) -> (Option<Vec<u32>>, usize) {
        let candidates: Vec<_> = (0..count).collect();
        let mut tests = 0;
        let part = smallest(&candidates, most, &mut |kept: &[u32]| {
            tests += 1;
            Ok::<_, ()>(needed.iter().all(|it| kept.contains(it)))
        });
        (part.unwrap(), tests)
    }

    #[test]
    fn the_part_is_what_is_needed() {
        for needed in [&[0][..], &[99], &[3, 4], &[0, 50, 99], &[7, 8, 9, 10, 60]] {
            let (part, tests) = found(100, needed, 200);
            assert_eq!(part.unwrap(), needed);
            assert!(tests <= needed.len() * 16, "{needed:?} took {tests}");
        }
    }

    #[test]
    fn a_search_that_would_take_too_long_ends() {
        let all: Vec<_> = (0..64).collect();
        assert_eq!(found(64, &all, 20), (None, 20));
        assert_eq!(found(1, &[0], 0), (Some(vec![0]), 0));
    }
}
