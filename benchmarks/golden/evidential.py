"""Golden values for Tests/EvidentialTests: special functions by mpmath, losses and their gradients by PyTorch's autograd.

    python benchmarks/golden/evidential.py > Tests/EvidentialTests/EvidentialGolden.swift

needs mpmath and torch.
"""

import itertools

import mpmath
import torch

mpmath.mp.dps = 40
torch.set_default_dtype(torch.float64)

LOGITS = {2: [0.3, -1.2], 3: [1.5, -0.4, 0.2], 10: [-3.0, 0.1, 2.5, -0.7, 0.0625, 1.0, -1.5, 4.0, 0.8, -0.2]}
EVIDENCE = {"relu": torch.relu, "softplus": torch.nn.functional.softplus, "exponential()": torch.exp}


def fit(form, alpha, label):
    strength = alpha.sum()
    target = torch.nn.functional.one_hot(torch.tensor(label), len(alpha))
    if form == "mse":  # Sensoy et al. 2018, eq. 5
        p = alpha / strength
        return ((target - p) ** 2 + p * (1 - p) / (strength + 1)).sum()
    if form == "log":  # eq. 3
        return torch.log(strength) - torch.log(alpha[label])
    return torch.digamma(strength) - torch.digamma(alpha[label])  # eq. 4


def divergence(alpha, label):
    target = torch.nn.functional.one_hot(torch.tensor(label), len(alpha))
    misleading = torch.distributions.Dirichlet(target + (1 - target) * alpha)
    return torch.distributions.kl_divergence(misleading, torch.distributions.Dirichlet(torch.ones(len(alpha))))


def row(values):
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"


def main():
    print("// Made by benchmarks/golden/evidential.py. Do not edit.")
    print("@testable import Evidential")
    print()
    print("/// x, digamma(x), trigamma(x), ln Gamma(x)")
    print("let specialFunctionsGolden: [(x: Double, digamma: Double, trigamma: Double, logGamma: Double)] = [")
    grid = [10 ** (mpmath.mpf(i) / 8 - 3) for i in range(73)] + [mpmath.mpf(x) for x in ("1", "2", "1.46", "1.47", "9.999", "10")]
    for x in map(float, grid):
        print(f"    ({x!r}, {float(mpmath.digamma(x))!r}, {float(mpmath.psi(1, x))!r}, {float(mpmath.loggamma(x))!r}),")
    print("]")
    print()
    print("struct LossGolden: Sendable {")
    print("    let form: EvidentialLoss.Form, evidence: EvidenceFunction, klWeight: Double, label: Int, logits: [Double]")
    print("    let loss: Double, gradient: [Double]")
    print("}")
    print()
    print("let lossGolden: [LossGolden] = [")
    for (classes, logits), form, evidence, weight in itertools.product(
        LOGITS.items(), ("mse", "log", "digamma"), EVIDENCE, (0.0, 0.3, 1.0)
    ):
        z = torch.tensor(logits, requires_grad=True)
        alpha = EVIDENCE[evidence](z) + 1
        label = classes // 2
        loss = fit(form, alpha, label) + weight * divergence(alpha, label)
        loss.backward()
        print(f"    LossGolden(form: .{form}, evidence: .{evidence}, klWeight: {weight}, label: {label},")
        print(f"               logits: {row(logits)}, loss: {loss.item()!r},")
        print(f"               gradient: {row(z.grad)}),")
    print("]")
    print()
    print("/// logits, label, -ln softmax(logits)[label] and its gradient")
    print("let crossEntropyGolden: [(logits: [Float], label: Int, loss: Double, gradient: [Double])] = [")
    for logits in [*LOGITS.values(), [1e4, -1e4, 0.0], [5.0, 5.0]]:
        z = torch.tensor(logits, requires_grad=True)
        label = len(logits) // 2
        loss = torch.nn.functional.cross_entropy(z[None], torch.tensor([label]))
        loss.backward()
        print(f"    ({row(logits)}, {label}, {loss.item()!r}, {row(z.grad)}),")
    print("]")


main()
