//! The notes on labels in the log.

use crate::context::{Context, err, pythons};

#[test]
fn says_why_a_file_stays_bare_and_which_names_lost() {
    let main = "import types, other
module = types.ModuleType('settings')
module.__spec__ = other.__spec__
eval('1', vars(module))
exec(compile('', 'settings.py', 'exec'), {'__name__': 'settings'})
";
    let context = Context::of([("main.py", main), ("other.py", "")]);
    let log = |level: Option<&str>| {
        let mut command = context.record(&pythons()[0], &["main.py"]);
        let output = command.envs(level.map(|it| ("TRUENAME_LOG", it))).output();
        err(&output.unwrap())
    };
    assert_eq!(log(None), "");
    let notes = log(Some("debug"));
    let bare = "truename: debug: settings.py:1: stays <module>: no proof that this is the body of the \
                module that the namespace names\n";
    assert!(notes.contains(bare), "{notes}");
    let lost = "truename: debug: <string>:1: is <module> (no proof that this is the body of the module \
                that the namespace names), though __name__ says settings\n";
    assert!(notes.contains(lost), "{notes}");
}
