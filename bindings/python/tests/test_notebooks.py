"""The notebooks run from their first cell to their last, and find what their words say."""

from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

FOLDER = Path(__file__).parents[1] / "notebooks"


def executed(name, tmp_path):
    """The notebook after all of its cells ran; a cell that raises fails the test."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "notebooks are kept without outputs"
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        yield notebook, lambda words: value(client, words)


def value(client, words):
    """What an expression is after the last cell."""
    cell = nbformat.v4.new_code_cell(words)
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    return eval(cell.outputs[0]["data"]["text/plain"], {"__builtins__": {}})


def pictures_in(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_a_classifier_in_five_minutes(tmp_path):
    for notebook, of in executed("classifier", tmp_path):
        assert pictures_in(notebook) == 3
        assert of("float(accuracy)") > 0.95
        assert of("[row.rule for row in table]") == ["local-error-learned", "drtp", "bp", "shallow"]
        assert of("sorted(file.name for file in folder.iterdir())") == ["digits.onnx", "digits.safetensors"]


def test_a_sensor_that_drifts(tmp_path):
    for notebook, of in executed("sensor", tmp_path):
        assert pictures_in(notebook) == 1
        assert of("float(accuracy)") > 0.95 and of("float(frozen_accuracy)") < 0.7
        # the replacement is seen within 300 rows, and the ageing before it is not taken for one
        assert all(4000 <= row < 4300 for row in of("drifts")) and of("len(drifts)") >= 1
        assert of("'pressure' in model.features")
