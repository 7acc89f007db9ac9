"""nginx and Caddy with the configurations that ship, but for their ports and folders."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from connector.emulator.certificates import Certificates
from tests.deploy.dockerfile import ROOT


#: Where the web processes stand in the configurations.
_WEB = ("127.0.0.1:8080", "127.0.0.1:8081")

Start = Callable[[Path, int, Sequence[int], Certificates, int], "subprocess.Popen[bytes]"]


def _moved(text: str, upstreams: Sequence[int]) -> str:
    for wanted, port in zip(_WEB, upstreams, strict=True):
        assert wanted in text
        text = text.replace(wanted, f"127.0.0.1:{port}")
    return text


def nginx(
    folder: Path, port: int, upstreams: Sequence[int], tls: Certificates, log: int
) -> "subprocess.Popen[bytes]":
    shipped = ROOT / "deploy" / "nginx"
    text = (shipped / "nginx.conf").read_text().replace("listen 443 ", f"listen {port} ")
    (folder / "nginx.conf").write_text(text.replace("/tmp/", f"{folder}/"))  # noqa: S108
    upstream = (shipped / "upstream.conf").read_text()
    (folder / "upstream.conf").write_text(_moved(upstream, upstreams))
    (folder / "tls").mkdir()
    for name in ("tls.crt", "tls.key"):
        (folder / "tls" / name).write_bytes(tls.server_file.read_bytes())
    user = "user root;" if os.geteuid() == 0 else ""  # else it may not enter the folder
    settings = f"daemon off; pid {folder}/nginx.pid; {user}"
    command = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return _started([*command, "-g", settings], log, {})


def caddy(
    folder: Path, port: int, upstreams: Sequence[int], tls: Certificates, log: int
) -> "subprocess.Popen[bytes]":
    text = _moved((ROOT / "deploy" / "caddy" / "Caddyfile").read_text(), upstreams)
    site = "{$SITE:sms.example.org} {\n"
    assert site in text
    text = text.replace(site, f"{site}\ttls {tls.server_file} {tls.server_file}\n")
    # What a machine has once: the port for answers in plain HTTP, and the one to be managed at.
    text = text.replace("{\n", "{\n\tadmin off\n\tauto_https disable_redirects\n", 1)
    (folder / "Caddyfile").write_text(text)
    command = ["/usr/bin/caddy", "run", "--config", str(folder / "Caddyfile")]
    homes = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return _started(command, log, {**homes, "SITE": f"https://localhost:{port}"})


def _started(
    words: Sequence[str], log: int, variables: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    environment = {"PATH": os.defpath, **variables}
    return subprocess.Popen(words, env=environment, stdout=log, stderr=log)
