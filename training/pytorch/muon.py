"""Muon (Jordan et al. 2024): momentum orthogonalised by Newton-Schulz steps, scaled to AdamW's size (arXiv 2502.16982)."""
import torch


class Muon(torch.optim.Optimizer):
    """Matrices of one shape are orthogonalised together."""

    def __init__(self, weights, lr, momentum=0.95, decay=0.05, precision=torch.bfloat16):
        super().__init__(weights, {"lr": lr, "momentum": momentum, "decay": decay})
        self.precision = precision

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    shapes.setdefault(weight.shape, []).append(weight)
            for shape, weights in shapes.items():
                updates = []
                for weight in weights:
                    state = self.state[weight]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(weight)
                    state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                    updates.append(weight.grad.lerp(state["momentum"], group["momentum"]))
                turned = orthogonalise(torch.stack(updates), self.precision) * (0.2 * max(shape) ** 0.5)
                for weight, update in zip(weights, turned):
                    weight.mul_(1 - group["lr"] * group["decay"]).add_(update, alpha=-group["lr"])


def orthogonalise(updates, precision):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = updates.to(precision)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    return (x.mT if tall else x).float()
