"""Measures, prints a table, writes bench/results.json. Figures are of this one run; compare ratios, not runs."""

from __future__ import annotations

import asyncio
import json
import platform
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp

from bench.cluster import PASSWORD
from bench.process import Process

Json = dict[str, Any]

RESULTS = Path(__file__).parent / "results.json"
SERVERS = {"one": 1, "hundred": 100, "fivehundred": 500, "rest": 399}
ROUNDS = 5
CREATING = 8
"""Servers made at the same time while the stage is set."""
NEWEST = "2.104"
SHOW_RATIO_MAX, DETAIL_500_CPU_MS_MAX, MEMORY_1000_MIB_MAX = 3.0, 12.0, 150.0


class Case:
    """One request, sent often: to Dicot and, with the same bytes as the answer, to the floor."""

    def __init__(self, name: str, method: str, path: str, headers: Json, count: int, body: Json | None = None) -> None:
        self.name, self.method, self.path, self.headers, self.count, self.body = (
            name,
            method,
            path,
            headers,
            count,
            body,
        )
        self.samples: dict[str, list[float]] = {"dicot": [], "floor": []}
        self.latencies: dict[str, list[float]] = {"dicot": [], "floor": []}
        self.answer = b""


async def send(session: aiohttp.ClientSession, url: str, case: Case) -> tuple[bytes, Any, float]:
    started = time.perf_counter()
    async with session.request(case.method, url, headers=case.headers, json=case.body) as answer:
        content = await answer.read()
        assert answer.status < 300, f"{case.name}: {answer.status} {content[:300]!r}"
        return content, answer.headers, time.perf_counter() - started


async def record(session: aiohttp.ClientSession, url: str, case: Case) -> Json:
    """Return an answer whole, for the floor to repeat; the server adds the date itself."""
    async with session.request(case.method, url, headers=case.headers, json=case.body) as answer:
        case.answer = await answer.read()
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "date"]
        return {"status": answer.status, "headers": headers, "body": case.answer.decode()}


async def measure(session: aiohttp.ClientSession, who: str, process: Process, url: str, case: Case) -> None:
    before = process.cpu_s
    for _ in range(case.count):
        _, _, seconds = await send(session, url, case)
        case.latencies[who].append(seconds * 1000)
    case.samples[who].append((process.cpu_s - before) * 1000 / case.count)


async def login(session: aiohttp.ClientSession, url: str, project: str, user: str) -> Json:
    case = token_case("login", project, user, 1)
    content, headers, _ = await send(session, f"{url}{case.path}", case)
    token = json.loads(content)["token"]
    return {"X-Auth-Token": headers["X-Subject-Token"], "project": token["project"]["id"], "user": token["user"]["id"]}


def token_case(name: str, project: str, user: str, count: int) -> Case:
    domain = {"id": "default"}
    identity = {"methods": ["password"], "password": {"user": {"name": user, "domain": domain, "password": PASSWORD}}}
    auth = {"auth": {"identity": identity, "scope": {"project": {"name": project, "domain": domain}}}}
    return Case(name, "POST", "/identity/v3/auth/tokens", {}, count, auth)


async def ready(session: aiohttp.ClientSession, url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        async with session.get(f"{url}/readyz") as answer:
            if answer.status == 200:
                return
        assert time.monotonic() < deadline, "the caches have not synced"
        await asyncio.sleep(0.05)


async def set_stage(session: aiohttp.ClientSession, url: str) -> dict[str, Json]:
    """Make a project for each number of servers, and the servers in it; return a token for each."""
    await ready(session, url)
    admin = await login(session, url, "admin", "admin")
    roles = await get(session, f"{url}/identity/v3/roles", admin)
    member = next(role["id"] for role in roles["roles"] if role["name"] == "member")
    tokens = {}
    for name, count in SERVERS.items():
        project = await post(session, f"{url}/identity/v3/projects", admin, {"project": {"name": name}})
        path = f"/identity/v3/projects/{project['project']['id']}/users/{admin['user']}/roles/{member}"
        async with session.put(f"{url}{path}", headers={"X-Auth-Token": admin["X-Auth-Token"]}) as answer:
            assert answer.status == 204, await answer.text()
        tokens[name] = await login(session, url, name, "admin")
        await make_servers(session, url, tokens[name], count)
    return tokens


async def make_servers(session: aiohttp.ClientSession, url: str, token: Json, count: int) -> None:
    images = await get(session, f"{url}/image/v2/images", token)
    gate = asyncio.Semaphore(CREATING)
    body = server_body(images["images"][0]["id"])

    async def one() -> None:
        async with gate:
            await post(session, f"{url}/compute/v2.1/servers", token, body)

    await asyncio.gather(*(one() for _ in range(count)))
    deadline = time.monotonic() + 300
    while True:
        listed = await get(session, f"{url}/compute/v2.1/servers?status=ACTIVE&limit=1000", token)
        if len(listed["servers"]) == count:
            return
        assert time.monotonic() < deadline, f"{len(listed['servers'])} of {count} servers are ACTIVE"
        await asyncio.sleep(0.5)


def server_body(image: str) -> Json:
    return {
        "server": {
            "name": "bench",
            "flavorRef": "1",
            "imageRef": image,
            "networks": [],
            "metadata": {"purpose": "bench"},
        }
    }


async def get(session: aiohttp.ClientSession, url: str, token: Json) -> Json:
    async with session.get(url, headers={"X-Auth-Token": token["X-Auth-Token"]}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def post(session: aiohttp.ClientSession, url: str, token: Json, body: Json) -> Json:
    async with session.post(url, headers={"X-Auth-Token": token["X-Auth-Token"]}, json=body) as answer:
        assert answer.status in {200, 201, 202}, await answer.text()
        return await answer.json()


async def cases(session: aiohttp.ClientSession, url: str, tokens: dict[str, Json]) -> list[Case]:
    shown = await get(session, f"{url}/compute/v2.1/servers", tokens["one"])
    server = shown["servers"][0]["id"]
    images = await get(session, f"{url}/image/v2/images", tokens["one"])
    found = [token_case("token issue", "admin", "admin", 20)]
    for version in ("2.1", NEWEST):
        headers = {"OpenStack-API-Version": f"compute {version}"}
        one = {**headers, "X-Auth-Token": tokens["one"]["X-Auth-Token"]}
        found.append(Case(f"server show {version}", "GET", f"/compute/v2.1/servers/{server}", one, 400))
        for name, count in (("one", 200), ("hundred", 50), ("fivehundred", 20)):
            token = {**headers, "X-Auth-Token": tokens[name]["X-Auth-Token"]}
            label = f"{SERVERS[name]} servers in detail {version}"
            found.append(Case(label, "GET", "/compute/v2.1/servers/detail", token, count))
    token = {"X-Auth-Token": tokens["rest"]["X-Auth-Token"]}
    found.append(
        Case("server create", "POST", "/compute/v2.1/servers", token, 10, server_body(images["images"][0]["id"]))
    )
    return found


async def run(folder: Path) -> Json:
    with ExitStack() as running:
        running.enter_context(Process("bench.cluster", str(folder)))
        environment = {"DICOT_KUBECONFIG": str(folder / "kubeconfig")}
        words = ("dicot.cli", "serve", "--port", "0", "--log-level", "warning")
        dicot = running.enter_context(Process(*words, environment=environment))
        url = dicot.greeting.partition(" ")[2]
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CREATING)) as session:
            tokens = await set_stage(session, url)
            memory_mib = dicot.resident_mib
            measured = await cases(session, url, tokens)
            answers = folder / "answers"
            answers.mkdir()
            for number, case in enumerate(measured):
                (answers / str(number)).write_text(json.dumps(await record(session, f"{url}{case.path}", case)))
            floor = running.enter_context(Process("bench.floor", "0", str(answers)))
            floor_url = floor.greeting.partition(" ")[2]
            for _ in range(ROUNDS):
                for number, case in enumerate(measured):
                    await measure(session, "floor", floor, f"{floor_url}/{number}", case)
                    await measure(session, "dicot", dicot, f"{url}{case.path}", case)
        return report(measured, memory_mib, dicot.resident_mib)


def report(measured: list[Case], memory_mib: float, after_mib: float) -> Json:
    rows = []
    for case in measured:
        dicot, floor = (statistics.median(case.samples[who]) for who in ("dicot", "floor"))
        latency = sorted(case.latencies["dicot"])
        rows.append(
            {
                "case": case.name,
                "bytes": len(case.answer),
                "requests": case.count * ROUNDS,
                "cpu_ms": round(dicot, 3),
                "floor_cpu_ms": round(floor, 3),
                "ratio": round(dicot / floor, 2) if floor else None,
                "latency_ms_median": round(statistics.median(latency), 2),
                "latency_ms_p95": round(latency[int(len(latency) * 0.95)], 2),
                "floor_latency_ms_median": round(statistics.median(case.latencies["floor"]), 2),
            }
        )
    machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    memory = {"with_1000_servers": round(memory_mib, 1), "after_the_run": round(after_mib, 1)}
    return {"machine": machine, "resident_mib": memory, "cases": rows, "aims": aims(rows, memory_mib)}


def aims(rows: list[Json], memory_mib: float) -> list[Json]:
    by_case = {row["case"]: row for row in rows}
    show, detail = by_case[f"server show {NEWEST}"], by_case[f"500 servers in detail {NEWEST}"]
    return [
        {
            "aim": f"server show within {SHOW_RATIO_MAX}x the floor's CPU",
            "is": show["ratio"],
            "met": show["ratio"] <= SHOW_RATIO_MAX,
        },
        {
            "aim": f"500 servers in detail within {DETAIL_500_CPU_MS_MAX} ms of CPU",
            "is": detail["cpu_ms"],
            "met": detail["cpu_ms"] <= DETAIL_500_CPU_MS_MAX,
        },
        {
            "aim": f"under {MEMORY_1000_MIB_MAX} MiB resident with 1,000 servers",
            "is": round(memory_mib, 1),
            "met": memory_mib < MEMORY_1000_MIB_MAX,
        },
    ]


def table(results: Json) -> str:
    columns = ("cpu_ms", "floor_cpu_ms", "ratio", "latency_ms_median", "latency_ms_p95", "bytes")
    lines = [f"{'':34}" + "".join(f"{column:>19}" for column in columns)]
    lines += [f"{row['case']:34}" + "".join(f"{row[column]!s:>19}" for column in columns) for row in results["cases"]]
    lines += [f"resident memory, MiB: {results['resident_mib']}"]
    lines += [f"{'met' if aim['met'] else 'MISSED'}: {aim['aim']} (is {aim['is']})" for aim in results["aims"]]
    return "\n".join(lines)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        results = asyncio.run(run(Path(folder)))
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(table(results))
    return 0 if all(aim["met"] for aim in results["aims"]) else 1


if __name__ == "__main__":
    sys.exit(main())
