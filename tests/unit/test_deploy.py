"""The files for containers and proxies fit the program: ports, paths, options, limits. No engine is needed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from streamlit.web.server.starlette import starlette_routes, starlette_websocket

import explorer
from explorer.cli import parser
from explorer.ui.frame import teacher
from explorer.ui.serve import GRACE
from explorer.ui.uploads import PATH

ROOT = Path(explorer.__file__).resolve().parents[1]
CONTAINERFILE = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
NGINX = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
DOCS = (ROOT / "docs/serving.md").read_text(encoding="utf-8")
APPS = {name: service for name, service in COMPOSE["services"].items() if name.startswith("explorer")}


def steps(kind: str) -> list[str]:
    """What follows an instruction of the Containerfile, each in one line."""
    whole = re.sub(r"\\\n\s*", "", CONTAINERFILE)
    return [line.removeprefix(kind).strip() for line in whole.splitlines() if line.startswith(f"{kind} ")]


def test_the_command_is_one_of_the_program_s() -> None:
    entry, command = json.loads(steps("ENTRYPOINT")[0]), json.loads(steps("CMD")[0])
    assert entry[-2:] == ["-m", "explorer"]
    options = parser().parse_args(command)
    assert (options.host, options.port, options.log) == ("0.0.0.0", 8501, True)
    assert steps("EXPOSE") == [str(options.port)]
    for service in APPS.values():
        assert service["expose"] == [str(options.port)]
    upstreams = dict(re.findall(r"^\s+server ([\w-]+):(\d+);", NGINX, re.M))
    assert upstreams == dict.fromkeys(APPS, str(options.port))


def test_health_is_asked_for_where_it_is_told() -> None:
    (health,) = [step for step in re.sub(r"\\\n\s*", " ", CONTAINERFILE).splitlines() if step.startswith("HEALTHCHECK")]
    command = json.loads(health.partition("CMD ")[2])
    assert "http://127.0.0.1:8501/_stcore/health" in command[2]
    compile(command[2], "health", "exec")


def test_nothing_runs_as_root_or_writes_where_it_should_not() -> None:
    assert int(steps("USER")[0].split(":")[0]) > 0
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"]
        assert {"mem_limit", "pids_limit"} <= service.keys()
    for service in APPS.values():
        assert int(service["stop_grace_period"].removesuffix("s")) >= GRACE + 2
        assert service["volumes"] == [f"weights:{steps('VOLUME')[0]}"]
    assert f"TORCH_HOME={steps('VOLUME')[0]}" in CONTAINERFILE


def test_variables_exist() -> None:
    known = set(re.findall(r'"(EXPLORER_\w+)"', "".join(p.read_text() for p in (ROOT / "explorer").rglob("*.py"))))
    for text in (CONTAINERFILE, json.dumps(COMPOSE), DOCS):
        assert set(re.findall(r"EXPLORER_\w+", text)) <= known
    assert teacher.VARIABLE in known
    for service in APPS.values():  # without it each replica would have its own
        assert service["environment"][teacher.VARIABLE].startswith("${" + teacher.VARIABLE + ":?")


def ignored(path: str) -> bool:
    """Whether .containerignore keeps a file out: the last line that fits it, or a folder above it, decides."""
    out = False
    for line in (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        above = ["/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
        if any(fnmatch(one, pattern) or fnmatch(f"/{one}", pattern.replace("**", "*")) for one in above):
            out = not line.startswith("!")
    return out


def test_the_build_has_all_that_the_package_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = [*wheel["packages"], *wheel["force-include"], project["project"]["readme"]]
    wanted += [
        *project["project"]["license-files"],
        *project["tool"]["hatch"]["metadata"]["hooks"]["requirements_txt"]["files"],
    ]
    copied = [source for step in steps("COPY") if "--from" not in step for source in step.split()[:-1]]
    for path in wanted:
        assert (ROOT / path).exists(), path
        assert not ignored(path), path
        assert any(Path(path).is_relative_to(source) for source in copied), path
    for path in (
        ".git/config",
        "tests/tiny.py",
        "node_modules/x",
        "explorer/ui/__pycache__/x.pyc",
        ".streamlit/secrets.toml",
    ):
        assert ignored(path), path


def blocks(text: str) -> dict[str, str]:
    """What nginx's locations hold."""
    return dict(re.findall(r"^\s+location (\S.*?) \{\n(.*?)^\s+\}$", text, re.M | re.S))


def test_the_proxy_knows_streamlit_s_paths() -> None:
    found = blocks(NGINX)
    assert set(found) == {
        "/", f"= /{starlette_websocket._ROUTE_WEBSOCKET_STREAM}", PATH, "~ ^/_stcore/(metrics|script-health-check)",
    }  # fmt: skip
    assert f"/{starlette_routes.BASE_ROUTE_UPLOAD_FILE}/" == PATH
    assert "return 404;" in found["~ ^/_stcore/(metrics|script-health-check)"]
    assert "proxy_request_buffering off;" in found[PATH]
    assert "proxy_set_header Host $http_host;" in NGINX


def test_the_largest_upload_passes() -> None:
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["server"]
    (most,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert int(most) > settings["maxUploadSize"]
    assert settings["enableCORS"]
    assert settings["enableXsrfProtection"]


def test_no_log_of_the_proxy_holds_a_query() -> None:
    (line,) = re.findall(r"log_format (.*);", NGINX)
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer|arg_\w+|http_cookie)\b", line)
    assert re.findall(r"access_log (.*);", NGINX) == ["/dev/stdout without_queries"]


def test_no_page_is_framed_or_asks_elsewhere() -> None:
    headers = dict(re.findall(r'add_header ([\w-]+) "?(.*?)"? always;', NGINX))
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = {part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["object-src"] == ["'none'"]
    assert {source for sources in policy.values() for source in sources} == {
        "'self'", "'none'", "'unsafe-inline'", "data:", "blob:",
    }  # fmt: skip


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")
def test_nginx_takes_the_file(tmp_path: Path) -> None:
    text = re.sub(r"explorer-\d:", "127.0.0.1:", NGINX).replace("/tmp/", f"{tmp_path}/")
    path = tmp_path / "nginx.conf"
    path.write_text(text.replace("/dev/stdout", f"{tmp_path}/log").replace("/dev/stderr", f"{tmp_path}/errors"))
    found = subprocess.run(["nginx", "-t", "-c", str(path)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def commands() -> list[list[str]]:
    """The program's commands in the text."""
    found: list[Any] = re.findall(r"python -m explorer ([^`\n]+)", DOCS)
    return [shlex.split(command.rstrip(",")) for command in found]


def test_the_commands_in_the_text_are_the_program_s() -> None:
    assert len(commands()) >= 2
    for command in commands():
        parser().parse_args(command)
