"""The manifests as kustomize renders them: valid by the schemas, hardened, and true to the services."""

import copy
from collections.abc import Callable

import kubernetes_validate
import pytest
import yaml
from fastapi import FastAPI
from pydantic_settings import BaseSettings

from services.common.version import VERSION
from services.inference.main import create_app as create_inference
from services.inference.settings import Settings as InferenceSettings
from services.recommender.main import create_app as create_recommender
from services.recommender.settings import Settings as RecommenderSettings
from tests.deploy.kubernetes import K8S, OVERLAYS, Manifest, of_kind, pod_templates, render, selects

VERSIONS = ("1.34", "1.37")
APPS: dict[str, Callable[[], FastAPI]] = {"inference": create_inference, "recommender": create_recommender}
SETTINGS: dict[str, type[BaseSettings]] = {
    "inference": InferenceSettings,
    "recommender": RecommenderSettings,
    "migrate": RecommenderSettings,
}


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_valid(manifests: list[Manifest], version: str) -> None:
    """Every manifest is strictly valid by the schemas."""
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_misspelt_field(manifests: list[Manifest]) -> None:
    """A misspelt field fails the validation."""
    wrong = copy.deepcopy(of_kind(manifests, "Deployment")["inference"])
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_no_unused_file() -> None:
    """Every file is part of a kustomization."""
    used = set()
    for path in K8S.rglob("kustomization.yaml"):
        used.add(path)
        kustomization = yaml.safe_load(path.read_text())
        names = kustomization["resources"] + [patch["path"] for patch in kustomization.get("patches", [])]
        used |= {path.parent / name for name in names}
    assert set(K8S.rglob("*.yaml")) <= used


def test_pods_are_restricted(manifests: list[Manifest]) -> None:
    """Every pod meets the restricted security standard."""
    namespace = of_kind(manifests, "Namespace")["expression-recommender"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, template in pod_templates(manifests).items():
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_users(overlay: str) -> None:
    """Pods run as user 10001; on OpenShift the cluster chooses user and groups."""
    for name, template in pod_templates(render(overlay)).items():
        context = template["spec"]["securityContext"]
        chosen = {context.get(key) for key in ("runAsUser", "runAsGroup")}
        assert chosen == ({None} if overlay == "openshift" else {10001}), name
        assert overlay != "openshift" or "fsGroup" not in context


@pytest.mark.parametrize("service", APPS)
def test_probes(manifests: list[Manifest], service: str) -> None:
    """Probes ask for routes and ports that the service has."""
    routes = APPS[service]().openapi()["paths"]
    container = pod_templates(manifests)[service]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        get = container[probe]["httpGet"]
        assert get["path"] in routes
        assert get["port"] in ports
    assert ports["http"] == {"inference": 8001, "recommender": 8000}[service]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz", (
        "a slow database is no reason to restart"
    )


def test_variables_are_settings(manifests: list[Manifest]) -> None:
    """Every environment variable is a setting of the service."""
    for name, template in pod_templates(manifests).items():
        prefix = SETTINGS[name].model_config.get("env_prefix")
        known = {f"{prefix}{field}".upper() for field in SETTINGS[name].model_fields}
        for container in template["spec"]["containers"]:
            assert {variable["name"] for variable in container["env"]} <= known


def test_selectors(manifests: list[Manifest]) -> None:
    """Every selector finds its pods."""
    labels = {name: template["metadata"]["labels"] for name, template in pod_templates(manifests).items()}
    for name, service in of_kind(manifests, "Service").items():
        assert selects({"matchLabels": service["spec"]["selector"]}, labels[name])
    for name, workload in of_kind(manifests, "Deployment", "PodDisruptionBudget").items():
        assert selects(workload["spec"]["selector"], labels[name])
    for name, policy in of_kind(manifests, "NetworkPolicy").items():
        assert any(selects(policy["spec"]["podSelector"], pod) for pod in labels.values()), name
    for name, scaler in of_kind(manifests, "HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert name in of_kind(manifests, "Deployment")


def allowed_sources(manifests: list[Manifest], target: dict[str, str]) -> list[Manifest]:
    """The `from` entries of every policy that lets something in to pods with these labels."""
    return [
        source
        for policy in of_kind(manifests, "NetworkPolicy").values()
        if selects(policy["spec"]["podSelector"], target)
        for rule in policy["spec"].get("ingress", [])
        for source in rule.get("from", [{}])
    ]


def test_who_reaches_inference(manifests: list[Manifest]) -> None:
    """Only the recommender and the monitoring reach inference."""
    policies = of_kind(manifests, "NetworkPolicy")
    closed = policies["nothing-by-default"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    templates = pod_templates(manifests)
    inference = templates["inference"]["metadata"]["labels"]
    for source in allowed_sources(manifests, inference):
        if "namespaceSelector" in source:
            assert source["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
        else:
            chosen = [
                n for n, t in templates.items() if selects(source["podSelector"], t["metadata"]["labels"])
            ]
            assert chosen == ["recommender"]


def test_inference_reaches_nothing(manifests: list[Manifest]) -> None:
    """No policy lets inference connect to anything."""
    labels = pod_templates(manifests)["inference"]["metadata"]["labels"]
    for name, policy in of_kind(manifests, "NetworkPolicy").items():
        if selects(policy["spec"]["podSelector"], labels):
            assert "egress" not in policy["spec"], name


def test_sqlite_has_one_owner() -> None:
    """With SQLite there is one recommender, replaced only after it ended."""
    recommender = of_kind(render("sqlite"), "Deployment")["recommender"]["spec"]
    assert recommender["replicas"] == 1
    assert recommender["strategy"] == {"type": "Recreate"}


def test_autoscaled_replicas(manifests: list[Manifest]) -> None:
    """An autoscaled deployment sets no number of replicas."""
    for name in of_kind(manifests, "HorizontalPodAutoscaler"):
        assert "replicas" not in of_kind(manifests, "Deployment")[name]["spec"]


def test_database_secret() -> None:
    """The database's address comes from a secret that is not in the repository."""
    manifests = render("postgres")
    for name in ("recommender", "migrate"):
        variables = pod_templates(manifests)[name]["spec"]["containers"][0]["env"]
        url = next(v for v in variables if v["name"] == "RECOMMENDER_DATABASE_URL")
        assert url["valueFrom"] == {"secretKeyRef": {"name": "recommender", "key": "database-url"}}
    assert not of_kind(manifests, "Secret"), "no secret is written down here"


def test_image_versions(manifests: list[Manifest]) -> None:
    """Every image has the services' version."""
    for template in pod_templates(manifests).values():
        for container in template["spec"]["containers"]:
            name, _, tag = container["image"].partition(":")
            assert name.startswith("expression-recommender/")
            assert tag not in {"", "latest"}
            assert tag == VERSION
