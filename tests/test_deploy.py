"""The dashboard and the alert rules speak of metrics there are, the compose file of commands, settings and services."""

import json
import re
from pathlib import Path

import pytest
import yaml

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
