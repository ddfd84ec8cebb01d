"""The plugin for pytest, in sessions of its own."""

import pytest

import truename


@pytest.fixture
def project(pytester):
    """A project with a heavy module that a light one imports when it is asked to."""
    pytester.makepyfile(
        app_light="def report():\n    import app_report\n",
        app_report="import app_heavy\n",
        app_heavy="import app_heavy_too\n",
        app_heavy_too="",
    )
    pytester.syspathinsert()
    return pytester


def run(project, *words):
    return project.runpytest_subprocess("-p", "no:cacheprovider", *words)


def test_a_forbidden_import_fails_with_its_chain(project):
    project.makepyfile(
        """
        import pytest

        @pytest.mark.imports(forbid="app_heavy")
        def test_report():
            import app_light
            app_light.report()

        @pytest.mark.imports(forbid=["app_none", "app_heav"])
        def test_fine():
            import app_light
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["app_heavy is forbidden and was imported", "*app_report  app_light.py:2", "*app_heavy  app_report.py:1"])


@pytest.mark.parametrize("most, failed", [(4, 0), (3, 1)])
def test_so_many_new_modules_are_allowed(project, most, failed):
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.imports(max_new={most})
        def test_report():
            import app_light
            app_light.report()
        """
    )
    run(project).assert_outcomes(passed=1 - failed, failed=failed)


def test_a_keyword_that_no_mark_has_is_named(project):
    project.makepyfile(
        """
        import pytest

        @pytest.mark.imports(forbids="app_heavy")
        def test_report(): ...
        """
    )
    result = run(project)
    result.stdout.fnmatch_lines(["*imports has no keyword forbids: there are forbid, max_new, in_subprocess*"])


def test_in_a_process_of_its_own_other_tests_are_no_matter(project):
    project.makepyfile(
        """
        import os, pytest
        here = os.getpid()

        def test_first():
            import app_heavy

        @pytest.mark.imports(forbid="app_heavy")
        def test_too_late():
            import app_light

        @pytest.mark.imports(forbid="app_heavy", in_subprocess=True)
        def test_alone():
            import app_light

        @pytest.mark.imports(forbid="app_heavy", in_subprocess=True)
        def test_alone_and_heavy():
            import app_light
            app_light.report()
        """
    )
    result = run(project)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*in_subprocess=True runs the test*", "*in a process of its own, it failed:*", "*app_heavy is forbidden*"])


def test_in_a_process_of_its_own_a_test_ends_as_ever(project):
    project.makepyfile(
        """
        import os
        import pytest

        alone = pytest.mark.imports(forbid="app_heavy", in_subprocess=True)

        @alone
        def test_skipped(): pytest.skip("not today")

        @alone
        def test_xfailed(): pytest.xfail("not yet")

        @alone
        @pytest.mark.xfail(strict=True)
        def test_expected_to_fail(): assert 0

        @alone
        def test_left(): os._exit(0)

        @alone
        def test_passed(): assert not [name for name in os.environ if "INNER" in name]
        """
    )
    result = run(project, "-rA")
    result.assert_outcomes(passed=1, failed=1, skipped=1, xfailed=2)
    result.stdout.fnmatch_lines(["*in a process of its own, it did not come to its end:*"])
    result.stdout.fnmatch_lines(["SKIPPED*not today", "XFAIL *test_xfailed - *not yet"])


def test_a_process_of_its_own_has_the_options_of_the_session(project, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.makepyfile(
        """
        import pytest

        @pytest.mark.imports(forbid="app_heavy", in_subprocess=True)
        def test_alone_and_heavy(): import app_heavy
        """
    )
    result = run(project, "-p", "truename.pytest_plugin")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*app_heavy is forbidden*"])


def test_the_fixture_holds_a_block_to_rules(project):
    project.makepyfile(
        """
        def test_block(imports):
            with imports(forbid="app_heavy", max_new=1) as trace:
                import app_light
            assert [module.name for module in trace.modules] == ["app_light"]
            app_light.report()

        def test_heavy(imports):
            with imports(max_new=0):
                import colorsys

        def test_nothing(imports):
            with imports(forbid="app_heav", max_new=0):
                pass
        """
    )
    run(project, "-v").assert_outcomes(passed=2, failed=1)


def test_an_error_in_a_marked_test_stays_what_it_is(project):
    project.makepyfile(
        """
        import pytest

        @pytest.mark.imports(forbid="app_heavy")
        def test_broken():
            import app_light
            assert 1 == 2
        """
    )
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 1 == 2*"])


def test_a_session_is_recorded(project):
    project.makepyfile(
        """
        import pytest

        def test_report():
            import app_light
            app_light.report()

        @pytest.mark.imports(forbid="app_heavy")
        def test_marked():
            import app_light
        """
    )
    result = run(project, "--truename", "trace")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["truename: * module bodies in trace"])
    names = [module.name for module in truename.Trace(project.path / "trace").modules]
    assert "app_heavy" in names and "test_a_session_is_recorded" in names


def test_without_a_mark_or_an_option_nothing_is_recorded(project):
    project.makepyfile("import truename\ndef test_plain(): assert not truename.is_recording()")
    result = run(project)
    result.assert_outcomes(passed=1)
    assert not (project.path / "truename-trace").exists()
    result.stdout.no_fnmatch_line("truename:*")
