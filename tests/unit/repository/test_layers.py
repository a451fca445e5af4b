"""The layer contracts cover the whole package, also what is new in it."""

import tomllib

import pytest

ONLY_CLI = {"agent", "cli", "local", "__main__", "__init__"}


@pytest.fixture
def contracts(repository):
    """The contracts, by name."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    return {one["name"]: one for one in project["tool"]["importlinter"]["contracts"]}


@pytest.fixture
def modules(repository):
    """The package's modules and rooms, without those that only people start."""
    entries = (repository / "asgwarm").iterdir()
    names = {
        p.stem for p in entries if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    return {f"asgwarm.{name}" for name in names - ONLY_CLI}


@pytest.mark.parametrize(
    ("contract", "listed", "but"),
    [
        ("only cli prints", "source_modules", set()),
        (
            "only local_region and the commands know the emulated region",
            "source_modules",
            {"asgwarm.local_region"},
        ),
        (
            "the emulated region shares nothing with the product",
            "forbidden_modules",
            set(),
        ),
        (
            "AWS clients are made in one place",
            "source_modules",
            {"asgwarm.clients", "asgwarm.lambdas"},
        ),
        (
            "the guest needs Python and nothing else",
            "forbidden_modules",
            {"asgwarm.guest"},
        ),
    ],
)
def test_a_contract_on_everything_names_everything(
    contracts, modules, contract, listed, but
):
    """Import-linter takes lists; a module that is missing there would be free."""
    assert modules - but <= set(contracts[contract][listed])


def test_every_module_has_its_layer(contracts):
    """Import-linter itself refuses one that has none."""
    assert contracts["imports point down"]["exhaustive"] is True
