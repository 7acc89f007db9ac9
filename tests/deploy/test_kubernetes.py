"""
The manifests, held against the restricted Pod Security Standard and our own rules.

The rules are those of kubernetes.io, "Pod Security Standards", restricted.
"""

import pytest
import yaml

from connector.settings import declared
from tests.deploy.confined import USER
from tests.deploy.dockerfile import ROOT


FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS = [
    manifest
    for name in KUSTOMIZATION["resources"]
    for manifest in yaml.safe_load_all((FOLDER / name).read_text())
]
PODS = [
    (manifest["metadata"]["name"], manifest["spec"]["template"])
    for manifest in MANIFESTS
    if manifest["kind"] in {"Deployment", "Job"}
]
#: Where each kind is served from: another version may be gone from a cluster.
VERSIONS = {
    "Deployment": "apps/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Ingress": "networking.k8s.io/v1",
    "Job": "batch/v1",
    "Namespace": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "Service": "v1",
}
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def of(kind):
    return {each["metadata"]["name"]: each for each in MANIFESTS if each["kind"] == kind}


def test_every_file_is_part_of_it():
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}

    assert set(KUSTOMIZATION["resources"]) == files


def test_every_kind_has_its_version():
    assert {each["kind"]: each["apiVersion"] for each in MANIFESTS} == VERSIONS


def test_names_are_given_once():
    names = [(each["kind"], each["metadata"]["name"]) for each in MANIFESTS]

    assert len(set(names)) == len(names)


def test_the_namespace_enforces_the_standard():
    [namespace] = of("Namespace").values()

    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert namespace["metadata"]["name"] == KUSTOMIZATION["namespace"]


@pytest.mark.parametrize("template", [pod for _, pod in PODS], ids=[name for name, _ in PODS])
class TestPod:
    def test_it_fits_the_restricted_standard(self, template):
        pod = template["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for volume in pod["volumes"]:
            assert set(volume) - {"name"} <= VOLUMES
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert not {"privileged", "procMount", "runAsUser"} & set(context)
            assert not [port for port in container.get("ports", []) if "hostPort" in port]

    def test_and_goes_beyond_it(self, template):
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsUser"] == USER
        assert pod["securityContext"]["runAsGroup"] == USER
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]

    def test_nothing_is_set_that_begins_like_a_setting(self, template):
        assert template["spec"]["enableServiceLinks"] is False

    def test_it_mounts_what_it_has_and_names_what_it_mounts(self, template):
        pod = template["spec"]
        [container] = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert set(volumes) == set(mounts)
        files = {
            f"{mounts['secrets']}/{item['path']}"
            for item in volumes["secrets"]["secret"]["items"]
        }
        named = {each["value"] for each in container.get("env", [])}
        named |= {value for value in settings().values() if value.startswith("/run/")}
        assert {each for each in named if each.startswith("/run/")} == files

    def test_the_labels_are_those_of_the_selector(self, template):
        component = template["metadata"]["labels"]["app.kubernetes.io/component"]
        assert component in {"web", "worker", "upgrade"}


def settings():
    lines = (FOLDER / "connector.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and line[0] != "#")


@pytest.mark.parametrize("name", ["connector-web", "connector-worker"])
class TestDeployment:
    def test_it_is_probed(self, name):
        [container] = of("Deployment")[name]["spec"]["template"]["spec"]["containers"]

        assert {"startupProbe", "livenessProbe"} <= set(container)

    def test_two_at_least_and_one_always(self, name):
        [budget] = [
            each for each in of("PodDisruptionBudget").values() if name in str(each["metadata"])
        ]
        deployment = of("Deployment")[name]["spec"]

        assert budget["spec"]["selector"] == deployment["selector"]
        assert budget["spec"]["minAvailable"] == 1
        assert deployment.get("replicas", 2) == 2

    def test_it_has_time_to_end(self, name):
        pod = of("Deployment")[name]["spec"]["template"]["spec"]

        assert pod["terminationGracePeriodSeconds"] == 45

    def test_its_selector_finds_its_pods(self, name):
        deployment = of("Deployment")[name]["spec"]

        labels = deployment["template"]["metadata"]["labels"]
        assert deployment["selector"]["matchLabels"].items() <= labels.items()


def test_the_web_probes_ask_what_is_answered():
    [container] = of("Deployment")["connector-web"]["spec"]["template"]["spec"]["containers"]

    asked = {name: container[name]["httpGet"]["path"] for name in container if "Probe" in name}
    assert asked == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "10"]


def test_an_upgrade_takes_no_callback_away():
    strategy = of("Deployment")["connector-web"]["spec"]["strategy"]["rollingUpdate"]

    assert strategy["maxUnavailable"] == 0


def test_the_autoscaler_alone_says_how_many_web_processes_there_are():
    [scaler] = of("HorizontalPodAutoscaler").values()

    assert scaler["spec"]["scaleTargetRef"]["name"] == "connector-web"
    assert scaler["spec"]["minReplicas"] == 2
    assert "replicas" not in of("Deployment")["connector-web"]["spec"]


def test_nobody_comes_in_unless_a_policy_says_so():
    policies = of("NetworkPolicy")

    default, web = policies["connector"]["spec"], policies["connector-web"]["spec"]
    assert default["podSelector"] == {}
    assert set(default["policyTypes"]) == {"Ingress", "Egress"}
    assert default["ingress"] == []
    ports = {port["port"] for rule in default["egress"] for port in rule["ports"]}
    assert ports == {53, 443, 5432}
    [rule] = web["ingress"]
    assert [port["port"] for port in rule["ports"]] == [8080]


def test_the_ingress_passes_on_what_the_proxies_pass_on():
    [ingress] = of("Ingress").values()
    [rule] = ingress["spec"]["rules"]

    assert [path["path"] for path in rule["http"]["paths"]] == ["/callbacks/", "/api/"]
    [tls] = ingress["spec"]["tls"]
    assert tls["hosts"] == [rule["host"]]
    assert settings()["CONNECTOR_PUBLIC_URL"] == f"https://{rule['host']}"


def test_settings_of_the_pods_exist():
    known = {each.name for each in declared()} | {f"{each.name}_FILE" for each in declared()}

    assert set(settings()) <= known
