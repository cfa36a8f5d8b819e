"""Where things are."""

import os
from pathlib import Path

root = Path(__file__).resolve().parents[3]
programs = root / "tools" / "bench-programs"
built = root / ".build" / "bench"
sonde = os.environ.get("SONDE_BINARY") or str(root / ".build" / "release" / "sonde")
agent = os.environ.get("SONDE_AGENT_BINARY") or str(root / ".build" / "release" / "sonde-agent")
py_spy = str(built / "venv" / "bin" / "py-spy")
austin = str(built / "venv" / "bin" / "austin")
process_exporter = "prometheus-process-exporter"
python = "/usr/bin/python3"
