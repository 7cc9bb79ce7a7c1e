"""The stand-in for webpack: one classic script per provider worker, and the loader's statistics."""

import json
import shutil
import subprocess

import pytest

from demo import worker_bundles

WRAPPER = """
export function handlerWrapper(Handler) {
  var handler = new Handler({});
  self.addEventListener('message', function(event) { self.postMessage(handler.answer(event.data)); });
}
export default handlerWrapper;
"""
WORKER = """
import { handlerWrapper } from '@edx/edx-proctoring';

export class Handler {
  answer(data) { return {type: 'echo', sent: data}; }
}

export default handlerWrapper(Handler);
"""
# A minimal worker scope that receives one message.
SCOPE = """
const listeners = [];
globalThis.self = {addEventListener: (kind, f) => listeners.push(f), postMessage: m => console.log(JSON.stringify(m))};
eval(require('fs').readFileSync(0, 'utf8'));
listeners.forEach(f => f({data: 'hello'}));
"""


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "worker"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": "@acme/worker", "main": "index.js"}))
    (folder / "index.js").write_text(WORKER)
    return folder


def test_a_package_is_copied_into_a_folder_with_its_own_name(tmp_path, package):
    assert worker_bundles.install(package, tmp_path / "node_modules") == "@acme/worker"
    assert (tmp_path / "node_modules" / "@acme" / "worker" / "index.js").read_text() == WORKER


def test_a_folder_without_package_json_is_not_copied(tmp_path):
    assert worker_bundles.install(tmp_path / "absent", tmp_path / "node_modules") is None
    assert not (tmp_path / "node_modules").exists()


@pytest.mark.parametrize(
    "import_line",
    [
        "import { handlerWrapper } from '@edx/edx-proctoring';",
        'import handlerWrapper from "@edx/edx-proctoring"',
        "import { handlerWrapper as wrap } from '@edx/edx-proctoring';",
    ],
)
def test_the_built_script_is_classic_and_answers_messages(import_line):
    worker = WORKER.replace("import { handlerWrapper } from '@edx/edx-proctoring';", import_line)
    if " as wrap" in import_line:
        worker = worker.replace("handlerWrapper(Handler)", "wrap(Handler)")
    script = worker_bundles.classic_script(WRAPPER, worker)
    node = shutil.which("node")
    assert node, "node is needed for this test"
    done = subprocess.run([node, "-e", SCOPE], input=script, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"type": "echo", "sent": "hello"}


@pytest.mark.contract("browser-worker#build-values")
@pytest.mark.parametrize(("values", "read"), [({"ACME_URL": "http://acme.test"}, "http://acme.test"), (None, "none")])
def test_a_worker_reads_the_values_of_the_build(values, read):
    worker = WORKER.replace("sent: data", "sent: process.env.JS_ENV_EXTRA_CONFIG.ACME_URL || 'none'")
    script = worker_bundles.classic_script(WRAPPER, worker, values)
    done = subprocess.run(["node", "-e", SCOPE], input=script, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"type": "echo", "sent": read}


def test_statistics_for_a_loader_before_1_0_have_the_old_form(tmp_path):
    stats = worker_bundles.statistics(["acme"], tmp_path, loader_major=0)
    assert stats["chunks"] == {"acme": [{"name": "acme.js", "path": str(tmp_path / "acme.js")}]}
    assert "assets" not in stats


def test_statistics_for_a_later_loader_have_the_new_form(tmp_path):
    stats = worker_bundles.statistics(["acme"], tmp_path, loader_major=3)
    assert stats["chunks"] == {"acme": ["acme.js"]}
    assert stats["assets"]["acme.js"]["name"] == "acme.js"


def test_statistics_are_written_when_there_is_no_worker(tmp_path):
    names = worker_bundles.bundle(
        tmp_path / "workers.json", tmp_path / "index.js", tmp_path, tmp_path / "stats.json", loader_major=3
    )
    assert names == []
    assert json.loads((tmp_path / "stats.json").read_text())["chunks"] == {}


def test_each_worker_becomes_a_script_named_like_its_package(tmp_path, package):
    (tmp_path / "wrapper.js").write_text(WRAPPER)
    (tmp_path / "workers.json").write_text(json.dumps({"@acme/worker": ["babel-polyfill", str(package / "index.js")]}))
    worker_bundles.bundle(
        tmp_path / "workers.json",
        tmp_path / "wrapper.js",
        tmp_path / "bundles",
        tmp_path / "stats.json",
        loader_major=3,
    )
    assert "edxProctoring" in (tmp_path / "bundles" / "@acme" / "worker.js").read_text()
