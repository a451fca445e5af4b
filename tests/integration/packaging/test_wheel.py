"""What `pip install` makes of this project, far from its checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest


def run(*command, cwd, **variables):
    """Run a program that must succeed; its output."""
    measured = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **measured, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory):
    """The wheel, as `make dist` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel")
    run(*build, "--directory", folder, cwd=repository)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The programs of a new environment with the wheel and its dependencies.

    The dependencies are those of this very environment, so that nothing is fetched.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check")
    run(*install, *offline, wheel, cwd=folder)
    (packages,) = folder.glob("lib/*/site-packages")
    here = sysconfig.get_paths()
    (packages / "dependencies.pth").write_text(f"{here['purelib']}\n")
    return folder / "bin"


def test_the_wheel_has_the_template_and_nothing_of_the_workshop(wheel):
    """The package, its template, its licence and its types; no tests and no tools."""
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()

    names_of = ("pool", "endpoint", "access", "network", "operations")
    templates = (*(f"{name}.yaml" for name in names_of), "stack-policy.json")
    assert {f"asgwarm/templates/{name}" for name in templates} <= set(names)
    assert "asgwarm/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0].split("-")[0] for name in names} == {"asgwarm"}
    assert not [name for name in names if "/test" in name or ".in." in name]


def test_two_wheels_of_one_source_are_the_same(wheel, repository, tmp_path):
    """Nobody's clock or umask is in it."""
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel")
    run(*build, "--directory", tmp_path, cwd=repository)

    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_an_installed_asgwarm_has_the_template_of_the_checkout(
    programs, repository, tmp_path
):
    """Found in the package, for there is no checkout beside it."""
    said = run(programs / "asgwarm", "template", cwd=tmp_path, HOME=str(tmp_path))
    where = run(
        programs / "python",
        "-c",
        "import asgwarm; print(asgwarm.__file__)",
        cwd=tmp_path,
    )

    assert said == (repository / "templates" / "pool.yaml").read_text()
    assert Path(where.strip()).is_relative_to(programs.parent)


@pytest.mark.long
def test_an_installed_asgwarm_gives_the_whole_tour(programs, tmp_path):
    """The emulated region starts from the installed package, and leaves nothing."""
    run(programs / "asgwarm", "demo", cwd=tmp_path, HOME=str(tmp_path))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
