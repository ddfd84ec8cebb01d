//! Calls into code that may panic, without a word on standard error.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// One caller at a time: the panic hook belongs to the whole process.
static HOOK: Mutex<()> = Mutex::new(());

/// Runs `task`, and gives `None` when it panics; nothing is printed, and the panic hook is as
/// before. Panics of other threads are reported as ever.
pub fn catch_panic<T>(task: impl FnOnce() -> T) -> Option<T> {
    let _turn = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let usual: Arc<Hook> = Arc::new(panic::take_hook());
    let silent_thread = thread::current().id();
    let others = Arc::clone(&usual);
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != silent_thread {
            others(info);
        }
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(task));
    drop(panic::take_hook());
    if let Some(hook) = Arc::into_inner(usual) {
        panic::set_hook(hook);
    }
    result.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// One test, as the hook is the whole process's.
    #[test]
    fn a_panic_is_caught_unheard_and_the_hook_comes_back() {
        let heard = Arc::new(AtomicUsize::new(0));
        let ear = Arc::clone(&heard);
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |_| {
            ear.fetch_add(1, Ordering::SeqCst);
        }));

        assert_eq!(catch_panic(|| 1), Some(1));
        assert_eq!(catch_panic(|| -> u8 { panic!("must not be heard") }), None);
        assert_eq!(heard.load(Ordering::SeqCst), 0);

        let elsewhere = catch_panic(|| thread::spawn(|| panic!("is heard")).join().is_err());
        assert_eq!(elsewhere, Some(true));
        assert_eq!(heard.load(Ordering::SeqCst), 1);

        assert!(panic::catch_unwind(|| panic!("is heard again")).is_err());
        assert_eq!(heard.load(Ordering::SeqCst), 2);
        panic::set_hook(usual);
    }
}
