//! The fuzz target, run over a few files that are odd in ways that a fuzzer would try.

#[path = "../../fuzz/entry.rs"]
mod entry;

use trace_filter::Builtin;

const HEAD: &str = "[meta]\nname='t'\nversion=1\n[scope]\ndefault_exec='trace'\n\
                    default_value_action='allow'\n";

fn rule(selector: &str) -> String {
    format!("{HEAD}[[scope.rules]]\nselector={selector}\nexec='skip'\n")
}

#[test]
fn odd_files_are_read_or_refused() {
    let texts = [
        String::new(),
        "\u{feff}".to_owned() + HEAD,
        HEAD.replace('\n', "\r\n"),
        HEAD.replace('\n', "\r"),
        "\0".repeat(100),
        "=".to_owned(),
        "[".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
        format!("a = {}1", "{a=".repeat(10_000)),
        "a.".repeat(10_000) + "a = 1",
        "[meta]\nname = \"\"\"".to_owned(),
        "[meta]\nname = \"\\ud800\"".to_owned(),
        "meta = {name='t', version=0x10}\nscope = {default_exec='skip', default_value_action='drop'}"
            .to_owned(),
        HEAD.replace("version=1", "version=99999999999999999999"),
        HEAD.replace("version=1", "version=1.5"),
        HEAD.replace("version=1", "version=1979-05-27"),
        format!("scope.rules = [1, []]\n{HEAD}"),
        HEAD.replace("'t'", "'''\n't'''"),
        rule("''"),
        rule("':'"),
        rule("'pkg::'"),
        rule("'pkg:glob:'"),
        rule("'pkg:regex:'"),
        rule("'pkg:日本語*🐍[日-本]'"),
        rule("'''\npkg:[日'''"),
        rule("\"\"\"\\\n  pkg:[a\"\"\""),
        rule("\"pkg:\\u0000\\n[a\""),
        rule("'pkg:{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{a'"),
        rule("'pkg:{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}**/**/**/**'"),
        rule("'pkg:[!]a]'"),
        rule("'pkg:[/]'"),
        rule("'pkg:[a-'"),
        rule(r"'pkg:[a\'"),
        rule(r"'pkg:regex:(?-u)\xff'"),
        rule(r"'pkg:regex:(?-u:\xff)'"),
        rule(r"'pkg:regex:[^\s\S]'"),
        rule(r"'pkg:regex:\b{start}\w\b{end-half}\B$'"),
        rule(r"'pkg:regex:(?xism)a # b'"),
        rule(r"'pkg:regex:(?R)^a$'"),
        rule(r"'pkg:regex:(?:){4294967295}'"),
        rule(r"'pkg:regex:a{4294967295}'"),
        rule(r"'pkg:regex:((a{100}){100}){100}'"),
        rule(r"'pkg:regex:(?i)\pL{200}'"),
        rule(&format!("'pkg:regex:{}'", "(".repeat(5_000))),
        rule(&format!("'pkg:regex:{0}{1}'", "(".repeat(90), ")*".repeat(90))),
        rule(&format!("'pkg:{}a'", "*a".repeat(5_000))),
        rule(&format!("'pkg:{}'", "x".repeat(500_000))),
        rule("'pkg:a'").replace("exec", "value_patterns=[{selector='arg:a',action='drop'}]\nexec"),
    ];
    for text in &texts {
        entry::parse(text.as_bytes());
    }
    entry::parse(b"\xff\xfe");
}

#[test]
fn builtins_cut_anywhere_are_read_or_refused() {
    for builtin in Builtin::ALL {
        let text = builtin.text();
        for end in 0..=text.len() {
            entry::parse(&text.as_bytes()[..end]);
        }
    }
}
