//! Names of source files, for people.

use std::path::{Component, Path};

/// Returns the part of `file` by which a reader recognises it.
///
/// An installed package's file begins at `site-packages`, the standard library's at `python3.12`,
/// and one below the working directory is relative to it. Anything else is as Python gave it.
pub fn shortened(file: &str, directory: &str) -> String {
    let path = Path::new(file);
    let from_marker = after_last(path, |name| {
        matches!(name, "site-packages" | "dist-packages")
    })
    .or_else(|| after_last(path, is_standard_library));
    from_marker
        .or_else(|| below(path, Path::new(directory)))
        .unwrap_or_else(|| file.to_owned())
}

/// Returns whether `file` belongs to the standard library, by the same folders.
pub fn is_of_standard_library(file: &str) -> bool {
    let short = shortened(file, "");
    let folder = short.split_once('/').map(|(folder, _)| folder);
    file.starts_with("<frozen ") || folder.is_some_and(is_standard_library)
}

/// `path` from the last of its folders that is a marker.
fn after_last(path: &Path, is_marker: impl Fn(&str) -> bool) -> Option<String> {
    let components: Vec<_> = path.components().collect();
    let folders = components.split_last()?.1;
    let marker = folders
        .iter()
        .rposition(|folder| folder.as_os_str().to_str().is_some_and(&is_marker))?;
    let rest: std::path::PathBuf = components[marker..].iter().collect();
    rest.to_str().map(str::to_owned)
}

/// `python3.12`, as in `lib/python3.12/json/__init__.py`; not `python3.12.1`, which is how people
/// name the folder that they install a Python into.
fn is_standard_library(folder: &str) -> bool {
    let version = folder.strip_prefix("python3.").unwrap_or_default();
    let minor = version.strip_suffix('t').unwrap_or(version);
    !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())
}

fn below(path: &Path, directory: &Path) -> Option<String> {
    // Everything is below the root, so being there says nothing.
    let is_root = !directory
        .components()
        .any(|component| matches!(component, Component::Normal(_)));
    if is_root {
        return None;
    }
    let rest = path.strip_prefix(directory).ok()?.to_str()?;
    (!rest.is_empty()).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_names_the_file_stays() {
        let short = |file| shortened(file, "/home/app");
        assert_eq!(short("/home/app/main.py"), "main.py");
        assert_eq!(short("/home/app2/main.py"), "/home/app2/main.py");
        assert_eq!(short("main.py"), "main.py");
        assert_eq!(
            short("/home/app/.venv/lib/python3.12/site-packages/boto3/__init__.py"),
            "site-packages/boto3/__init__.py"
        );
        assert_eq!(
            short("/usr/lib/python3/dist-packages/six.py"),
            "dist-packages/six.py"
        );
        assert_eq!(
            short("/usr/lib/python3.12/json/__init__.py"),
            "python3.12/json/__init__.py"
        );
        assert_eq!(short("/usr/lib/python3.13t/re.py"), "python3.13t/re.py");
        assert_eq!(
            short("/opt/python3.12.1/tool.py"),
            "/opt/python3.12.1/tool.py"
        );
        assert_eq!(short("<frozen zipimport>"), "<frozen zipimport>");
        assert_eq!(short("<string>"), "<string>");
        assert_eq!(short(""), "");
    }

    #[test]
    fn the_standard_library_is_known_by_its_folder() {
        let is_standard = is_of_standard_library;
        assert!(is_standard("/usr/lib/python3.12/json/__init__.py"));
        assert!(is_standard("/usr/lib/python3.12/lib-dynload/_json.so"));
        assert!(is_standard("<frozen zipimport>"));
        assert!(!is_standard("/v/lib/python3.12/site-packages/six.py"));
        assert!(!is_standard("/opt/python3.12.1/tool.py") && !is_standard("python3.py"));
    }

    #[test]
    fn the_root_is_no_working_directory_to_speak_of() {
        assert_eq!(shortened("/srv/main.py", "/"), "/srv/main.py");
        assert_eq!(shortened("/srv/main.py", ""), "/srv/main.py");
    }
}
