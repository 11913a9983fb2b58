"""Golden values for Tests/EvidentialTests: losses and their gradients where evidence is as large as its clip allows.

    python benchmarks/golden/large_evidence.py > Tests/EvidentialTests/LargeEvidenceGolden.swift

needs mpmath. Straight from the definitions, with so many digits (200) that what cancels does no harm.
"""

import mpmath

mpmath.mp.dps = 200

CLIPS = [10, 25, 30, 37, 50, 80]
# Logits as shares of the clip; the label is 1. Its own class has most, a wrong one has, all have, two wrong ones share.
SHARES = [(0.02, 1, -0.1), (1, -0.05, 0.1), (1, 1, 1), (0.9, 0.5, 1.2), (0.95, 0.1, 0.95, 0.5, 0.02)]
LABEL = 1


def fit(form, alpha):
    """The fitting term and its gradient with respect to alpha (Sensoy et al. 2018, equations 5, 3 and 4)."""
    classes, strength = range(len(alpha)), sum(alpha)
    if form == "log":
        value = mpmath.log(strength) - mpmath.log(alpha[LABEL])
        return value, [1 / strength - (k == LABEL) / alpha[LABEL] for k in classes]
    if form == "digamma":
        value = mpmath.digamma(strength) - mpmath.digamma(alpha[LABEL])
        return value, [mpmath.psi(1, strength) - (k == LABEL) * mpmath.psi(1, alpha[LABEL]) for k in classes]
    p = [a / strength for a in alpha]
    error = sum(((k == LABEL) - p[k]) ** 2 for k in classes)
    variance = sum(p[k] * (1 - p[k]) for k in classes)
    by_p = [2 * (p[k] - (k == LABEL)) + (1 - 2 * p[k]) / (strength + 1) for k in classes]
    mean = sum(b * q for b, q in zip(by_p, p))  # dp_k / dalpha_j = ((j == k) - p_k) / strength
    return error + variance / (strength + 1), [(by_p[k] - mean) / strength - variance / (strength + 1) ** 2 for k in classes]


def divergence(alpha):
    """KL(Dir(alpha without the label's evidence) | Dir(1)) and its gradient with respect to alpha."""
    alpha = [mpmath.mpf(1) if k == LABEL else a for k, a in enumerate(alpha)]
    total, count = sum(alpha), len(alpha)
    value = mpmath.loggamma(total) - mpmath.loggamma(count)
    for a in alpha:
        value += (a - 1) * (mpmath.digamma(a) - mpmath.digamma(total)) - mpmath.loggamma(a)
    common = (total - count) * mpmath.psi(1, total)
    return value, [0 if k == LABEL else (a - 1) * mpmath.psi(1, a) - common for k, a in enumerate(alpha)]


def row(values):
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"


def main():
    print("// Made by benchmarks/golden/large_evidence.py. Do not edit.")
    print("@testable import Evidential")
    print()
    print("/// Evidence exp(min(z, clip)), KL weight 1, label 1; the loss and its gradient with respect to the logits.")
    print("struct LargeEvidenceGolden: Sendable {")
    print("    let form: EvidentialLoss.Form, clip: Double, logits: [Double], loss: Double, gradient: [Double]")
    print("}")
    print()
    print("let largeEvidenceGolden: [LargeEvidenceGolden] = [")
    for clip in CLIPS:
        for shares in SHARES:
            logits = [share * clip for share in shares]
            evidence = [mpmath.exp(min(mpmath.mpf(z), clip)) for z in logits]
            alpha = [e + 1 for e in evidence]
            kl, kl_slopes = divergence(alpha)
            for form in ("mse", "log", "digamma"):
                value, slopes = fit(form, alpha)
                gradient = [(a + b) * e for a, b, e in zip(slopes, kl_slopes, evidence)]
                print(f"    LargeEvidenceGolden(form: .{form}, clip: {clip}, logits: {row(logits)},")
                print(f"                        loss: {float(value + kl)!r}, gradient: {row(gradient)}),")
    print("]")


main()
