"""The dashboard and the alert rules speak of metrics there are, compose file and recipe of commands and settings."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from sqlalchemy import make_url

from crawler.fleet.connection import checked

HOUSE = Path(__file__).resolve().parents[1]
NAME = re.compile(r"watchlight_[a-z_]+")


def known() -> str:
    """All source of metrics, as text: names appear there with or without `_total`."""
    return "\n".join(file.read_text() for file in [*HOUSE.glob("*/metrics.py"), *HOUSE.glob("*/*/metrics.py")])


def dashboard_expressions() -> list[str]:
    dashboard = json.loads((HOUSE / "deploy/grafana/watchlight.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def rule_expressions() -> list[str]:
    rules = yaml.safe_load((HOUSE / "deploy/prometheus/alerts.yml").read_text())
    return [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("expression", dashboard_expressions() + rule_expressions())
def test_every_metric_of_an_expression_is_counted_somewhere(expression):
    names = NAME.findall(expression)
    assert names
    for name in names:
        assert f'"{name}"' in known() or f'"{name.removesuffix("_total")}"' in known(), name


def compose() -> dict:
    return yaml.safe_load((HOUSE / "deploy/compose.yaml").read_text())


def ours() -> dict[str, dict]:
    return {name: one for name, one in compose()["services"].items() if one["image"] == "watchlight"}


def test_every_duty_of_a_fleet_has_a_service_whose_command_is_one():
    from typer.testing import CliRunner

    from portal.cli import build
    from portal.duties import ALL, chosen

    done = set()
    for service in ours().values():
        word, *options = service["command"]
        assert word == "run"
        offered = CliRunner().invoke(build(), ["run", "--help"], terminal_width=200).output
        assert all(option in offered for option in options if option.startswith("--"))
        done |= chosen([options[options.index("--only") + 1]])
    assert done == set(ALL)


def test_every_setting_of_the_compose_file_is_told_to_operators_and_asked_for_in_the_example():
    told = (HOUSE / "docs/start/operator.md").read_text()
    example = set(re.findall(r"^(\w+)=", (HOUSE / "deploy/compose.env.example").read_text(), re.MULTILINE))
    for service in ours().values():
        assert all(f"`{name}`" in told for name in service["environment"] if name.startswith("WATCHLIGHT_"))
    assert set(re.findall(r"\$\{(\w+)", (HOUSE / "deploy/compose.yaml").read_text())) == example


def test_a_crawler_is_given_no_registry():
    assert not [name for name in ours()["crawler"]["environment"] if "REGISTRY" in name]
    assert all("WATCHLIGHT_VALKEY_URL" in one["environment"] for one in ours().values())


def test_what_the_compose_file_waits_for_and_mounts_is_there():
    services = compose()["services"]
    for service in services.values():
        for needed in service.get("depends_on", {}):
            assert "healthcheck" in services[needed], needed
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert (HOUSE / "deploy" / source).exists() if source.startswith(".") else source in compose()["volumes"]


def test_a_health_check_asks_the_port_that_its_service_was_given():
    for name, service in ours().items():
        if "healthcheck" in service:
            port = service["command"][service["command"].index("--port") + 1]
            assert f"127.0.0.1:{port}/" in service["healthcheck"]["test"][-1], name


def test_the_image_copies_every_package_there_is():
    import tomllib

    wanted = tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = re.findall(r"^COPY (\w+) \w+$", (HOUSE / "deploy/Containerfile").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(wanted["packages"])


def fleet_page() -> str:
    return (HOUSE / "docs/fleet.md").read_text()


def written(program: str) -> list[list[str]]:
    """Every use of a program in the blocks of code of the page about fleets, in words."""
    lines = [line.partition("#")[0] for line in fleet_page().splitlines() if line.startswith("    ")]
    parts = [part for line in lines for part in line.split("&&")]
    return [shlex.split(part)[1:] for part in parts if part.split()[:1] == [program]]


def test_every_command_of_the_recipe_is_one_with_the_options_it_is_given():
    from typer.testing import CliRunner

    from portal.cli import build
    from portal.duties import chosen

    commands = written("./watchlight")
    assert {words[0] for words in commands} == {"doctor", "run"}
    for word, *rest in commands:
        offered = CliRunner().invoke(build(), [word, "--help"], terminal_width=200)
        assert offered.exit_code == 0
        assert all(option in offered.output for option in rest if option.startswith("--"))
        assert chosen([rest[place + 1] for place, option in enumerate(rest) if option == "--only"])


def test_every_setting_of_the_recipe_is_told_to_operators_and_read_by_the_program():
    told = (HOUSE / "docs/start/operator.md").read_text()
    source = "".join(file.read_text() for folder in ("crawler", "matchers", "registry") for file in code(folder))
    exported = [words[0].partition("=") for words in written("export")]
    assert len(exported) == 4
    for name, _, value in exported:
        assert f"`{name}`" in told
        assert f'"{name}"' in source
        if name.endswith("_DATABASE_URL"):
            assert make_url(value).drivername == "postgresql+psycopg"
        if name == "WATCHLIGHT_VALKEY_URL":
            assert checked(value) == value


def code(folder: str) -> list[Path]:
    return list((HOUSE / folder).rglob("*.py"))


def test_the_databases_of_the_recipe_are_those_its_addresses_name():
    made = {words[words.index("createdb") + 3] for words in written("sudo") if "createdb" in words}
    owner = {words[-1] for words in written("sudo") if "createuser" in words}
    urls = [make_url(words[0].partition("=")[2]) for words in written("export") if "DATABASE_URL" in words[0]]
    assert made == {url.database for url in urls}
    assert owner == {url.username for url in urls}


def test_what_compose_is_told_on_the_page_is_there():
    [words] = [words for words in written("docker") if words[0] == "compose"]
    assert (HOUSE / words[words.index("-f") + 1]).exists()
    scaled = [words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "--scale"]
    assert set(scaled) <= set(compose()["services"])
    [copied] = written("cp")
    assert (HOUSE / copied[0]).exists()


def test_every_benchmark_of_the_page_can_be_called_as_it_is_written():
    from benchmarks.fleet.__main__ import options

    called = re.findall(r"`python -m benchmarks fleet([^`]*)`", fleet_page())
    assert called
    for words in called:
        options().parse_args(words.split())
