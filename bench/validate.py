"""Measures `registry validate` over files of the size of the article's record; prints JSON.

    python bench/validate.py [--files 10000]

Each run is the whole command, start included, as a CI job pays for it. `cpu_us_per_file` is what all
processes together spent on one file beyond the start: the number to look at where other programs are running.
`peak_rss_mib` is that of the largest process, for a tenth of the files and for all: flat memory shows there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ARTICLE = ROOT / "tests" / "registry" / "data" / "claude-rag-assistant.yaml"


def write_records(folder: Path, count: int) -> None:
    """Records like the article's, every tenth without its DPO's approval."""
    text = ARTICLE.read_text()
    for number in range(count):
        record = text.replace("claude-rag-assistant\n", f"system-{number:06}\n")
        if number % 10 == 0:
            record = record.replace("[cto, dpo]", "[cto]")
        (folder / f"{number:06}.yaml").write_text(record)


def run(folder: Path, jobs: int) -> dict[str, float]:
    """Seconds, CPU seconds and peak memory (MiB, of the largest process) of one whole command.

    Raises SystemExit where the command did not judge every file of the folder.
    """
    command = [
        sys.executable,
        str(ROOT / "manage.py"),
        "registry",
        "validate",
        str(folder),
        "--format",
        "json",
    ]
    started = time.perf_counter()
    with subprocess.Popen([*command, "--jobs", str(jobs)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        judged = sum(b'"verdict": "allow"' in line or b'"verdict": "deny"' in line for line in child.stdout)
        # Of this child and its own children: their times added up, the memory of the largest.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if judged != len(list(folder.iterdir())):
        raise SystemExit(
            f"registry validate judged {judged} files of {folder} and ended with {child.returncode}."
        )
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss / 1024}


def measure(files: int) -> dict[str, Any]:
    result: dict[str, Any] = {"files": files, "cores": os.cpu_count(), "load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as name:
        few, many, one = (Path(name) / part for part in ("few", "many", "one"))
        for folder, count in ((few, files // 10), (many, files), (one, 1)):
            folder.mkdir()
            write_records(folder, count)
        start = run(one, 1)
        result["start_seconds"] = round(start["seconds"], 2)
        for jobs in (1, 2):
            small, large = run(few, jobs), run(many, jobs)
            result[f"jobs_{jobs}"] = {
                "files_per_second": round(files / large["seconds"]),
                "files_per_second_without_start": round(files / (large["seconds"] - start["seconds"])),
                "cpu_us_per_file": round((large["cpu"] - start["cpu"]) / files * 1e6),
                "peak_rss_mib": {
                    str(files // 10): round(small["rss"], 1),
                    str(files): round(large["rss"], 1),
                },
            }
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    print(json.dumps(measure(parser.parse_args().files), indent=2))
