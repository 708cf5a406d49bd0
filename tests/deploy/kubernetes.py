"""Renders deploy/k8s with kubectl, and finds the parts that tests ask for. Needs no cluster."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.helpers.stages import cannot_run

K8S = Path(__file__).parent.parent.parent / "deploy" / "k8s"
OVERLAYS = ("sqlite", "openshift", "postgres")
Manifest = dict[str, Any]


def render(overlay: str) -> list[Manifest]:
    if not shutil.which("kubectl"):
        cannot_run("no kubectl to render the manifests with")
    done = subprocess.run(
        ["kubectl", "kustomize", str(K8S / "overlays" / overlay)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] in kinds}


def pod_templates(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {name: m["spec"]["template"] for name, m in of_kind(manifests, "Deployment", "Job").items()}


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """As Kubernetes does, for the two forms that these manifests use; {} selects everything."""
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    among = all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", [])
    )
    return equal and among
