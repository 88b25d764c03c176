"""The balanced loss is what the papers write down, and PyTorch's own loss with the right weights."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from vostut.osvos import class_balanced_cross_entropy, deep_supervision, lr_on_mean


def random_pair(seed, height=13, width=17, batch=1, share=0.2):
    generator = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(batch, 1, height, width, generator=generator)
    return logits, (torch.rand(batch, 1, height, width, generator=generator) < share).float()


@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.95))
@settings(max_examples=50)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_equals_pytorchs_loss_with_class_weights(reduction, seed, share):
    logits, target = random_pair(seed, share=share)
    logits, target = logits.double(), target.double()
    objects = target.mean()
    weight = torch.where(target == 1, 1 - objects, objects)
    theirs = F.binary_cross_entropy_with_logits(logits, target, weight=weight, reduction=reduction)
    ours = class_balanced_cross_entropy(logits, target, reduction)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6, abs=1e-9)


def test_equals_the_formula_worked_by_hand():
    """One object pixel of four: L = 3/4 * -log p1 + 1/4 * (sum of -log(1 - p)) at p = 1/2: 6/4 log 2."""
    target = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    loss = class_balanced_cross_entropy(torch.zeros_like(target), target, "sum")
    assert loss.item() == pytest.approx(1.5 * math.log(2))


def test_both_classes_pull_equally_at_the_start():
    """At a logit of zero, the gradients of object and background add up to nothing."""
    logits, target = random_pair(0, share=0.03)
    logits = torch.zeros_like(logits, requires_grad=True)
    class_balanced_cross_entropy(logits, target, "sum").backward()
    assert logits.grad.sum().item() == pytest.approx(0, abs=1e-3)
    assert logits.grad[target == 1].sum() < 0 < logits.grad[target == 0].sum()


def test_images_of_a_batch_are_balanced_each_on_its_own():
    logits, target = random_pair(3, batch=4)
    each = [class_balanced_cross_entropy(a[None], b[None]) for a, b in zip(logits, target, strict=True)]
    assert class_balanced_cross_entropy(logits, target).item() == pytest.approx(
        torch.stack(each).mean().item()
    )


def test_is_finite_where_the_naive_formula_is_not():
    target = torch.tensor([[[[1.0, 0.0]]]])
    logits = torch.tensor([[[[-1e4, 1e4]]]], requires_grad=True)
    loss = class_balanced_cross_entropy(logits, target)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_is_zero_where_one_class_is_absent(value):
    logits, target = random_pair(1)
    assert class_balanced_cross_entropy(logits, torch.full_like(target, value)).item() == 0


def test_a_mask_of_255_is_refused():
    logits, target = random_pair(2)
    with pytest.raises(ValueError, match="target holds 255"):
        class_balanced_cross_entropy(logits, 255 * target)
    with pytest.raises(ValueError, match="differ in shape"):
        class_balanced_cross_entropy(logits, target[..., :-1])
    with pytest.raises(ValueError, match="reduction 'none'"):
        class_balanced_cross_entropy(logits, target, "none")


@pytest.mark.parametrize("size", [(48, 86), (24, 43)])
def test_the_translated_learning_rate_takes_the_same_step(size):
    """SGD on the sum with 1e-8 and on the mean with 1e-8 * H * W end at the same weights."""
    image, target = random_pair(5, *size)
    ends = []
    for reduction, lr in (("sum", 1e-5), ("mean", lr_on_mean(1e-5, *size))):
        layer = torch.nn.Conv2d(1, 1, 3, padding=1)
        torch.nn.init.constant_(layer.weight, 0.01)
        torch.nn.init.zeros_(layer.bias)
        optimizer = torch.optim.SGD(layer.parameters(), lr=lr, momentum=0.9)
        for _ in range(5):
            optimizer.zero_grad()
            class_balanced_cross_entropy(layer(image), target, reduction).backward()
            optimizer.step()
        ends.append(layer.weight.detach())
    assert not torch.allclose(ends[0], torch.full_like(ends[0], 0.01), atol=1e-4)
    torch.testing.assert_close(ends[0], ends[1])


def test_the_published_rate_on_the_mean():
    assert lr_on_mean(1e-8, 480, 854) == pytest.approx(4.1e-3, rel=1e-3)


def test_deep_supervision_adds_the_side_losses():
    fused, target = random_pair(0)
    sides = [random_pair(seed)[0] for seed in (1, 2)]
    parts = [class_balanced_cross_entropy(x, target).item() for x in (fused, *sides)]
    total = deep_supervision(fused, sides, target, 0.5)
    assert total.item() == pytest.approx(parts[0] + 0.5 * (parts[1] + parts[2]))
    assert deep_supervision(fused, sides, target, 0).item() == pytest.approx(parts[0])
