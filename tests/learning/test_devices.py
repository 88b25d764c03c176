"""A device or a precision that is not there is an error, never something else in silence."""

import pytest
import torch

from vostut.cli import main
from vostut.errors import DataError
from vostut.learning import lite, vgg16
from vostut.learning.devices import has_fast_bf16, make_fabric
from vostut.masktrack import MaskTrack, MaskTrackNet
from vostut.osvos import OSVOS, OSVOSNet


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_an_error(tmp_path, capsys):
    with pytest.raises(DataError, match="no GPU here"):
        make_fabric("cuda")
    with pytest.raises(DataError, match="for a GPU only"):
        make_fabric("cpu", "16-mixed")
    run = [
        "train",
        "osvos",
        "--dataset",
        "cutouts",
        "--steps",
        "1",
        "--out",
        str(tmp_path),
        "--device",
        "cuda",
    ]
    assert main(run) == 2
    assert "--device cuda: PyTorch finds no GPU here" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        ["--precision", "fp16"],
        ["--seed", "-1"],
        ["--steps", "-3"],
        ["--fps", "-5"],
        ["--fps", "0"],
        ["--fps", "nan"],
        ["--zoom", "2,1"],
    ],
)
def test_options_out_of_their_range_end_with_a_message(change, tmp_path, capsys):
    (tmp_path / "clip").mkdir()
    command = [
        "segment",
        "osvos",
        str(tmp_path / "clip"),
        "--mask",
        "m.png",
        "--out",
        str(tmp_path / "o.mp4"),
    ]
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main([*command, *change]))
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "expected" in said or "invalid choice" in said
    assert "Traceback" not in said


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
@pytest.mark.parametrize("amx", [True, False])
def test_bfloat16_is_chosen_where_it_is_faster(amx, monkeypatch):
    """With AMX VGG-16 gains and Lite loses; without it both lose (measured, see has_fast_bf16)."""
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    assert has_fast_bf16(gpu=False, backbone="vgg16") is amx
    assert has_fast_bf16(gpu=False, backbone="lite") is False
    chosen = {name: make_fabric(backbone=name)._precision.precision for name in ("vgg16", "lite")}
    assert chosen == {"vgg16": "bf16-mixed" if amx else "32-true", "lite": "32-true"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_method_asks_for_its_own_backbone(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    for make, precision in ((vgg16, "bf16-mixed"), (lite, "32-true")):
        for method in (OSVOS(OSVOSNet(make())), MaskTrack(MaskTrackNet(make(atrous=True)))):
            assert method.fabric._precision.precision == precision
